"""Joining, inviting, leaving and removing by REST; the roster as JSON and CSV."""

import csv
import io
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from suuupra.kernel.messages import Message
from suuupra.kernel.pagination import Page
from suuupra.services.content.api import (
    ADDRESSES_MAX,
    ActivateInvitation,
    Enrolment,
    EnrolmentNotFound,
    Invitation,
    InvitationsQuery,
    InvitationState,
    InvitedLearners,
    InviteLearners,
    JoinCourse,
    LeaveCourse,
    MyCourse,
    MyEnrolments,
    RevokeEnrolment,
    Student,
    StudentsQuery,
    WithdrawInvitation,
)
from suuupra.services.content.service.content import Content

Which = Literal["active", "ended", "all"]
Limit = Annotated[int, Query(ge=1, le=200)]


class Join(Message):
    course_id: UUID


class Addresses(Message):
    addresses: tuple[str, ...] = Field(min_length=1, max_length=ADDRESSES_MAX)


class Why(Message):
    reason: str = Field(min_length=3, max_length=1_000)


def add_enrolments(router: APIRouter, content: Content) -> None:
    _learner_routes(router, content)
    _author_routes(router, content)


def _learner_routes(router: APIRouter, content: Content) -> None:
    @router.post("/enrolments", status_code=201)
    async def join(body: Join) -> Enrolment:
        """A course that is open to everyone."""
        return await content.enrolments.join(JoinCourse(course_id=body.course_id))

    @router.get("/me/enrolments")
    async def mine(state: Which = "active", cursor: str | None = None, limit: Limit = 50) -> Page[MyCourse]:
        """With where to carry on."""
        return await content.enrolments.list_mine(MyEnrolments(state=state, cursor=cursor, limit=limit))

    @router.delete("/me/enrolments/{enrolment_id}", status_code=204)
    async def leave(enrolment_id: UUID) -> None:
        """Progress stays for a return."""
        course_id = await content.enrolments.course_of_mine(enrolment_id)
        if course_id is None:
            raise EnrolmentNotFound
        await content.enrolments.leave(LeaveCourse(course_id=course_id))

    @router.post("/course-invitations/{token}/acceptance", status_code=201)
    async def accept(token: str) -> Enrolment:
        """Spends the link."""
        return await content.enrolments.activate(ActivateInvitation(token=token[:200]))


def _author_routes(router: APIRouter, content: Content) -> None:
    @router.get("/courses/{course_id}/enrolments")
    async def students(
        course_id: UUID, state: Which = "active", cursor: str | None = None, limit: Limit = 50
    ) -> Page[Student]:
        """Newest first."""
        return await content.enrolments.list_of_course(
            StudentsQuery(course_id=course_id, state=state, cursor=cursor, limit=limit)
        )

    @router.get("/courses/{course_id}/enrolments.csv")
    async def roster(course_id: UUID) -> Response:
        """The whole roster; names, but no addresses."""
        lines = await content.enrolments.roster(course_id)
        name = f'attachment; filename="enrolments-{course_id}.csv"'
        headers = {"Content-Disposition": name, "Cache-Control": "private, no-store"}
        return Response(written(lines), media_type="text/csv; charset=utf-8", headers=headers)

    @router.post("/enrolments/{enrolment_id}/revocation")
    async def revoke(enrolment_id: UUID, body: Why) -> Enrolment:
        """The learner reads the reason."""
        return await content.enrolments.revoke(RevokeEnrolment(enrolment_id=enrolment_id, reason=body.reason))

    @router.get("/courses/{course_id}/invitations")
    async def invitations(
        course_id: UUID,
        state: InvitationState | None = "open",
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> Page[Invitation]:
        """Newest first."""
        return await content.enrolments.invitations(
            InvitationsQuery(course_id=course_id, state=state, cursor=cursor, limit=limit)
        )

    @router.post("/courses/{course_id}/invitations", status_code=202)
    async def invite(course_id: UUID, body: Addresses) -> InvitedLearners:
        """One answer an address."""
        return await content.enrolments.invite(InviteLearners(course_id=course_id, addresses=body.addresses))

    @router.delete("/courses/{course_id}/invitations/{invitation_id}", status_code=204)
    async def withdraw(course_id: UUID, invitation_id: UUID) -> None:
        """The link stops working."""
        await content.enrolments.withdraw_invitation(
            WithdrawInvitation(course_id=course_id, invitation_id=invitation_id)
        )


def written(lines: list[list[str]]) -> str:
    """CSV (RFC 4180); a cell that a spreadsheet would run as a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    for line in lines:
        writer.writerow([f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t"} else cell for cell in line])
    return out.getvalue()
