"""What a profile may hold."""

import unicodedata
from zoneinfo import available_timezones

from suuupra.kernel.problems import Invalid

NAME_LENGTH_MAX = 80
HEADLINE_LENGTH_MAX = 120
BIO_LENGTH_MAX = 2000
LOCALES = ("en", "hi", "bn", "mr", "te", "ta", "gu", "kn", "ml", "or", "pa", "as", "ur")


def clean_name(name: str, pointer: str = "/name") -> str:
    """One line, NFC, single spaces. `Invalid` where nothing or too much is left."""
    tidy = clean_line(name)
    if not tidy or not any(char.isalnum() for char in tidy):
        raise Invalid.at(pointer, "Write your name.")
    if len(tidy) > NAME_LENGTH_MAX:
        raise Invalid.at(pointer, f"Use at most {NAME_LENGTH_MAX} characters.")
    if "://" in tidy or "@" in tidy:
        raise Invalid.at(pointer, "Write a name, not an address.")
    return tidy


def clean_line(text: str) -> str:
    """NFC without control characters, spaces folded."""
    kept = (char if char.isprintable() else " " for char in unicodedata.normalize("NFC", text))
    return " ".join("".join(kept).split())


def clean_text(text: str) -> str:
    """NFC with line breaks, without other control characters."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").split("\n")
    return "\n".join("".join(filter(str.isprintable, line)).rstrip() for line in lines).strip()


def check_length(text: str, most: int, pointer: str) -> str:
    """The text, or `Invalid`."""
    if len(text) > most:
        raise Invalid.at(pointer, f"Use at most {most} characters.")
    return text


def check_zone(zone: str) -> str:
    """An IANA name, or `Invalid`."""
    if zone not in available_timezones():
        raise Invalid.at("/time_zone", "Choose a time zone such as Asia/Kolkata.")
    return zone


def check_locale(locale: str) -> str:
    """One of the languages of the house, or `Invalid`."""
    if locale not in LOCALES:
        raise Invalid.at("/locale", "Choose one of the languages of the list.")
    return locale
