"""Counts by day (UTC), for the numbers that an overview draws."""

from datetime import datetime

from sqlalchemy import ColumnElement, DateTime, Executable, func, select
from sqlalchemy.orm import InstrumentedAttribute

from suuupra.kernel.session import Session
from suuupra.services.vod.tables import Playback, Revision, Upload, Watched

Days = list[tuple[datetime, float]]


def _day(moment: InstrumentedAttribute[datetime]) -> ColumnElement[datetime]:
    return func.date_trunc("day", moment, "UTC", type_=DateTime(timezone=True))


async def _rows(session: Session, chosen: Executable) -> Days:
    return [(row[0], float(row[1] or 0)) for row in (await session.execute(chosen)).all()]


async def plays(session: Session, since: datetime) -> Days:
    """Sessions that were opened."""
    day = _day(Playback.opened_at)
    return await _rows(
        session, select(day, func.count()).where(Playback.opened_at >= since).group_by(day).order_by(day)
    )


async def minutes_watched(session: Session, since: datetime) -> Days:
    """Credited media time, on the day its session was opened."""
    day = _day(Playback.opened_at)
    chosen = (
        select(day, func.sum(Watched.credited_ms) / 60_000.0)
        .join(Watched, Watched.playback_id == Playback.id)
        .where(Playback.opened_at >= since)
    )
    return await _rows(session, chosen.group_by(day).order_by(day))


async def uploads(session: Session, since: datetime, state: str) -> Days:
    """Uploads that arrived in a state."""
    day = _day(Upload.changed_at)
    chosen = select(day, func.count()).where(Upload.changed_at >= since, Upload.state == state)
    return await _rows(session, chosen.group_by(day).order_by(day))


async def encodings(session: Session, since: datetime, state: str) -> Days:
    """Revisions that were begun and stand in a state."""
    day = _day(Revision.created_at)
    chosen = select(day, func.count()).where(Revision.created_at >= since, Revision.state == state)
    return await _rows(session, chosen.group_by(day).order_by(day))


async def upload_counts(session: Session) -> dict[str, int]:
    """All uploads by state."""
    rows = await session.execute(select(Upload.state, func.count()).group_by(Upload.state))
    return {row[0]: row[1] for row in rows.all()}
