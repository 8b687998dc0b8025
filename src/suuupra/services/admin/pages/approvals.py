"""Submissions: the queue, and the page on which one of them is decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.problems import Invalid
from suuupra.services.admin.pages.acting import (
    NOT_TRIED,
    Act,
    Pager,
    Tried,
    cursor_of,
    id_of,
    query_of,
    same_page,
)
from suuupra.services.admin.service.desk import Desk
from suuupra.services.content.api import (
    ADMISSIONS,
    ApprovalCase,
    CaseDetail,
    CasesQuery,
    DecideCase,
    OutlineSection,
)
from suuupra.services.identity.api import Back
from suuupra.web.draw import draw
from suuupra.web.filters import duration
from suuupra.web.frame import Item
from suuupra.web.parts import Column, Lesson, Part

HERE = "/admin/approvals"
PAGE_SIZE = 30
STATES = {"open": "Waiting", "approved": "Approved", "sent_back": "Sent back", "superseded": "Overtaken"}
KINDS = {"open": "warn", "approved": "good", "sent_back": "bad", "superseded": ""}
ICONS = {"article": "file", "video": "video"}
REASON_MAX = 1_000


@dataclass(frozen=True)
class CasesView:
    """One tab of the queue."""

    columns: ClassVar[tuple[Column, ...]] = (
        Column("Course"),
        Column("Teacher"),
        Column("Edition"),
        Column("State"),
        Column("Submitted"),
    )
    cases: tuple[ApprovalCase, ...]
    authors: Mapping[UUID, str]
    pager: Pager
    state: str
    tabs: tuple[Item, ...]
    states: Mapping[str, str]
    kinds: Mapping[str, str]


@dataclass(frozen=True)
class CaseView:
    """One submission, with all that a decision needs."""

    case: CaseDetail
    author: str
    decider: str
    parts: tuple[Part, ...]
    tried: Tried
    states: Mapping[str, str]
    kinds: Mapping[str, str]
    admissions: Mapping[str, str]

    @property
    def unmet(self) -> tuple[str, ...]:
        """Required gates that do not hold."""
        return tuple(gate.text for gate in self.case.gates if gate.required and not gate.met)


def parts_of(sections: tuple[OutlineSection, ...]) -> tuple[Part, ...]:
    """The outline without any viewer."""
    return tuple(
        Part(
            section.title,
            tuple(
                Lesson(
                    lesson.title,
                    note=duration(lesson.duration_s) if lesson.duration_s else "",
                    icon=ICONS.get(lesson.kind, "file"),
                )
                for lesson in section.lessons
            ),
        )
        for section in sections
    )


class ApprovalPages:
    """The pages, over the use cases."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def listing(self, request: Request) -> Response:
        state = query_of(request, "state") or "open"
        if state not in STATES:
            raise Invalid.at("/state", "Choose a state of the list.")
        asked = {"state": state, "cursor": cursor_of(request), "limit": PAGE_SIZE}
        found = await self._desk.courses.cases(CasesQuery.model_validate(asked))
        authors = await self._desk.people.names(case.author_id for case in found.items)
        tabs = tuple(
            Item(label, same_page(request, state=name, cursor=None), current=name == state)
            for name, label in STATES.items()
        )
        pager = Pager.of(request, found.next)
        view = CasesView(found.items, authors, pager, state, tabs, STATES, KINDS)
        return draw(request, "admin/approvals.html", view, title="Approvals")

    async def show(self, request: Request) -> Response:
        return await self._draw(request, NOT_TRIED)

    async def _draw(self, request: Request, tried: Tried) -> Response:
        case = await self._desk.courses.case(id_of(request, "case_id"))
        people = [one for one in (case.author_id, case.decided_by) if one is not None]
        names = await self._desk.people.names(people)
        view = CaseView(
            case=case,
            author=names.get(case.author_id, "Somebody"),
            decider=names.get(case.decided_by, "Somebody") if case.decided_by else "",
            parts=parts_of(case.sections),
            tried=tried,
            states=STATES,
            kinds=KINDS,
            admissions=ADMISSIONS,
        )
        title = case.course.title if case.course else "A submission"
        return draw(request, "admin/approval.html", view, title=title, status=tried.status)

    async def decide(self, request: Request) -> Response:
        case_id = id_of(request, "case_id")

        async def done(fields: Mapping[str, str], _back: Back) -> str:
            lines = (line.strip()[:REASON_MAX] for line in fields.get("reasons", "").splitlines())
            asked = {
                "case_id": case_id,
                "decision": fields.get("decision", ""),
                "reasons": tuple(line for line in lines if line),
            }
            decided = await self._desk.courses.decide(DecideCase.model_validate(asked))
            if decided.state == "sent_back":
                return "Sent back. The author reads your reasons."
            return (
                "Approved. The author publishes it." if decided.publish_later else "Approved and published."
            )

        return await Act("decision", done, HERE, self._draw).answer(request)


def approval_pages(desk: Desk) -> list[Route]:
    """`/admin/approvals`, one case, its decision."""
    pages = ApprovalPages(desk)
    return [
        Route(HERE, pages.listing),
        Route(f"{HERE}/{{case_id}}", pages.show),
        Route(f"{HERE}/{{case_id}}/decision", pages.decide, methods=["POST"]),
    ]
