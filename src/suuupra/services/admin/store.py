"""Every query of admin."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_

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
    if query.about is None:
        return await _some(session, query, before, count, ())
    own = AuditRow.actor == str(query.about)
    done_to = AuditRow.target == f"account:{query.about}"
    rows = {
        row.event_id: row
        for where in (own, done_to)
        for row in await _some(session, query, before, count, (where,))
    }
    return sorted(rows.values(), key=lambda row: (row.at, row.event_id), reverse=True)[:count]


async def _some(
    session: Session,
    query: AuditQuery,
    before: Place | None,
    count: int,
    where: tuple[ColumnElement[bool], ...],
) -> Sequence[AuditRow]:
    found = select(AuditRow).where(*where)
    for name, column in EXACT.items():
        if wanted := getattr(query, name):
            found = found.where(column == wanted)
    if query.since_at is not None:
        found = found.where(AuditRow.at >= query.since_at)
    if query.until_at is not None:
        found = found.where(AuditRow.at < query.until_at)
    place = tuple_(AuditRow.at, AuditRow.event_id)
    if before is not None:
        found = found.where(place < before)
    newest = found.order_by(AuditRow.at.desc(), AuditRow.event_id.desc()).limit(count)
    return (await session.scalars(newest)).all()


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
