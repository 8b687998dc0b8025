"""Addresses of courses: readable, ASCII, and never a word that the site needs itself."""

import re
import unicodedata

SLUG_MAX = 80
SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
RESERVED = frozenset({"new", "edit", "all", "search", "categories"})


def slug_of(title: str) -> str:
    """`Calculus by Hand!` becomes `calculus-by-hand`; a title without Latin letters becomes `course`."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")[:SLUG_MAX].strip("-")
    return slug if slug and slug not in RESERVED else f"{slug}-course".strip("-")


def is_slug(text: str) -> bool:
    """Whether an author may choose it."""
    return bool(SLUG.match(text)) and len(text) <= SLUG_MAX and text not in RESERVED


def numbered(slug: str, number: int) -> str:
    """The next try where a slug is taken: `calculus-2`."""
    tail = f"-{number}"
    return slug[: SLUG_MAX - len(tail)].rstrip("-") + tail
