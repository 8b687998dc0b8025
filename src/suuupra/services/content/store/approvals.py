"""Approval cases."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on

from suuupra.kernel.session import Session
from suuupra.services.content.tables import ApprovalCase, Course


async def case(session: Session, case_id: UUID, *, lock: bool = False) -> ApprovalCase | None:
    return await session.get(ApprovalCase, case_id, with_for_update=lock)


async def open_case(session: Session, course_id: UUID) -> ApprovalCase | None:
    return await session.scalar(
        select(ApprovalCase).where(ApprovalCase.course_id == course_id, ApprovalCase.state == "open")
    )


async def latest(session: Session, course_ids: Iterable[UUID]) -> dict[UUID, ApprovalCase]:
    """The last submission of each course."""
    statement = (
        select(ApprovalCase)
        .where(ApprovalCase.course_id.in_(list(course_ids)))
        .ext(distinct_on(ApprovalCase.course_id))
        .order_by(ApprovalCase.course_id, ApprovalCase.submitted_at.desc())
    )
    return {row.course_id: row for row in await session.scalars(statement)}


async def page(
    session: Session, state: str | None, course_id: UUID | None, after: Sequence[Any] | None, limit: int
) -> list[tuple[ApprovalCase, Course]]:
    """Oldest first while open, else newest first."""
    statement = select(ApprovalCase, Course).join(Course, Course.id == ApprovalCase.course_id)
    if state is not None:
        statement = statement.where(ApprovalCase.state == state)
    if course_id is not None:
        statement = statement.where(ApprovalCase.course_id == course_id)
    place = tuple_(ApprovalCase.submitted_at, ApprovalCase.id)
    oldest_first = state == "open"
    if after is not None:
        edge = (datetime.fromisoformat(after[0]), UUID(after[1]))
        statement = statement.where(place > edge if oldest_first else place < edge)
    if oldest_first:
        statement = statement.order_by(ApprovalCase.submitted_at, ApprovalCase.id)
    else:
        statement = statement.order_by(ApprovalCase.submitted_at.desc(), ApprovalCase.id.desc())
    return [(row, course) for row, course in await session.execute(statement.limit(limit))]


async def supersede(session: Session, course_id: UUID) -> None:
    """Close the open case of a course that is no longer offered."""
    await session.execute(
        update(ApprovalCase)
        .where(ApprovalCase.course_id == course_id, ApprovalCase.state == "open")
        .values(state="superseded")
        .execution_options(synchronize_session=False)
    )
