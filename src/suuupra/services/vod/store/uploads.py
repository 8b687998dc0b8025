"""Rows of files on their way in, and the room they hold."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on

from suuupra.kernel.session import Session
from suuupra.services.vod.api import UploadState
from suuupra.services.vod.rules.uploads import OPEN, WORKING
from suuupra.services.vod.tables import Asset, Revision, Upload

SPACE_LOCK = 0x5355555056_4F44
MAKING = ("preparing", "playable")


async def one(session: Session, upload_id: UUID, *, lock: bool = False) -> Upload | None:
    """With `lock` it waits for whoever holds the row."""
    return await session.get(Upload, upload_id, with_for_update=lock)


async def newest_of_asset(session: Session, asset_id: UUID) -> Upload | None:
    """The upload that says most about an asset."""
    chosen = select(Upload).where(Upload.asset_id == asset_id).order_by(Upload.id.desc()).limit(1)
    return await session.scalar(chosen)


async def newest_of_assets(session: Session, asset_ids: Sequence[UUID]) -> dict[UUID, Upload]:
    """The same for many."""
    chosen = (
        select(Upload)
        .where(Upload.asset_id.in_(asset_ids))
        .ext(distinct_on(Upload.asset_id))
        .order_by(Upload.asset_id, Upload.id.desc())
    )
    return {upload.asset_id: upload for upload in await session.scalars(chosen)}


async def hold_space(session: Session) -> None:
    """One at a time asks for room, until the end of its unit."""
    await session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": SPACE_LOCK})


async def reserved_bytes(session: Session) -> int:
    """What is promised and not written yet, by uploads and by encodings."""
    coming = select(func.sum(Upload.length_bytes - Upload.offset_bytes)).where(Upload.state.in_(OPEN))
    making = select(func.sum(Revision.reserved_bytes)).where(Revision.state.in_(MAKING))
    return int(await session.scalar(coming) or 0) + int(await session.scalar(making) or 0)


async def open_count(session: Session, owner_id: UUID, now: datetime) -> int:
    """How many files of an owner are on their way."""
    counted = select(func.count()).where(
        Upload.owner_id == owner_id, Upload.state.in_(OPEN), Upload.expires_at > now
    )
    return int(await session.scalar(counted) or 0)


async def filled_bytes(session: Session, owner_id: UUID) -> int:
    """What an owner fills: kept sources and rungs, and files on their way by their stated length."""
    coming = select(func.sum(Upload.length_bytes)).where(
        Upload.owner_id == owner_id, Upload.state.in_(OPEN | WORKING)
    )
    kept = (
        select(func.sum(Revision.stored_bytes))
        .join(Asset, Asset.id == Revision.asset_id)
        .where(Revision.owner_id == owner_id, Revision.state != "dropped", Asset.state != "deleted")
    )
    return int(await session.scalar(coming) or 0) + int(await session.scalar(kept) or 0)


async def late(session: Session, now: datetime, limit: int = 200) -> list[UUID]:
    """Uploads that rested for too long."""
    chosen = select(Upload.id).where(Upload.state.in_(OPEN), Upload.expires_at <= now).limit(limit)
    return list(await session.scalars(chosen))


async def unattended(session: Session, before: datetime) -> list[Upload]:
    """Received files whose scan or probe has not moved for a while."""
    chosen = select(Upload).where(Upload.state.in_(WORKING), Upload.changed_at < before)
    return list(await session.scalars(chosen))


async def running(session: Session, now: datetime, limit: int = 100) -> list[Upload]:
    """For operators: what is being received or looked at, newest first."""
    chosen = (
        select(Upload)
        .where(Upload.state.in_(OPEN | WORKING), Upload.expires_at > now)
        .order_by(Upload.id.desc())
        .limit(limit)
    )
    return list(await session.scalars(chosen))


async def moved(
    session: Session, upload_id: UUID, offset_bytes: int, now: datetime, expires_at: datetime
) -> bool:
    """Bytes were kept. False where the upload has ended meanwhile."""
    changed = (
        update(Upload)
        .where(Upload.id == upload_id, Upload.state.in_(OPEN))
        .values(
            offset_bytes=offset_bytes,
            state=UploadState.RECEIVING,
            expires_at=expires_at,
            changed_at=now,
        )
        .returning(Upload.id)
    )
    return await session.scalar(changed) is not None


async def known(session: Session, upload_ids: Sequence[UUID]) -> set[UUID]:
    """Those whose bytes somebody wants: what is left over belongs to nobody."""
    unwanted = (UploadState.REJECTED, UploadState.EXPIRED)
    chosen = select(Upload.id).where(Upload.id.in_(upload_ids), Upload.state.not_in(unwanted))
    return set(await session.scalars(chosen))
