"""Rows of sessions of watching."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import Range, insert

from suuupra.kernel.session import Session
from suuupra.services.vod.rules.watching import Interval, merged
from suuupra.services.vod.tables import Playback, ResumePoint, Watched

REVOKED_KEPT_S = 6 * 3600 + 600


async def one(session: Session, playback_id: UUID, *, lock: bool = False) -> Playback | None:
    """One session."""
    return await session.get(Playback, playback_id, with_for_update=lock)


async def watched(session: Session, playback_id: UUID) -> Watched:
    """What it saw; made with it."""
    found = await session.get(Watched, playback_id)
    if found is None:
        raise LookupError(f"playback {playback_id} has no row of what was watched")
    return found


def as_ranges(intervals: Sequence[Interval]) -> list[Range[int]]:
    """For the column."""
    return [Range(start, end) for start, end in intervals]


def as_intervals(ranges: Sequence[Range[int]] | None) -> tuple[Interval, ...]:
    """From the column."""
    return tuple((one.lower or 0, one.upper or 0) for one in ranges or ())


async def union(session: Session, subject_id: UUID, asset_id: UUID) -> tuple[Interval, ...]:
    """What a person saw of an asset, over all sessions."""
    chosen = (
        select(Watched.intervals)
        .join(Playback, Playback.id == Watched.playback_id)
        .where(Playback.subject_id == subject_id, Playback.asset_id == asset_id)
    )
    return merged(part for ranges in await session.scalars(chosen) for part in as_intervals(ranges))


async def revoke(
    session: Session, subject_id: UUID, asset_ids: Sequence[UUID], now: datetime, reason: str
) -> list[UUID]:
    """End every session of a person on these assets; which ones that were."""
    changed = (
        update(Playback)
        .where(
            Playback.subject_id == subject_id,
            Playback.asset_id.in_(asset_ids),
            Playback.revoked_at.is_(None),
            Playback.opened_at > now - timedelta(days=2),
        )
        .values(revoked_at=now, revoked_reason=reason)
        .returning(Playback.id)
    )
    return list(await session.scalars(changed))


async def revoke_asset(session: Session, asset_id: UUID, now: datetime, reason: str) -> None:
    """End every session on an asset."""
    await session.execute(
        update(Playback)
        .where(
            Playback.asset_id == asset_id,
            Playback.revoked_at.is_(None),
            Playback.opened_at > now - timedelta(days=2),
        )
        .values(revoked_at=now, revoked_reason=reason)
    )


async def revoked(session: Session, now: datetime) -> dict[UUID, str]:
    """Sessions whose grants may still be alive though their right has ended, with the reason."""
    chosen = select(Playback.id, Playback.revoked_reason).where(
        Playback.revoked_at > now - timedelta(seconds=REVOKED_KEPT_S)
    )
    return {row[0]: row[1] for row in (await session.execute(chosen)).all()}


async def resume_point(session: Session, subject_id: UUID, asset_id: UUID) -> int:
    """Where a person stopped, 0 where nobody knows."""
    found = await session.get(ResumePoint, (subject_id, asset_id))
    return 0 if found is None else found.position_ms


async def remember(
    session: Session, subject_id: UUID, asset_id: UUID, position_ms: int, now: datetime
) -> None:
    """The newest position wins."""
    fresh = insert(ResumePoint).values(
        subject_id=subject_id, asset_id=asset_id, position_ms=position_ms, changed_at=now, version=1
    )
    changes = {"position_ms": position_ms, "changed_at": now, "version": ResumePoint.version + 1}
    await session.execute(
        fresh.on_conflict_do_update(index_elements=["subject_id", "asset_id"], set_=changes)
    )


async def forget_before(session: Session, before: datetime) -> None:
    """Sessions older than they may be kept."""
    await session.execute(delete(Playback).where(Playback.opened_at < before))


async def live_count(session: Session, since: datetime) -> int:
    """Sessions that beat lately."""
    return int(await session.scalar(select(func.count()).where(Playback.renewed_at > since)) or 0)
