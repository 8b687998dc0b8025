"""All courses, one of them, and what staff may do to it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.call import principal
from suuupra.kernel.problems import Invalid
from suuupra.services.admin.api import AuditQuery
from suuupra.services.admin.pages.acting import (
    NOT_TRIED,
    Act,
    Pager,
    Tried,
    cursor_of,
    id_of,
    query_of,
)
from suuupra.services.admin.service.courses import CourseFile
from suuupra.services.admin.service.desk import Desk
from suuupra.services.admin.service.ground import READS_AUDIT
from suuupra.services.admin.service.lines import Line, lines_of
from suuupra.services.content.api import (
    ADMISSIONS,
    ArchiveCourse,
    Card,
    CoursesQuery,
    WithdrawCourse,
)
from suuupra.services.identity.api import Back
from suuupra.web.draw import draw
from suuupra.web.parts import Column

HERE = "/admin/courses"
PAGE_SIZE = 50
LINES_SHOWN = 10
STATES = {
    "draft": "Draft",
    "submitted": "Waits for approval",
    "changes_requested": "Sent back",
    "approved": "Approved",
    "published": "Published",
    "withdrawn": "Withdrawn",
    "archived": "Archived",
    "taken_down": "Taken down",
}
KINDS = {"published": "good", "submitted": "warn", "changes_requested": "warn", "taken_down": "bad"}
Fields = Mapping[str, str]


@dataclass(frozen=True)
class CoursesView:
    """The list and its filters."""

    columns: ClassVar[tuple[Column, ...]] = (
        Column("Course"),
        Column("Teacher"),
        Column("State"),
        Column("Admission"),
        Column("Lessons", "end"),
        Column("Learners", "end"),
    )
    courses: tuple[Card, ...]
    owners: Mapping[UUID, str]
    pager: Pager
    text: str
    state: str
    states: Mapping[str, str]
    kinds: Mapping[str, str]
    admissions: Mapping[str, str]

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """For the filter."""
        return (("", "Every state"), *self.states.items())


@dataclass(frozen=True)
class CourseView:
    """One course. `acts` are those that its state allows."""

    file: CourseFile
    owner: str
    lines: tuple[Line, ...]
    tried: Tried
    states: Mapping[str, str]
    kinds: Mapping[str, str]
    admissions: Mapping[str, str]

    @property
    def acts(self) -> frozenset[str]:
        """Withdrawn comes back, published goes; what is archived or an untouched draft stays as it is."""
        state = self.file.course.state
        found = {"published": {"withdrawals", "archivings"}, "withdrawn": {"reopenings", "archivings"}}
        ends = {"changes_requested", "approved", "submitted"}
        return frozenset(found.get(state, {"archivings"} if state in ends else set()))


class CoursePages:
    """The pages, over the use cases."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def listing(self, request: Request) -> Response:
        text, state = query_of(request, "q")[:200], query_of(request, "state")
        if state and state not in STATES:
            raise Invalid.at("/state", "Choose a state of the list.")
        query = CoursesQuery.model_validate(
            {"text": text, "state": state or None, "cursor": cursor_of(request), "limit": PAGE_SIZE}
        )
        found = await self._desk.courses.page(query)
        owners = await self._desk.people.names(card.owner_id for card in found.items)
        pager = Pager.of(request, found.next)
        view = CoursesView(found.items, owners, pager, text, state, STATES, KINDS, ADMISSIONS)
        return draw(request, "admin/courses.html", view, title="Courses")

    async def show(self, request: Request) -> Response:
        return await self._draw(request, NOT_TRIED)

    async def _draw(self, request: Request, tried: Tried) -> Response:
        course_id = id_of(request, "course_id")
        file = await self._desk.courses.file(course_id)
        lines: tuple[Line, ...] = ()
        if principal().may(READS_AUDIT):
            asked = AuditQuery(target=f"course:{course_id}", limit=LINES_SHOWN)
            lines = await lines_of(self._desk.people, (await self._desk.trail.entries(asked)).items)
        owners = await self._desk.people.names([file.course.owner_id])
        owner = owners.get(file.course.owner_id, "Somebody")
        view = CourseView(file, owner, lines, tried, STATES, KINDS, ADMISSIONS)
        return draw(request, "admin/course.html", view, title=file.course.title, status=tried.status)

    def act(self, key: str, do: Callable[[UUID, str], Awaitable[str]]) -> Route:
        """A form of the page of a course."""

        async def answer(request: Request) -> Response:
            course_id = id_of(request, "course_id")

            async def done(fields: Fields, _back: Back) -> str:
                return await do(course_id, fields.get("reason", ""))

            return await Act(key, done, f"{HERE}/{course_id}", self._draw).answer(request)

        return Route(f"{HERE}/{{course_id}}/{key}", answer, methods=["POST"])

    async def withdraw(self, course_id: UUID, reason: str) -> str:
        await self._desk.courses.withdraw(WithdrawCourse(course_id=course_id, reason=reason))
        return "Withdrawn. Nobody new can join; learners inside go on."

    async def reopen(self, course_id: UUID, reason: str) -> str:
        await self._desk.courses.reopen(course_id, reason)
        return "Offered again."

    async def archive(self, course_id: UUID, reason: str) -> str:
        await self._desk.courses.archive(ArchiveCourse(course_id=course_id, reason=reason))
        return "Archived. Learners inside may still read."


def course_pages(desk: Desk) -> list[Route]:
    """`/admin/courses`, one course, and what can be done there."""
    pages = CoursePages(desk)
    return [
        Route(HERE, pages.listing),
        Route(f"{HERE}/{{course_id}}", pages.show),
        pages.act("withdrawals", pages.withdraw),
        pages.act("reopenings", pages.reopen),
        pages.act("archivings", pages.archive),
    ]
