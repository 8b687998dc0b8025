"""What an audited fact changed, field by field, as a reader compares it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NOTHING = "–"
LONGEST = 200


@dataclass(frozen=True)
class Change:
    """One field. An absent side is a dash."""

    name: str
    before: str
    after: str


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Every field that either side names, in order of names; equal ones are left out."""
    names = sorted({*before, *after})
    found = (Change(name, told(before.get(name)), told(after.get(name))) for name in names)
    return tuple(one for one in found if one.before != one.after)


def told(value: Any) -> str:  # noqa: ANN401 - any JSON value of an audited fact
    """A value in a word: lists as their members, nothing as a dash."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return clipped(", ".join(f"{name} {told(one)}" for name, one in value.items()) or NOTHING)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return clipped(", ".join(map(told, value)) or NOTHING)
    return clipped(str(value))


def clipped(value: str) -> str:
    """Short enough for a cell."""
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
