"""What courses look like from outside: cards, facets, the course page, outlines, the body of a lesson."""

from collections.abc import Mapping
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from suuupra.kernel.clock import Moment
from suuupra.kernel.messages import Command, Message, Query
from suuupra.kernel.pagination import Page, PageQuery

CourseState = Literal[
    "draft", "submitted", "changes_requested", "approved", "published", "withdrawn", "archived", "taken_down"
]
Admission = Literal["granted", "open"]
Level = Literal["beginner", "intermediate", "advanced", "all"]
LessonKind = Literal["article", "video"]
LessonState = Literal["done", "now", "next", "locked"]
MediaState = Literal["none", "awaiting", "playable", "ready", "failed"]
Sort = Literal["relevance", "popular", "newest", "title"]

REASON_MAX = 1_000
LEVELS: Mapping[str, str] = {
    "beginner": "Beginner",
    "intermediate": "Intermediate",
    "advanced": "Advanced",
    "all": "All levels",
}
ADMISSIONS: Mapping[str, str] = {"open": "Open to everyone", "granted": "By invitation"}
LANGUAGES: Mapping[str, str] = {
    "en": "English", "hi": "Hindi", "bn": "Bengali", "mr": "Marathi", "te": "Telugu", "ta": "Tamil",
    "gu": "Gujarati", "kn": "Kannada", "ml": "Malayalam", "or": "Odia", "pa": "Punjabi", "as": "Assamese",
    "ur": "Urdu", "sa": "Sanskrit",
}  # fmt: skip


class Cover(Message):
    """A picture, or what the drawn cover is made of; `palette` -1 follows from the slug."""

    url: str | None = None
    motif: str = ""
    palette: int = -1


class Card(Message):
    """A course on a shelf. Counts may be a minute old."""

    id: UUID
    slug: str
    title: str
    owner_id: UUID
    state: CourseState
    admission: Admission
    summary: str = ""
    category: str = ""
    category_title: str = ""
    level: Level = "all"
    language: str = "en"
    tags: tuple[str, ...] = ()
    lesson_count: int = 0
    duration_s: int = 0
    enrolled_count: int = 0
    cover: Cover = Cover()
    published_at: Moment | None = None


class Cards(Message):
    """In the order of the question, without what the asker may not see."""

    items: tuple[Card, ...] = ()


class Category(Message):
    """A shipped or added category; `count` is that of published courses in it and below it."""

    slug: str
    title: str
    parent: str | None = None
    count: int = 0


class Categories(Message):
    """The tree, parents before children."""

    items: tuple[Category, ...] = ()


class Browse(PageQuery):
    """The catalogue by words and facets. An unknown facet value is left out and named in the answer."""

    text: str = Field(default="", max_length=200)
    category: str | None = None
    tag: str | None = None
    level: str | None = None
    language: str | None = None
    admission: str | None = None
    owner_id: UUID | None = None
    sort: Sort = "relevance"
    limit: int = Field(default=24, ge=1, le=100)


class FacetCount(Message):
    """One value of a facet, with how many courses it would leave."""

    value: str
    label: str
    count: int


class Facets(Message):
    """Counts for the words and the other facets of the question; most frequent first."""

    categories: tuple[FacetCount, ...] = ()
    levels: tuple[FacetCount, ...] = ()
    languages: tuple[FacetCount, ...] = ()
    admissions: tuple[FacetCount, ...] = ()
    tags: tuple[FacetCount, ...] = ()


class Shelf(Page[Card]):
    """One page of the catalogue. `ignored` names facets of the question that mean nothing here."""

    total: int = 0
    facets: Facets = Facets()
    ignored: tuple[str, ...] = ()


class OfCourse(Message):
    """Names a course by id or by slug, a former slug too: a page asks all that it needs at once."""

    course_id: UUID | None = None
    slug: str = ""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.course_id is None) == (not self.slug):
            raise ValueError("give course_id or slug")
        return self


class GetCourse(OfCourse, Query):
    """For a former slug compare `slug` of the answer and redirect.

    `as_student`: its author or a reviewer sees the draft as a student would.
    """

    as_student: bool = False


class GetCourses(Query):
    """Cards by id."""

    course_ids: tuple[UUID, ...] = Field(max_length=200)


