"""The audit trail: facts are kept with their hash, read in pages, and looked at again each hour."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from suuupra.kernel.audit import Audited
from suuupra.kernel.clock import Clock
from suuupra.kernel.jobs import Job, current_job
from suuupra.kernel.logs import logger
from suuupra.kernel.pagination import Cursors, Page
from suuupra.kernel.problems import Invalid
from suuupra.kernel.work import Unit, Work
from suuupra.services.admin import store
from suuupra.services.admin.api import AuditEntry, AuditQuery
from suuupra.services.admin.rules.leaves import Leaf, leaf_hash, storable, text
from suuupra.services.admin.service.ground import READS_AUDIT, staff
from suuupra.services.admin.store import AuditRow

CHECK_BATCH = 1_000
LOOKED_BACK = timedelta(hours=2)
NAMED_MAX = 20
log = logger("admin")


class CheckAudit(Job, name="admin.check_audit", kind="bulk", tries_max=1):
    """Compare stored entries with their hashes: those of the last two hours, or all. At least once."""

    whole: bool = False


class AuditAltered(RuntimeError):
    """Entries whose facts are not those that were hashed: somebody wrote past this service."""


class Trail:
    """Implements `AuditTrail`, and the check of the hashes."""

    def __init__(self, work: Work, clock: Clock, cursors: Cursors) -> None:
        self._work = work
        self._clock = clock
        self._cursors = cursors

    async def entries(self, query: AuditQuery) -> Page[AuditEntry]:
        staff(READS_AUDIT)
        purpose = f"admin.audit:{query.model_copy(update={'cursor': None, 'limit': 1}).digest().hex()}"
        position = self._cursors.read(purpose, query.cursor)
        before = None if position is None else (datetime.fromisoformat(position[0]), UUID(position[1]))
        if query.since_at and query.until_at and query.since_at >= query.until_at:
            raise Invalid.at("/until_at", "Choose an end that lies after the beginning.")
        async with self._work.read() as session:
            rows = await store.page(session, query, before, query.limit + 1)
        shown = rows[: query.limit]
        last = shown[-1] if len(rows) > query.limit else None
        return Page(
            items=tuple(map(_entry, shown)),
            next=self._cursors.write(purpose, (last.at.isoformat(), last.event_id)) if last else None,
        )

    async def check(self, job: CheckAudit) -> None:
        """Fails, and so stays visible among the dead jobs, where an entry was altered."""
        since = None if job.whole else self._clock.now() - LOOKED_BACK
        altered: list[UUID] = []
        place: store.Place | None = None
        seen, rows = 0, await self._batch(place, since)
        while rows:
            altered += await asyncio.to_thread(altered_of, rows)
            place, seen = (rows[-1].at, rows[-1].event_id), seen + len(rows)
            if (run := current_job()) is not None:
                await run.progress(seen, 0, f"{seen} entries")
            rows = await self._batch(place, since)
        log.info("audit.checked", entries=seen, altered=len(altered), whole=job.whole)
        if altered:
            named = ", ".join(map(str, altered[:NAMED_MAX]))
            raise AuditAltered(f"{len(altered)} of {seen} entries were altered: {named}")

    async def _batch(self, place: store.Place | None, since: datetime | None) -> Sequence[AuditRow]:
        async with self._work.read() as session:
            return await store.batch(session, place, since, CHECK_BATCH)


async def keep(unit: Unit, event: Audited) -> None:
    """A step: store a fact with the hash of its leaf."""
    leaf = Leaf(
        id=unit.new_id(),
        at=unit.now,
        source=text(event.source),
        actor=text(event.actor),
        action=text(event.action),
        target=text(event.target),
        acting_for=event.acting_for,
        before=storable(event.before),
        after=storable(event.after),
        reason=text(event.reason),
        trace_id=text(event.trace),
    )
    unit.session.add(
        AuditRow(
            event_id=leaf.id,
            at=leaf.at,
            source=leaf.source,
            actor=leaf.actor,
            action=leaf.action,
            target=leaf.target,
            acting_for=leaf.acting_for,
            before=dict(leaf.before),
            after=dict(leaf.after),
            reason=leaf.reason,
            trace_id=leaf.trace_id,
            leaf_hash=leaf_hash(leaf),
        )
    )


def altered_of(rows: Sequence[AuditRow]) -> list[UUID]:
    """Those whose hash does not hold. Plain arithmetic: for a thread beside the loop."""
    return [row.event_id for row in rows if not is_intact(row)]


def is_intact(row: AuditRow) -> bool:
    """Whether the stored hash is that of the stored facts; facts without a canonical form are not."""
    try:
        return leaf_hash(store.leaf_of(row)) == row.leaf_hash
    except ValueError:
        return False


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
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
        leaf_hash=row.leaf_hash.hex(),
        is_intact=is_intact(row),
    )
