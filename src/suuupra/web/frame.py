"""What stands around every page: who looks, where they can go, what they were just told.

A frame is made once a request by whoever knows the person; a page only adds its title.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

Theme = Literal["auto", "light", "dark"]
Tone = Literal["info", "good", "warn", "bad"]

_PREFIXES = frozenset({"dr", "prof", "mr", "mrs", "ms", "shri", "smt"})
_TABS = 5


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a navigation, a tab row or a menu."""

    label: str
    href: str
    icon: str = ""
    current: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A headed group of the admin rail."""

    heading: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in; `detail` is a second line such as a role."""

    name: str
    avatar_url: str = ""
    detail: str = ""

    @property
    def initials(self) -> str:
        return initials(self.name)


@dataclass(frozen=True, slots=True)
class Bell:
    """Unread news; with a topic the count moves without a reload."""

    count: int
    href: str = "/notifications"
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Flash:
    """A sentence about what just happened, shown once."""

    text: str
    kind: Tone = "info"


@dataclass(frozen=True, slots=True)
class SearchBox:
    """The search of the top bar: a GET form whose field is `q`."""

    action: str = "/courses"
    value: str = ""
    label: str = "Search courses"


@dataclass(frozen=True, slots=True)
class Frame:
    """All that the base templates draw beside the page's own part. `zone` is an IANA name."""

    now: datetime
    site: str = "Suuupra"
    title: str = ""
    description: str = ""
    canonical: str = ""
    language: str = "en"
    zone: str = "Asia/Kolkata"
    theme: Theme = "auto"
    navigation: tuple[Item, ...] = ()
    tabs: tuple[Item, ...] = ()
    rail: tuple[Section, ...] = ()
    account: tuple[Item, ...] = ()
    search: SearchBox | None = None
    person: Person | None = None
    bell: Bell | None = None
    sign_in: str = "/sign-in"
    sign_up: str = "/sign-up"
    sign_out: str = "/sign-out"
    csrf: str = ""
    flashes: tuple[Flash, ...] = ()
    tickets: Mapping[str, str] = field(default_factory=dict)
    json_ld: tuple[Mapping[str, Any], ...] = ()
    robots: str = ""
    body_class: str = ""
    trace_id: str = ""

    @property
    def full_title(self) -> str:
        return f"{self.title} · {self.site}" if self.title else self.site

    @property
    def bottom(self) -> tuple[Item, ...]:
        """The bottom bar of phones: at most five entries."""
        return (self.tabs or self.navigation)[:_TABS]

    def on(self, title: str, description: str = "", **changes: Any) -> "Frame":
        """This frame around the page `title`."""
        return replace(self, title=title, description=description, **changes)

    def watching(self, tickets: Mapping[str, str]) -> "Frame":
        """This frame with more live topics: topic -> signed ticket of the hub."""
        return replace(self, tickets={**self.tickets, **tickets})


def initials(name: str) -> str:
    """First letters of the first and last word, without titles: `Dr Anjali Rao` -> `AR`."""
    words = [word for word in name.split() if word.strip(".").lower() not in _PREFIXES]
    letters = [word[0] for word in words if word[0].isalnum()]
    return "".join(letters[:1] + letters[1:][-1:]).upper() or "?"
