"""Rows of the pieces that an encoding consists of."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update

from suuupra.kernel.session import Session
from suuupra.services.vod.rules.encoding import CANCELLED, DONE, FAILED, RUNNING, WAITING, Stage
from suuupra.services.vod.tables import Asset, Revision, Step

OPEN = (WAITING, RUNNING)
MAKING = ("preparing", "playable")


async def one(
    session: Session, asset_id: UUID, number: int, name: str, chunk: int, *, lock: bool = False
) -> Step | None:
    """One step by its place."""
    chosen = select(Step).where(
        Step.asset_id == asset_id, Step.revision == number, Step.name == name, Step.chunk == chunk
    )
    return await session.scalar(chosen.with_for_update() if lock else chosen)


async def of_revision(session: Session, asset_id: UUID, number: int) -> list[Step]:
    """In the order in which they were planned."""
    chosen = select(Step).where(Step.asset_id == asset_id, Step.revision == number).order_by(Step.id)
    return list(await session.scalars(chosen))


async def stages(session: Session, asset_id: UUID, number: int) -> list[Stage]:
    """What rules need to know of them."""
    chosen = select(Step.name, Step.state, Step.frames_done, Step.frames_total).where(
        Step.asset_id == asset_id, Step.revision == number
    )
    return [Stage(*row) for row in (await session.execute(chosen)).all()]


async def stages_of(session: Session, places: Sequence[tuple[UUID, int]]) -> dict[UUID, list[Stage]]:
    """The same for the newest revisions of many assets."""
    wanted = dict(places)
    chosen = select(
        Step.asset_id, Step.revision, Step.name, Step.state, Step.frames_done, Step.frames_total
    ).where(Step.asset_id.in_(wanted))
    found: dict[UUID, list[Stage]] = {asset_id: [] for asset_id in wanted}
    for asset_id, number, name, state, done, total in (await session.execute(chosen)).all():
        if wanted[asset_id] == number:
            found[asset_id].append(Stage(name, state, done, total))
    return found


async def progressed(session: Session, step_id: UUID, frames_done: int, now: datetime) -> None:
    """Frames only rise, also when a step begins again."""
    await session.execute(
        update(Step)
        .where(Step.id == step_id, Step.state == RUNNING)
        .values(frames_done=func.greatest(Step.frames_done, frames_done), changed_at=now)
    )


async def close_open(session: Session, asset_id: UUID, number: int, state: str, now: datetime) -> None:
    """End all steps that have not ended."""
    await session.execute(
        update(Step)
        .where(Step.asset_id == asset_id, Step.revision == number, Step.state.in_(OPEN))
        .values(state=state, changed_at=now)
    )


async def reopen(session: Session, asset_id: UUID, number: int, now: datetime) -> int:
    """Failed and cancelled steps wait again; how many."""
    changed = (
        update(Step)
        .where(Step.asset_id == asset_id, Step.revision == number, Step.state.in_((FAILED, CANCELLED)))
        .values(state=WAITING, tries=0, error="", changed_at=now)
        .returning(Step.id)
    )
    return len(list(await session.scalars(changed)))


async def open_of_making(session: Session) -> list[Step]:
    """Steps that wait or run, of revisions that are being made, in their order."""
    chosen = (
        select(Step)
        .join(Revision, (Revision.asset_id == Step.asset_id) & (Revision.number == Step.revision))
        .where(Step.state.in_(OPEN), Revision.state.in_(MAKING))
        .order_by(Step.id)
    )
    return list(await session.scalars(chosen))


async def queue(session: Session, limit: int = 100) -> list[tuple[Step, str]]:
    """For operators: running and failed steps first, with the name of the asset."""
    chosen = (
        select(Step, Asset.name)
        .join(Asset, Asset.id == Step.asset_id)
        .where(Step.state.in_((RUNNING, FAILED, WAITING)), Asset.state != "deleted")
        .order_by((Step.state == RUNNING).desc(), (Step.state == FAILED).desc(), Step.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in (await session.execute(chosen)).all()]


async def waiting_frames(session: Session) -> dict[str, int]:
    """Frames that are still to be encoded, by owner."""
    left = func.sum(func.greatest(Step.frames_total - Step.frames_done, 0))
    chosen = (
        select(Step.owner_id, left)
        .join(Revision, (Revision.asset_id == Step.asset_id) & (Revision.number == Step.revision))
        .where(Step.state.in_(OPEN), Revision.state.in_(MAKING))
        .group_by(Step.owner_id)
    )
    return {str(owner): int(frames) for owner, frames in (await session.execute(chosen)).all()}


async def waiting_count(session: Session) -> int:
    """Steps that nobody works on yet."""
    return int(await session.scalar(select(func.count()).where(Step.state == WAITING)) or 0)


async def frames_per_s(session: Session, last: int = 40) -> float:
    """Measured over the last encoded chunks; 0 before the first."""
    recent = (
        select(Step.frames_total.label("frames"), Step.seconds.label("seconds"))
        .where(Step.state == DONE, Step.frames_total > 0, Step.seconds > 0)
        .order_by(Step.changed_at.desc())
        .limit(last)
        .subquery()
    )
    row = (await session.execute(select(func.sum(recent.c.frames), func.sum(recent.c.seconds)))).one()
    return float(row[0]) / float(row[1]) if row[0] and row[1] else 0.0
