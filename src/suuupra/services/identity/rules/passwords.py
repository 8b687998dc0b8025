"""Which passwords are taken (NIST SP 800-63B: length and guessability, no rules of composition)."""

from collections.abc import Iterable
from dataclasses import dataclass

from suuupra.kernel.problems import Invalid

LENGTH_MIN = 8
LENGTH_MAX = 256
SCORE_MIN = 3
LOOKED_AT = 72
"""How much of a long password the estimate reads: its time grows with the square."""


@dataclass(frozen=True)
class Checked:
    """Whether a password is right, and its hash under today's parameters where they were raised."""

    is_right: bool
    rehashed: str | None = None


def is_text(password: str) -> bool:
    """Half a sign (a lone surrogate) can be neither typed nor hashed."""
    return not any("\ud800" <= char <= "\udfff" for char in password)


def check(password: str, known: Iterable[str] = (), pointer: str = "/password") -> None:
    """`Invalid` with the reason. `known` are words that others know: name, address, the site's name."""
    if len(password) < LENGTH_MIN:
        raise Invalid.at(pointer, f"Use at least {LENGTH_MIN} characters.")
    if len(password) > LENGTH_MAX:
        raise Invalid.at(pointer, f"Use at most {LENGTH_MAX} characters.")
    if not is_text(password):
        raise Invalid.at(pointer, "This holds signs that are no text.")
    from zxcvbn import zxcvbn  # its lists of words take 15 MB: only who takes passwords holds them

    words = [part for text in known for part in (text, *text.replace("@", " ").split())]
    estimate = zxcvbn(password[:LOOKED_AT], user_inputs=words)
    if estimate["score"] < SCORE_MIN:
        hint = estimate["feedback"]["warning"] or "Add another word or two; uncommon words are better."
        raise Invalid.at(pointer, f"This password is too easy to guess. {hint}".strip())
