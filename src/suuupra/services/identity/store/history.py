"""Attempts and security logs: written once, read by their person or by upkeep, deleted by age."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select

from suuupra.kernel.session import Session
from suuupra.services.identity.tables import Attempt, SecurityEntry
from suuupra.services.identity.tables import Session as SessionRow

__all__ = ["Attempt", "SecurityEntry"]

REFUSED = "refused"


async def entries(session: Session, account_id: UUID, limit: int) -> Sequence[SecurityEntry]:
    """Newest first."""
    query = (
        select(SecurityEntry)
        .where(SecurityEntry.account_id == account_id)
        .order_by(SecurityEntry.id.desc())
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def refusals(session: Session, since: datetime) -> int:
    """Failed tries of everybody since that moment."""
    query = select(func.count()).where(Attempt.at >= since, Attempt.outcome == REFUSED)
    return await session.scalar(query) or 0


async def forget_attempts(session: Session, before: datetime, most: int) -> int:
    old = select(Attempt.id).where(Attempt.at < before).limit(most)
    found = await session.scalars(delete(Attempt).where(Attempt.id.in_(old)).returning(Attempt.id))
    return len(found.all())


async def forget_entries(session: Session, before: datetime, most: int) -> int:
    old = select(SecurityEntry.id).where(SecurityEntry.at < before).limit(most)
    statement = delete(SecurityEntry).where(SecurityEntry.id.in_(old)).returning(SecurityEntry.id)
    return len((await session.scalars(statement)).all())


async def forget_sessions(session: Session, before: datetime, most: int) -> int:
    old = select(SessionRow.id).where(SessionRow.last_seen_at < before).limit(most)
    statement = delete(SessionRow).where(SessionRow.id.in_(old)).returning(SessionRow.id)
    return len((await session.scalars(statement)).all())
