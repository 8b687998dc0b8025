"""View models of the bigger components; templates draw them, services fill them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from suuupra.web.frame import Item

Way = Literal["good", "bad", "even"]
StepState = Literal["done", "now", "next", "failed"]
LessonState = Literal["done", "now", "next", "locked"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A small figure of a card; `label` says it in words to a screen reader."""

    text: str
    icon: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class CourseCard:
    """One course on a shelf. Its foot is the progress, else price and action."""

    title: str
    href: str
    slug: str
    kicker: tuple[str, ...] = ()
    teacher: str = ""
    teacher_avatar_url: str = ""
    facts: tuple[Fact, ...] = ()
    badge: str = ""
    progress_percent: int | None = None
    price: str = ""
    action: str = ""
    cover_url: str = ""
    motif: str = ""
    palette: int = -1


@dataclass(frozen=True, slots=True)
class ResumeCard:
    """The one-click way back into a lesson."""

    title: str
    href: str
    slug: str
    course: str
    lead: str = "Carry on"
    note: str = ""
    progress_percent: int = 0
    cover_url: str = ""
    motif: str = ""
    palette: int = -1


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a timeline or a stepper."""

    label: str
    state: StepState = "next"
    detail: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """A line of an outline; without `href` it cannot be opened."""

    title: str
    href: str = ""
    state: LessonState = "next"
    note: str = ""
    icon: str = "play"


@dataclass(frozen=True, slots=True)
class Part:
    """A folding section of an outline."""

    title: str
    lessons: tuple[Lesson, ...]
    open: bool = True


@dataclass(frozen=True, slots=True)
class Stat:
    """A figure on a tile; `way` says whether its change is welcome."""

    label: str
    value: str
    change: str = ""
    way: Way = "even"
    note: str = ""
    points: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A table column; figures stand at the end."""

    label: str
    align: Literal["start", "end"] = "start"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select, a radio group or a segmented control."""

    value: str
    label: str
    hint: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """A caption track of a player."""

    href: str
    language: str
    label: str


@dataclass(frozen=True, slots=True)
class Player:
    """A video that plays: `source` is its HLS manifest, `mp4` the last way."""

    source: str
    duration_ms: int
    title: str = ""
    poster: str = ""
    mp4: str = ""
    resume_ms: int = 0
    beat_url: str = ""
    beat_s: int = 10
    previous: str = ""
    next: str = ""
    tracks: tuple[Track, ...] = ()


@dataclass(frozen=True, slots=True)
class Uploader:
    """A drop zone; `max_bytes` 0 leaves the limit to the server."""

    ticket_url: str
    label: str
    accept: str = "video/*"
    max_bytes: int = 0
    hint: str = ""
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class ProblemView:
    """A Problem as a page: what happened, whether anything was lost, what to do."""

    status: int
    title: str
    detail: str = ""
    advice: tuple[str, ...] = ()
    lost: str = ""
    actions: tuple[Item, ...] = ()
    trace_id: str = ""