class OutlineLesson(Message):
    """A lesson in an outline. `state` and `watched_permille` are the viewer's; `why_locked` a sentence."""

    id: UUID
    title: str
    kind: LessonKind
    state: LessonState = "next"
    duration_s: int = 0
    is_free_preview: bool = False
    why_locked: str = ""
    opens_at: Moment | None = None
    watched_permille: int = 0
    media_state: MediaState = "none"


class OutlineSection(Message):
    """A section with its lessons in order."""

    id: UUID
    title: str
    lessons: tuple[OutlineLesson, ...] = ()


class Standing(Message):
    """How the asker stands to the course. `may_join`: open to everyone and not joined yet."""

    is_author: bool = False
    may_edit: bool = False
    may_join: bool = False
    enrolment_id: UUID | None = None
    enrolment_state: str = ""
    progress_permille: int = 0
    next_lesson_id: UUID | None = None


class Course(Card):
    """The course page. Sections carry no viewer state: `outline` does."""

    revision_id: UUID | None = None
    outcomes: tuple[str, ...] = ()
    audience: str = ""
    prerequisites: str = ""
    sections: tuple[OutlineSection, ...] = ()
    preview_lesson_id: UUID | None = None
    standing: Standing = Standing()


class OutlineQuery(OfCourse, Query):
    """The outline as the asker sees it."""

    as_student: bool = False


class Outline(Message):
    """Every lesson with the viewer's state. `now` marks where to go on."""

    course_id: UUID
    slug: str
    title: str
    revision_id: UUID
    sections: tuple[OutlineSection, ...] = ()
    lessons_done: int = 0
    lessons_total: int = 0
    progress_permille: int = 0
    current_lesson_id: UUID | None = None
    standing: Standing = Standing()


class LessonQuery(OfCourse, Query):
    """One lesson for the asker; with `with_outline` the outline comes in the same answer."""

    lesson_id: UUID
    as_student: bool = False
    with_outline: bool = False


class LessonMedia(Message):
    """The video of a lesson; `reason` says why it failed."""

    media_id: UUID
    state: MediaState
    duration_s: int = 0
    reason: str = ""


class LessonBody(Message):
    """What a lesson page shows. `html` is sanitised; `rule` says when the lesson counts as done.

    `media` is None for an article, and for a video lesson without a file.
    """

    id: UUID
    course_id: UUID
    course_slug: str
    course_title: str
    title: str
    kind: LessonKind
    section_title: str = ""
    html: str = ""
    reading_s: int = 0
    media: LessonMedia | None = None
    is_free_preview: bool = False
    rule: str = ""
    may_mark_done: bool = False
    is_done: bool = False
    done_at: Moment | None = None
    position_ms: int = 0
    watched_permille: int = 0
    previous_id: UUID | None = None
    next_id: UUID | None = None
    outline: Outline | None = None
    standing: Standing = Standing()


class OwnCourses(PageQuery):
    """The asker's own courses, newest change first."""

    state: CourseState | None = None


class OwnCourse(Card):
    """A course on its author's desk. `send_back_reasons` are those of the last decision, if it was a no."""

    has_unpublished_changes: bool = False
    is_under_review: bool = False
    send_back_reasons: tuple[str, ...] = ()
    active_count: int = 0
    completed_count: int = 0
    changed_at: Moment | None = None


class CoursesQuery(PageQuery):
    """All courses, for staff. `text` looks in title and slug."""

    state: CourseState | None = None
    owner_id: UUID | None = None
    text: str = Field(default="", max_length=200)


class MayEdit(Query):
    """Whether somebody may change a course; the asker where no subject is given."""

    course_id: UUID
    subject_id: UUID | None = None


class EditRight(Message):
    """The answer, and who owns the course."""

    allowed: bool = False
    owner_id: UUID | None = None


class SetAdmission(Command):
    """`open`: everyone may join, free; `granted`: by invitation or grant."""

    course_id: UUID
    admission: Admission


class WithdrawCourse(Command):
    """Out of the catalogue, no new grant; learners inside go on."""

    course_id: UUID
    reason: str = Field(min_length=3, max_length=REASON_MAX)


class ReopenCourse(Command):
    """A withdrawn course back into the catalogue."""

    course_id: UUID


class ArchiveCourse(Command):
    """For good: nobody joins, learners may still read."""

    course_id: UUID
    reason: str = Field(min_length=3, max_length=REASON_MAX)


class DeleteCourse(Command):
    """A draft without enrolments only."""

    course_id: UUID
