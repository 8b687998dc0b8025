"""Counts by day, for the kernel's `Figures`."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from suuupra.kernel.session import Session
from suuupra.services.content.tables import Course, Enrolment

COLUMNS: dict[str, Any] = {
    "enrolments": Enrolment.activated_at,
    "completions": Enrolment.completed_at,
    "courses_published": Course.published_at,
}


async def by_day(session: Session, name: str, since: datetime) -> list[tuple[datetime, int]]:
    """Days in UTC on which something happened."""
    column = COLUMNS[name]
    day = func.date_trunc("day", column, "UTC")
    rows = await session.execute(select(day, func.count()).where(column >= since).group_by(day).order_by(day))
    return [(at, count) for at, count in rows]


async def total(session: Session, name: str) -> int:
    """All there ever were."""
    return int(await session.scalar(select(func.count()).where(COLUMNS[name].is_not(None))) or 0)
