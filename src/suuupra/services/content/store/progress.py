"""Where learners stand, and what their devices said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, TableValuedAlias, Uuid, and_, cast, column, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert

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
    pair = _pairs([one for one, _ in wanted], [other for _, other in wanted], Uuid)
    found = await session.scalars(
        select(Progress).join(
            pair, and_(Progress.enrolment_id == pair.c.first, Progress.node_id == pair.c.second)
        )
    )
    return {(row.enrolment_id, row.node_id): row for row in found}


def _pairs(
    first: list[UUID], second: Sequence[object], kind: type[Uuid[Any]] | type[BigInteger]
) -> TableValuedAlias:
    """Two arrays as a table of pairs: one statement to plan, however many there are."""
    arrays = (cast(first, ARRAY(Uuid)), cast(list(second), ARRAY(kind)))
    return func.unnest(*arrays).table_valued(column("first", Uuid), column("second", kind)).render_derived()


async def done_nodes(session: Session, enrolment_id: UUID) -> frozenset[UUID]:
    statement = select(Progress.node_id).where(
        Progress.enrolment_id == enrolment_id, Progress.done_at.is_not(None)
    )
    return frozenset(await session.scalars(statement))


async def save(session: Session, changed: Sequence[Mapping[str, Any]]) -> None:
    """Write whole rows, many at once."""
    if not changed:
        return
    statement = insert(Progress)
    whole = [
        {**row, "watched": multirange(row["watched"]), "uncredited": multirange(row["uncredited"])}
        for row in changed
    ]
    kept = {"enrolment_id", "node_id", "opened_at"}
    updates = {name: statement.excluded[name] for name in changed[0] if name not in kept}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["enrolment_id", "node_id"], set_=updates), whole
    )


async def known_operations(
    session: Session, learner_id: UUID, marks: Iterable[tuple[UUID, int]]
) -> frozenset[tuple[UUID, int]]:
    """Which of these acts came before."""
    wanted = list(marks)
    pair = _pairs([device for device, _ in wanted], [seq for _, seq in wanted], BigInteger)
    same = and_(ProgressOperation.device_id == pair.c.first, ProgressOperation.device_seq == pair.c.second)
    found = await session.execute(
        select(ProgressOperation.device_id, ProgressOperation.device_seq)
        .join(pair, same)
        .where(ProgressOperation.learner_id == learner_id)
    )
    return frozenset((row.device_id, row.device_seq) for row in found)


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
        await session.execute(insert(ProgressOperation).on_conflict_do_nothing(), list(acts))


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
