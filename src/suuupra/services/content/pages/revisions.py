"""A revision as its reviewer reads it: the words, the outline, one lesson at a time."""

from dataclasses import dataclass
from uuid import UUID

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.problems import Problem
from suuupra.services.content.api import LANGUAGES, LEVELS, CourseNotFound
from suuupra.services.content.pages.browser import id_of
from suuupra.services.content.pages.lessons import safe
from suuupra.services.content.service.content import Content
from suuupra.services.content.service.editing import RevisionView
from suuupra.web.draw import draw
from suuupra.web.filters import clock
from suuupra.web.parts import Lesson, Part, Player


@dataclass(frozen=True)
class ReviewView:
    """The revision, its outline, the opened lesson."""

    revision: RevisionView
    parts: tuple[Part, ...]
    html: Markup
    player: Player | None
    video_note: str
    level: str
    language: str


def revision_pages(content: Content) -> list[Route]:
    async def review(request: Request) -> Response:
        course_id, number = id_of(request), _number(request)
        lesson_id = _lesson_id(request)
        found = await content.editing.revision(course_id, number, lesson_id)
        player, note = await _player(content, found)
        view = ReviewView(
            found,
            _parts(found),
            safe(found.lesson.html if found.lesson else ""),
            player,
            note,
            LEVELS.get(found.level, ""),
            LANGUAGES.get(found.language, ""),
        )
        title = f"{found.title}, edition {number}"
        return draw(request, "content/revision.html", view, title=title, robots="noindex")

    return [Route("/teach/courses/{id}/revisions/{number}", review)]


async def _player(content: Content, found: RevisionView) -> tuple[Player | None, str]:
    """The video of the opened lesson, or a sentence why it does not play."""
    if found.lesson is None or found.lesson.kind != "video":
        return None, ""
    if found.media_id is None:
        return None, "This lesson has no video yet."
    try:
        plan = await content.watching.review_ticket(found)
    except Problem as problem:
        if problem.status in {401, 404}:
            raise
        return None, problem.detail or problem.title
    return (
        Player(
            plan.hls,
            plan.duration_ms,
            title=found.lesson.title,
            poster=plan.poster,
            mp4=plan.mp4,
            beat_url=plan.beat_url,
            beat_s=plan.beat_s,
        ),
        "",
    )


def _parts(found: RevisionView) -> tuple[Part, ...]:
    opened = found.lesson.id if found.lesson else None
    base = f"/teach/courses/{found.course_id}/revisions/{found.number}?lesson="
    return tuple(
        Part(
            section.title,
            tuple(
                Lesson(
                    lesson.title,
                    f"{base}{lesson.id}",
                    "now" if lesson.id == opened else "next",
                    clock(lesson.duration_s) if lesson.duration_s else "",
                    "video" if lesson.kind == "video" else "book",
                )
                for lesson in section.lessons
            ),
        )
        for section in found.sections
    )


def _number(request: Request) -> int:
    text = request.path_params["number"]
    if not text.isdecimal() or len(text) > len("999999999"):
        raise CourseNotFound
    return int(text)


def _lesson_id(request: Request) -> UUID | None:
    try:
        return UUID(request.query_params["lesson"]) if "lesson" in request.query_params else None
    except ValueError:
        raise CourseNotFound from None
