"""Submission, publication and decisions by REST."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from suuupra.kernel.messages import Message
from suuupra.kernel.pagination import Page
from suuupra.services.content.api import (
    Admission,
    ApprovalCase,
    CaseDetail,
    CaseQuery,
    CasesQuery,
    CaseState,
    DecideCase,
    Gates,
    GatesQuery,
    SubmitCourse,
)
from suuupra.services.content.service.approving import PublishCourse, Published
from suuupra.services.content.service.content import Content


class Submission(Message):
    admission: Admission
    publish_later: bool = False


class Decision(Message):
    decision: Literal["approve", "send_back"]
    reasons: tuple[str, ...] = ()


def add_approvals(router: APIRouter, content: Content) -> None:

    @router.get("/courses/{course_id}/gates")
    async def gates(course_id: UUID) -> Gates:
        """The checklist of the draft."""
        return await content.approvals.gates(GatesQuery(course_id=course_id))

    @router.post("/courses/{course_id}/submission", status_code=201)
    async def submit(course_id: UUID, body: Submission) -> ApprovalCase:
        """Freeze the draft and ask for approval."""
        command = SubmitCourse(
            course_id=course_id, admission=body.admission, publish_later=body.publish_later
        )
        return await content.approvals.submit(command)

    @router.post("/courses/{course_id}/publication")
    async def publish(course_id: UUID) -> Published:
        """What was approved for later, or changes to a course that is live."""
        return await content.approvals.publish(PublishCourse(course_id=course_id))

    @router.get("/approval-cases")
    async def cases(
        state: CaseState | None = "open",
        course_id: UUID | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Page[ApprovalCase]:
        """For reviewers, or of one's own course."""
        return await content.approvals.page(
            CasesQuery(state=state, course_id=course_id, cursor=cursor, limit=limit)
        )

    @router.get("/approval-cases/{case_id}")
    async def case(case_id: UUID) -> CaseDetail:
        """With all that a decision needs."""
        return await content.approvals.get(CaseQuery(case_id=case_id))

    @router.post("/approval-cases/{case_id}/decision")
    async def decide(case_id: UUID, body: Decision) -> ApprovalCase:
        """Never on one's own work."""
        command = DecideCase(case_id=case_id, decision=body.decision, reasons=body.reasons)
        return await content.approvals.decide(command)
