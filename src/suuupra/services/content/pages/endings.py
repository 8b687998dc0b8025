"""How a course ends: withdrawn, archived, deleted; each asks first."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.problems import Problem
from suuupra.services.content.api import ArchiveCourse, DeleteCourse, WithdrawCourse
from suuupra.services.content.pages.asking import EMPTY, AskView, base_of
from suuupra.services.content.pages.browser import done, fields_of, id_of, refused, shown, status_of
from suuupra.services.content.service.content import Content
from suuupra.web.forms import Form

Page = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Ending:
    """A step that asks for a reason first."""

    name: str
    heading: str
    lead: str
    button: str
    text: str


ENDINGS = (
    Ending(
        "withdrawal",
        "Withdraw the course",
        "It leaves the catalogue and nobody new can join. Learners inside go on. You can offer it again.",
        "Withdraw",
        "The course is out of the catalogue.",
    ),
    Ending(
        "archive",
        "Archive the course",
        "It leaves the catalogue for good. Learners inside may still read it; it cannot be changed any more.",
        "Archive",
        "The course is archived.",
    ),
)


class EndingPages:
    """Withdrawal, archive and deletion."""

    def __init__(self, content: Content) -> None:
        self._content = content

    async def _view(self, request: Request, ending: Ending, form: Form = EMPTY) -> AskView:
        draft = await self._content.editing.draft(id_of(request))
        return AskView(
            base=base_of(draft.id),
            course_title=str(draft.details["title"]),
            heading=ending.heading,
            lead=ending.lead,
            action=f"{base_of(draft.id)}{ending.name}",
            button=ending.button,
            kind="bad",
            field="reason",
            label="Reason",
            form=form,
        )

    def ask(self, ending: Ending) -> Page:
        async def page(request: Request) -> Response:
            view = await self._view(request, ending)
            return shown(request, "ask", view, title=ending.heading)

        return page

    def act(self, ending: Ending) -> Page:
        async def page(request: Request) -> Response:
            fields = await fields_of(request)
            try:
                await self._end(ending, id_of(request), fields.get("reason", ""))
            except (Problem, ValidationError) as error:
                view = await self._view(request, ending, refused(fields, error))
                return shown(request, "ask", view, title=ending.heading, status=status_of(error))
            return done(request, f"/teach/courses/{id_of(request)}", ending.text)

        return page

    async def _end(self, ending: Ending, course_id: UUID, reason: str) -> None:
        if ending.name == "withdrawal":
            await self._content.courses.withdraw(WithdrawCourse(course_id=course_id, reason=reason))
        else:
            await self._content.courses.archive(ArchiveCourse(course_id=course_id, reason=reason))

    async def ask_delete(self, request: Request) -> Response:
        draft = await self._content.editing.draft(id_of(request))
        view = AskView(
            base=base_of(draft.id),
            course_title=str(draft.details["title"]),
            heading="Delete the course",
            lead="It was never published and nobody is in it. What you wrote is gone afterwards.",
            action=f"{base_of(draft.id)}deletion",
            button="Delete",
            kind="bad",
        )
        return shown(request, "ask", view, title=view.heading)

    async def delete(self, request: Request) -> Response:
        await self._content.courses.delete(DeleteCourse(course_id=id_of(request)))
        return done(request, "/teach", "The course is deleted.")


def ending_pages(content: Content) -> list[Route]:
    """`/teach/courses/{id}/editor/{withdrawal, archive, deletion}`."""
    endings = EndingPages(content)
    base = "/teach/courses/{id}/editor"
    routes = [
        Route(f"{base}/deletion", endings.ask_delete),
        Route(f"{base}/deletion", endings.delete, methods=["POST"]),
    ]
    for ending in ENDINGS:
        routes.append(Route(f"{base}/{ending.name}", endings.ask(ending)))
        routes.append(Route(f"{base}/{ending.name}", endings.act(ending), methods=["POST"]))
    return routes
