"""A teacher's workplace: `/teach`, `/teach/courses`, and the frames of editor and students.

The frames load the fragments of content (`…/editor/outline`, `…/students/list`); without JavaScript a link
leads to the same parts as pages of their own.
"""

from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.call import principal
from suuupra.services.content import api as content
from suuupra.services.portal.api import PageUnknown
from suuupra.services.portal.service import Teaching
from suuupra.web.answers import see_other
from suuupra.web.draw import draw

STATES = {
    "draft": ("Draft", ""),
    "submitted": ("With the reviewers", "neel"),
    "changes_requested": ("Sent back", "warn"),
    "approved": ("Approved", "good"),
    "published": ("Published", "good"),
    "withdrawn": ("Withdrawn", "warn"),
    "archived": ("Archived", ""),
    "taken_down": ("Taken down", "bad"),
}


@dataclass(frozen=True)
class DeskView:
    """Own courses."""

    courses: tuple[content.OwnCourse, ...]
    states: dict[str, tuple[str, str]]
    next: str | None


@dataclass(frozen=True)
class EditorView:
    """The frame around a part of the editor."""

    course: content.Course
    state: tuple[str, str]
    part: str
    part_href: str


def teach_pages(teaching: Teaching) -> list[Route]:
    """Routes of teaching."""

    async def desk(request: Request) -> Response:
        principal().require("content.course.author")
        found = await teaching.desk(request.query_params.get("cursor"))
        view = DeskView(found.items, STATES, found.next)
        return draw(request, "portal/teach.html", view, title="Teach", robots="noindex")

    async def courses(request: Request) -> Response:
        return see_other(request, "/teach")

    async def editor(request: Request) -> Response:
        return await frame(request, "editor")

    async def students(request: Request) -> Response:
        return await frame(request, "students")

    async def frame(request: Request, part: str) -> Response:
        principal().require("content.course.author")
        course = await teaching.course(_id(request))
        if not course.standing.may_edit:
            raise PageUnknown
        view = EditorView(course, STATES[course.state], part, f"/teach/courses/{course.id}/{part}/")
        return draw(request, "portal/editor.html", view, title=course.title or "New course", robots="noindex")

    return [
        Route("/teach", desk),
        Route("/teach/courses", courses),
        Route("/teach/courses/{id}", editor),
        Route("/teach/courses/{id}/students", students),
    ]


def _id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["id"])
    except ValueError:
        raise PageUnknown from None
