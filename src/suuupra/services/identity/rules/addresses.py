"""Mail addresses: one spelling for each mailbox, and a masked one for people who need not know it."""

import re
import unicodedata

import idna

from suuupra.kernel.problems import Invalid

LENGTH_MAX = 254
LOCAL_LENGTH_MAX = 64
LOCAL = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def normalise(address: str, pointer: str = "/address") -> str:
    """The spelling that is compared: NFC, case folded, domain by IDNA 2008; dots and plus tags stay.

    `Invalid` where it cannot be an address.
    """
    local, sign, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    local = local.casefold()
    if not sign or len(local) > LOCAL_LENGTH_MAX or not _is_local(local):
        raise _wrong(pointer)
    try:
        domain = idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise _wrong(pointer) from None
    labels = domain.split(".")
    if len(labels) < 2 or not all(map(LABEL.fullmatch, labels)):  # noqa: PLR2004 - a host and its zone
        raise _wrong(pointer)
    whole = f"{local}@{domain}"
    if len(whole) > LENGTH_MAX:
        raise _wrong(pointer)
    return whole


def _is_local(local: str) -> bool:
    return local.isprintable() and local == local.strip(".") and bool(LOCAL.fullmatch(local))


def _wrong(pointer: str) -> Invalid:
    return Invalid.at(pointer, "Write a mail address such as meera@example.org.")


def mask(address: str) -> str:
    """`meera@example.org` becomes `m•••@example.org`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}" if local else ""
