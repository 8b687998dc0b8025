"""Learning pages: `/learn`, `/learn/{course}`, `/learn/{course}/{lesson}`, marking and leaving."""

from dataclasses import dataclass
from uuid import UUID

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.call import principal
from suuupra.kernel.problems import Forbidden
from suuupra.services.content import api as content
from suuupra.services.portal.api import PageUnknown
from suuupra.services.portal.pages import shapes
from suuupra.services.portal.service import Learning
from suuupra.services.portal.service.learning import LessonPage
from suuupra.web.answers import see_other
from suuupra.web.draw import draw
from suuupra.web.frame import Flash
from suuupra.web.parts import CourseCard, Part, Player, ResumeCard, Track


@dataclass(frozen=True)
class DashboardView:
    """My learning."""

    resume: ResumeCard | None
    active: tuple[CourseCard, ...]
    ended: tuple[content.MyCourse, ...]


@dataclass(frozen=True)
class InsideView:
    """A course from inside."""

    course: content.Course
    outline: content.Outline
    parts: tuple[Part, ...]
    carry_on: str


@dataclass(frozen=True)
class LessonView:
    """A lesson."""

    lesson: content.LessonBody
    course_href: str
    player: Player | None
    media_note: str
    parts: tuple[Part, ...]
    done: int
    total: int
    percent: int
    previous: str
    next: str
    length: str
    as_student: bool
    html: Markup


def learn_pages(learning: Learning) -> list[Route]:
    """Routes of learning."""

    async def dashboard(request: Request) -> Response:
        principal().person()
        found = await learning.dashboard()
        name = request.state.identified.name
        view = DashboardView(
            shapes.resume_of(found.active[0], name) if found.active else None,
            tuple(shapes.my_card(item, found.faces) for item in found.active),
            found.ended,
        )
        return draw(request, "portal/learn.html", view, title="My learning", robots="noindex")

    async def inside(request: Request) -> Response:
        slug, as_student = request.path_params["course"], _as_student(request)
        try:
            course, outline = await learning.outline(slug, as_student=as_student)
        except Forbidden:
            return see_other(request, f"/courses/{slug}")
        base = f"/learn/{course.slug}"
        current = outline.current_lesson_id
        view = InsideView(
            course,
            outline,
            shapes.parts_of(outline.sections, base, None),
            f"{base}/{current}" if current else base,
        )
        return draw(request, "portal/inside.html", view, title=course.title, robots="noindex")

    async def lesson(request: Request) -> Response:
        slug, as_student = request.path_params["course"], _as_student(request)
        found = await learning.lesson(principal(), slug, _id(request), as_student=as_student)
        view = _lesson(found, as_student=as_student)
        return draw(request, "portal/lesson.html", view, title=found.lesson.title, robots="noindex")

    async def mark(request: Request) -> Response:
        principal().person()
        form = await request.form()
        slug = request.path_params["course"]
        await learning.mark(slug, _id(request), is_done=form.get("is_done") != "no")
        target = str(form.get("next") or "")
        own = target if target.startswith(f"/learn/{slug}/") else f"/learn/{slug}/{_id(request)}"
        return see_other(request, own)

    async def leave(request: Request) -> Response:
        principal().person()
        course = await learning.leave(request.path_params["course"])
        words = f"You have left {course.title}. Your progress stays, should you return."
        return see_other(request, "/learn", Flash(words))

    return [
        Route("/learn", dashboard),
        Route("/learn/{course}", inside),
        Route("/learn/{course}/departure", leave, methods=["POST"]),
        Route("/learn/{course}/{lesson}", lesson),
        Route("/learn/{course}/{lesson}/completion", mark, methods=["POST"]),
    ]


def _id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["lesson"])
    except ValueError:
        raise PageUnknown from None


def _as_student(request: Request) -> bool:
    return request.query_params.get("as") == "student"


def _lesson(found: LessonPage, *, as_student: bool) -> LessonView:
    lesson, ticket = found.lesson, found.ticket
    base, suffix = f"/learn/{lesson.course_slug}", "?as=student" if as_student else ""
    previous = f"{base}/{lesson.previous_id}{suffix}" if lesson.previous_id else ""
    following = f"{base}/{lesson.next_id}{suffix}" if lesson.next_id else ""
    player = None
    if ticket is not None:
        player = Player(
            source=ticket.hls,
            duration_ms=ticket.duration_ms,
            title=lesson.title,
            poster=ticket.poster,
            mp4=ticket.mp4,
            resume_ms=ticket.resume_ms,
            beat_url=ticket.beat_url,
            beat_s=ticket.beat_s,
            previous=previous,
            next=following,
            tracks=tuple(Track(item.href, item.language, item.label) for item in ticket.tracks),
        )
    outline = lesson.outline
    sections = outline.sections if outline else ()
    seconds = lesson.media.duration_s if lesson.media else lesson.reading_s
    return LessonView(
        lesson=lesson,
        course_href=base if lesson.standing.enrolment_state == "active" else f"/courses/{lesson.course_slug}",
        player=player,
        media_note=found.media_note,
        parts=shapes.parts_of(sections, base, lesson.id),
        done=outline.lessons_done if outline else 0,
        total=outline.lessons_total if outline else 0,
        percent=(outline.progress_permille if outline else 0) // 10,
        previous=previous,
        next=following,
        length=shapes.length_of(seconds) if seconds else "",
        as_student=as_student,
        html=Markup(lesson.html),  # noqa: S704 - content sanitised it
    )
