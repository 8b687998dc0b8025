"""Every query of admin."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, tuple_

from suuupra.kernel.session import Session
from suuupra.services.admin.api import AuditQuery
from suuupra.services.admin.rules.leaves import Leaf
from suuupra.services.admin.tables import AuditRow

__all__ = ["AuditRow"]

Place = tuple[datetime, UUID]
EXACT = {
    "actor": AuditRow.actor,
    "action": AuditRow.action,
    "target": AuditRow.target,
    "source": AuditRow.source,
}


def leaf_of(row: AuditRow) -> Leaf:
    """What the hash of a stored row covers."""
    return Leaf(
        id=row.event_id,
        at=row.at,
        source=row.source,
        actor=row.actor,
        action=row.action,
        target=row.target,
        acting_for=row.acting_for,
        before=row.before,
        after=row.after,
        reason=row.reason,
        trace_id=row.trace_id,
    )


async def page(session: Session, query: AuditQuery, before: Place | None, count: int) -> Sequence[AuditRow]:
    """Newest first. `about` asks two indexes, each for a page, and merges."""
    rows: dict[UUID, AuditRow] = {}
    for sought in newest(query, before, count):
        rows |= {row.event_id: row for row in await session.scalars(sought)}
    return sorted(rows.values(), key=lambda row: (row.at, row.event_id), reverse=True)[:count]


def newest(query: AuditQuery, before: Place | None, count: int) -> list[Select[AuditRow]]:
    """One question an index: each walks backwards from its place and stops after a page."""
    found = select(AuditRow)
    for name, column in EXACT.items():
        if wanted := getattr(query, name):
            found = found.where(column == wanted)
    if query.since_at is not None:
        found = found.where(AuditRow.at >= query.since_at)
    if query.until_at is not None:
        found = found.where(AuditRow.at < query.until_at)
    if before is not None:
        found = found.where(tuple_(AuditRow.at, AuditRow.event_id) < before)
    found = found.order_by(AuditRow.at.desc(), AuditRow.event_id.desc()).limit(count)
    if query.about is None:
        return [found]
    sides = (AuditRow.actor == str(query.about), AuditRow.target == f"account:{query.about}")
    return [found.where(side) for side in sides]


async def batch(
    session: Session, after: Place | None, since: datetime | None, count: int
) -> Sequence[AuditRow]:
    """In order of time, for a check of their hashes."""
    found = select(AuditRow)
    if since is not None:
        found = found.where(AuditRow.at >= since)
    if after is not None:
        found = found.where(tuple_(AuditRow.at, AuditRow.event_id) > after)
    return (await session.scalars(found.order_by(AuditRow.at, AuditRow.event_id).limit(count))).all()
