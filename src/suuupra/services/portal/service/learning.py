"""What learners see: dashboard, outline, lesson."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import structlog

from suuupra.kernel.auth import Principal
from suuupra.kernel.problems import Forbidden, NotFound, Problem
from suuupra.services.content.api import (
    Course,
    CourseGone,
    Courses,
    Enrolments,
    GetCourse,
    LeaveCourse,
    LessonBody,
    LessonQuery,
    MarkLesson,
    MediaNotReady,
    MyCourse,
    MyEnrolments,
    OpenLesson,
    OpenPlayback,
    Outline,
    OutlineQuery,
    Playback,
    PlaybackTicket,
    Progress,
)
from suuupra.services.portal.service.composing import Composer, Faces, quiet

log = structlog.get_logger(service="portal")
PLAYABLE = frozenset({"playable", "ready"})


@dataclass(frozen=True)
class Dashboard:
    """A learner's own courses."""

    active: tuple[MyCourse, ...]
    ended: tuple[MyCourse, ...]
    faces: Faces


@dataclass(frozen=True)
class LessonPage:
    """A lesson; `media_note` says why nothing plays, where it should."""

    lesson: LessonBody
    ticket: PlaybackTicket | None
    media_note: str


class Learning:
    """Asks content and identity."""

    def __init__(
        self,
        courses: Courses,
        enrolments: Enrolments,
        playback: Playback,
        progress: Progress,
        composer: Composer,
    ) -> None:
        self._courses = courses
        self._enrolments = enrolments
        self._playback = playback
        self._progress = progress
        self._composer = composer

    async def dashboard(self) -> Dashboard:
        """Own courses, last used first."""
        active, ended = await asyncio.gather(
            self._enrolments.list_mine(MyEnrolments(limit=60)),
            self._enrolments.list_mine(MyEnrolments(state="ended", limit=20)),
        )
        faces = await self._composer.faces(item.course.owner_id for item in (*active.items, *ended.items))
        return Dashboard(active.items, ended.items, faces)

    async def outline(self, slug: str, *, as_student: bool = False) -> tuple[Course, Outline]:
        """The course from inside; `NotEnrolled` where one only looks from outside."""
        course, outline = await asyncio.gather(
            self._courses.get(GetCourse(slug=slug, as_student=as_student)),
            self._courses.outline(OutlineQuery(slug=slug, as_student=as_student)),
        )
        return course, outline

    async def lesson(
        self, who: Principal, slug: str, lesson_id: UUID, *, as_student: bool = False
    ) -> LessonPage:
        """The lesson with its outline; where it has a video, a ticket to play it."""
        lesson, ticket, _ = await asyncio.gather(
            self._courses.lesson(
                LessonQuery(slug=slug, lesson_id=lesson_id, as_student=as_student, with_outline=True)
            ),
            quiet(self._ticket(slug, lesson_id, as_student=as_student), None, name="player"),
            self._open(who, slug, lesson_id, as_student=as_student),
        )
        return LessonPage(lesson, ticket, "" if ticket else self._why_not(lesson))

    async def _ticket(self, slug: str, lesson_id: UUID, *, as_student: bool) -> PlaybackTicket | None:
        """None for what has no video, or is not to be seen: the lesson's own answer says which."""
        try:
            return await self._playback.ticket(
                OpenPlayback(slug=slug, lesson_id=lesson_id, as_student=as_student)
            )
        except (MediaNotReady, NotFound, Forbidden, CourseGone):
            return None

    async def _open(self, who: Principal, slug: str, lesson_id: UUID, *, as_student: bool) -> None:
        """Note where the learner is; a visitor of a preview has no place to note."""
        if not who.is_person or as_student:
            return
        try:
            await self._progress.open_lesson(OpenLesson(slug=slug, lesson_id=lesson_id))
        except (NotFound, Forbidden, CourseGone):
            return
        except Problem as problem:
            await log.awarning("page.part_quiet", part="place", error=type(problem).__name__)

    @staticmethod
    def _why_not(lesson: LessonBody) -> str:
        if lesson.kind != "video":
            return ""
        if lesson.media is not None and lesson.media.state in PLAYABLE:
            return "The video is away for a moment. Try again soon."
        if lesson.media is None or lesson.media.state == "awaiting":
            return "The video of this lesson is being prepared."
        return "The video of this lesson could not be prepared. Its teacher knows."

    async def mark(self, slug: str, lesson_id: UUID, *, is_done: bool) -> None:
        """The button of a lesson."""
        course = await self._courses.get(GetCourse(slug=slug))
        await self._progress.mark(MarkLesson(course_id=course.id, lesson_id=lesson_id, is_done=is_done))

    async def leave(self, slug: str) -> Course:
        """Go; progress stays for a return."""
        course = await self._courses.get(GetCourse(slug=slug))
        await self._enrolments.leave(LeaveCourse(course_id=course.id))
        return course
