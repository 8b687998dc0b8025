"""Courses, approvals and encodings by REST."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from suuupra.kernel.messages import Message
from suuupra.kernel.pagination import Page
from suuupra.services.admin.routes.people import Why
from suuupra.services.admin.service.courses import CourseFile
from suuupra.services.admin.service.desk import Desk
from suuupra.services.admin.service.encodings import AssetFile, EncodingList
from suuupra.services.content.api import (
    ApprovalCase,
    ArchiveCourse,
    Card,
    CaseDetail,
    CasesQuery,
    CaseState,
    CoursesQuery,
    CourseState,
    DecideCase,
    WithdrawCourse,
)
from suuupra.services.vod.api import Asset, AssetsQuery, AssetState


class Decision(Message):
    """With at least one reason where it is sent back."""

    decision: Literal["approve", "send_back"]
    reasons: tuple[str, ...] = Field(default=(), max_length=20)


def course_routes(router: APIRouter, desk: Desk) -> None:
    """`/courses…`, `/approvals…`."""
    courses = desk.courses

    @router.get("/courses")
    async def listing(
        q: str = "", state: CourseState | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Card]:
        """All courses, newest first."""
        return await courses.page(CoursesQuery(text=q, state=state, cursor=cursor, limit=limit))

    @router.get("/courses/{course_id}")
    async def course(course_id: UUID) -> CourseFile:
        """One course and its latest submissions."""
        return await courses.file(course_id)

    @router.post("/courses/{course_id}/withdrawals")
    async def withdraw(course_id: UUID, body: Why) -> Card:
        """Out of the catalogue; learners inside go on."""
        return await courses.withdraw(WithdrawCourse(course_id=course_id, reason=body.reason))

    @router.post("/courses/{course_id}/reopenings")
    async def reopen(course_id: UUID, body: Why) -> Card:
        """Back into the catalogue."""
        return await courses.reopen(course_id, body.reason)

    @router.post("/courses/{course_id}/archivings")
    async def archive(course_id: UUID, body: Why) -> Card:
        """For good."""
        return await courses.archive(ArchiveCourse(course_id=course_id, reason=body.reason))

    @router.get("/approvals")
    async def cases(
        state: CaseState | None = "open", cursor: str | None = None, limit: int = 50
    ) -> Page[ApprovalCase]:
        """Submissions; the open ones oldest first."""
        return await courses.cases(CasesQuery(state=state, cursor=cursor, limit=limit))

    @router.get("/approvals/{case_id}")
    async def case(case_id: UUID) -> CaseDetail:
        """All that a decision needs."""
        return await courses.case(case_id)

    @router.post("/approvals/{case_id}/decision")
    async def decide(case_id: UUID, body: Decision) -> ApprovalCase:
        """Approve, or send back with reasons."""
        return await courses.decide(DecideCase(case_id=case_id, decision=body.decision, reasons=body.reasons))


def encoding_routes(router: APIRouter, desk: Desk) -> None:
    """`/encodings…`."""
    encodings = desk.encodings

    @router.get("/encodings")
    async def listing(
        state: AssetState | None = None, cursor: str | None = None, limit: int = 50
    ) -> EncodingList:
        """Uploads, steps, room and videos."""
        return await encodings.page(AssetsQuery(state=state, cursor=cursor, limit=limit))

    @router.get("/encodings/{asset_id}")
    async def asset(asset_id: UUID) -> AssetFile:
        """One video."""
        return await encodings.file(asset_id)

    @router.post("/encodings/{asset_id}/retries")
    async def retry(asset_id: UUID, body: Why) -> Asset:
        """Start failed steps anew."""
        return await encodings.retry(asset_id, body.reason)

    @router.post("/encodings/{asset_id}/cancellations")
    async def cancel(asset_id: UUID, body: Why) -> Asset:
        """Stop encoding."""
        return await encodings.cancel(asset_id, body.reason)
