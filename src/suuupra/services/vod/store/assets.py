"""Rows of assets, their revisions, rungs and sound."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select

from suuupra.kernel.session import Session
from suuupra.services.vod.tables import Asset, Rendition, Revision, Track, Upload

MAKING = ("preparing", "playable")


async def one(session: Session, asset_id: UUID, *, lock: bool = False) -> Asset | None:
    """Also a deleted one."""
    return await session.get(Asset, asset_id, with_for_update=lock)


async def revision(session: Session, asset_id: UUID, number: int, *, lock: bool = False) -> Revision | None:
    """One revision."""
    return await session.get(Revision, (asset_id, number), with_for_update=lock)


async def newest_revision(session: Session, asset_id: UUID) -> Revision | None:
    """The last that was begun."""
    chosen = select(Revision).where(Revision.asset_id == asset_id).order_by(Revision.number.desc()).limit(1)
    return await session.scalar(chosen)


async def revisions_of(session: Session, asset_ids: Sequence[UUID]) -> dict[UUID, list[Revision]]:
    """All that are kept of many assets, oldest first."""
    chosen = select(Revision).where(Revision.asset_id.in_(asset_ids), Revision.state != "dropped")
    found: dict[UUID, list[Revision]] = {asset_id: [] for asset_id in asset_ids}
    for one in await session.scalars(chosen.order_by(Revision.number)):
        found[one.asset_id].append(one)
    return found


async def of_upload(session: Session, upload_id: UUID) -> Revision | None:
    """The revision that an upload became."""
    return await session.scalar(select(Revision).where(Revision.upload_id == upload_id).limit(1))


async def revisions(session: Session, asset_id: UUID) -> list[Revision]:
    """All of an asset, oldest first."""
    chosen = select(Revision).where(Revision.asset_id == asset_id).order_by(Revision.number)
    return list(await session.scalars(chosen))


async def renditions(session: Session, asset_id: UUID, number: int, *, lock: bool = False) -> list[Rendition]:
    """The rungs of a revision, tallest first."""
    chosen = (
        select(Rendition)
        .where(Rendition.asset_id == asset_id, Rendition.revision == number)
        .order_by(Rendition.height.desc())
    )
    return list(await session.scalars(chosen.with_for_update() if lock else chosen))


async def renditions_of(session: Session, asset_ids: Sequence[UUID]) -> list[Rendition]:
    """The rungs of many assets, tallest first."""
    chosen = select(Rendition).where(Rendition.asset_id.in_(asset_ids)).order_by(Rendition.height.desc())
    return list(await session.scalars(chosen))


async def sound(session: Session, asset_id: UUID, number: int) -> Track | None:
    """The sound of a revision, once it is there."""
    chosen = select(Track).where(Track.asset_id == asset_id, Track.revision == number, Track.kind == "audio")
    return await session.scalar(chosen.limit(1))


async def page(
    session: Session,
    owner_id: UUID | None,
    state: str | None,
    before: UUID | None,
    limit: int,
) -> list[Asset]:
    """Newest first; deleted ones only where they are asked for."""
    chosen = select(Asset).order_by(Asset.id.desc()).limit(limit)
    if owner_id is not None:
        chosen = chosen.where(Asset.owner_id == owner_id)
    chosen = chosen.where(Asset.state == state) if state else chosen.where(Asset.state != "deleted")
    if before is not None:
        chosen = chosen.where(Asset.id < before)
    return list(await session.scalars(chosen))


async def making(session: Session) -> list[Revision]:
    """Revisions whose encoding has not ended."""
    return list(await session.scalars(select(Revision).where(Revision.state.in_(MAKING))))


async def deleted_before(session: Session, before: datetime, limit: int = 50) -> list[Asset]:
    """Softly deleted long ago."""
    chosen = select(Asset).where(Asset.state == "deleted", Asset.deleted_at < before).limit(limit)
    return list(await session.scalars(chosen))


async def known(session: Session, asset_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these there are."""
    return set(await session.scalars(select(Asset.id).where(Asset.id.in_(asset_ids))))


async def revisions_by_state(session: Session) -> dict[str, int]:
    """For figures."""
    rows = await session.execute(select(Revision.state, func.count()).group_by(Revision.state))
    return {state: count for state, count in rows.all()}  # noqa: C416 - rows are no tuples


async def is_source_shared(session: Session, revision: Revision) -> bool:
    """Whether another revision that is kept was made of the same bytes."""
    others = select(Revision.number).where(
        Revision.source_key == revision.source_key,
        Revision.state != "dropped",
        (Revision.asset_id != revision.asset_id) | (Revision.number != revision.number),
    )
    return await session.scalar(others.limit(1)) is not None


async def purge(session: Session, asset_id: UUID) -> None:
    """Every row of an asset; what was watched of it stays."""
    await session.execute(delete(Upload).where(Upload.asset_id == asset_id))
    await session.execute(delete(Asset).where(Asset.id == asset_id))
