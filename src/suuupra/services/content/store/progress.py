"""Where learners stand, and what their devices said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from suuupra.kernel.session import Session
from suuupra.services.content.rules.watched import Multirange
from suuupra.services.content.tables import MediaLink, Progress, ProgressOperation, multirange, pairs

Key = tuple[UUID, UUID]


@dataclass(frozen=True)
class Stood:
    """One lesson of one learner, for drawing."""

    node_id: UUID
    watched: Multirange
    position_ms: int
    done_at: datetime | None
    duration_ms: int


async def of_enrolment(session: Session, enrolment_id: UUID) -> list[Stood]:
    """All lessons of one enrolment, in one query."""
    return (await of_enrolments(session, [enrolment_id])).get(enrolment_id, [])


async def of_enrolments(session: Session, enrolment_ids: Iterable[UUID]) -> dict[UUID, list[Stood]]:
    """All lessons of some enrolments."""
    rows = await session.execute(
        select(
            Progress.enrolment_id,
            Progress.node_id,
            Progress.watched,
            Progress.position_ms,
            Progress.done_at,
            func.coalesce(MediaLink.duration_ms, 0),
        )
        .outerjoin(MediaLink, MediaLink.node_id == Progress.node_id)
        .where(Progress.enrolment_id.in_(list(enrolment_ids)))
    )
    found: dict[UUID, list[Stood]] = {}
    for enrolment_id, node_id, watched, position_ms, done_at, duration_ms in rows:
        stood = Stood(node_id, pairs(watched), position_ms, done_at, duration_ms)
        found.setdefault(enrolment_id, []).append(stood)
    return found


async def rows(session: Session, keys: Iterable[Key]) -> dict[Key, Progress]:
    """By enrolment and lesson; the enrolment's row is what is held."""
    wanted = list(keys)
    if not wanted:
        return {}
    place = tuple_(Progress.enrolment_id, Progress.node_id)
    found = await session.scalars(select(Progress).where(place.in_(wanted)))
    return {(row.enrolment_id, row.node_id): row for row in found}


async def done_nodes(session: Session, enrolment_id: UUID) -> frozenset[UUID]:
    statement = select(Progress.node_id).where(
        Progress.enrolment_id == enrolment_id, Progress.done_at.is_not(None)
    )
    return frozenset(await session.scalars(statement))


async def save(session: Session, changed: Sequence[Mapping[str, Any]]) -> None:
    """Write whole rows, many at once."""
    if not changed:
        return
    statement = insert(Progress).values(
        [
            {**row, "watched": multirange(row["watched"]), "uncredited": multirange(row["uncredited"])}
            for row in changed
        ]
    )
    kept = {"enrolment_id", "node_id", "opened_at"}
    updates = {name: statement.excluded[name] for name in changed[0] if name not in kept}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["enrolment_id", "node_id"], set_=updates)
    )


async def known_operations(
    session: Session, learner_id: UUID, marks: Iterable[tuple[UUID, int]]
) -> dict[tuple[UUID, int], ProgressOperation]:
    """Which of these acts came before."""
    wanted = list(marks)
    place = tuple_(ProgressOperation.device_id, ProgressOperation.device_seq)
    found = await session.scalars(
        select(ProgressOperation).where(ProgressOperation.learner_id == learner_id, place.in_(wanted))
    )
    return {(row.device_id, row.device_seq): row for row in found}


async def last_received(session: Session, learner_id: UUID, devices: Iterable[UUID]) -> dict[UUID, datetime]:
    """When each device was heard last."""
    rows = await session.execute(
        select(ProgressOperation.device_id, func.max(ProgressOperation.received_at))
        .where(ProgressOperation.learner_id == learner_id, ProgressOperation.device_id.in_(list(devices)))
        .group_by(ProgressOperation.device_id)
    )
    return {row[0]: row[1] for row in rows}


async def add_operations(session: Session, acts: Sequence[Mapping[str, Any]]) -> None:
    if acts:
        await session.execute(insert(ProgressOperation).values(list(acts)).on_conflict_do_nothing())


async def contiguous(session: Session, learner_id: UUID, devices: Iterable[UUID]) -> dict[UUID, int]:
    """Up to which number each device's acts are here without a gap; devices without act 1 are absent."""
    numbered = (
        select(
            ProgressOperation.device_id,
            ProgressOperation.device_seq,
            func.row_number()
            .over(partition_by=ProgressOperation.device_id, order_by=ProgressOperation.device_seq)
            .label("place"),
        )
        .where(ProgressOperation.learner_id == learner_id, ProgressOperation.device_id.in_(list(devices)))
        .subquery()
    )
    rows = await session.execute(
        select(numbered.c.device_id, func.max(numbered.c.device_seq))
        .where(numbered.c.device_seq == numbered.c.place)
        .group_by(numbered.c.device_id)
    )
    return {row[0]: row[1] for row in rows}


async def credited(session: Session, enrolment_ids: Iterable[UUID]) -> dict[UUID, int]:
    """New time that claims of devices have brought so far, by enrolment."""
    rows = await session.execute(
        select(ProgressOperation.enrolment_id, func.sum(ProgressOperation.credited_ms))
        .where(ProgressOperation.enrolment_id.in_(list(enrolment_ids)))
        .group_by(ProgressOperation.enrolment_id)
    )
    return {row[0]: int(row[1]) for row in rows if row[0] is not None}


async def prune(session: Session, before: datetime, limit: int) -> int:
    """Forget old acts; what they changed stays."""
    keys = (ProgressOperation.learner_id, ProgressOperation.device_id, ProgressOperation.device_seq)
    old = select(*keys).where(ProgressOperation.received_at < before).limit(limit)
    done = await session.execute(
        delete(ProgressOperation)
        .where(tuple_(*keys).in_(old))
        .returning(ProgressOperation.device_seq)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())
