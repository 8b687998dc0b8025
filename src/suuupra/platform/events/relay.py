"""The relay: moves visible outbox rows, by id, to the end of the event log, and wakes the dispatchers.

Moving what one snapshot shows loses no late commit and inverts no key: who sees a row of a key also
sees the earlier ones, whose ids, drawn under the same row lock, are lower.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from time import monotonic
from typing import Any

import asyncpg

from suuupra.kernel.logs import logger
from suuupra.kernel.metrics import METRICS
from suuupra.kernel.problems import Unavailable
from suuupra.kernel.stores import Lease, Leases
from suuupra.platform.connections.failures import CONNECTION_LOST
from suuupra.platform.connections.pool import HOT, quietly_closed, uninterrupted
from suuupra.platform.events.marks import Marks
from suuupra.platform.lanes.statements import CHANNEL
from suuupra.platform.postgres import Database

BATCH = 1000
POLL_S = 0.05
PAUSE_S = 0.004
"""After a move: under load events gather for the next one, a single one after rest has not waited."""
LEASE_S = 15.0
RENEW_S = 5.0
PARTITION_DAYS = 3
PARTITIONS_S = 3600.0
log = logger("kernel")

LOOK = """
select (
  select array_agg(id order by id) from (
    select id from kernel.outbox where id = any($1::bigint[])
    union (select id from kernel.outbox where id > $2 order by id limit $BATCH$)
  ) seen
) as ids, pg_snapshot_xmin(now)::text::bigint as xmin
from pg_current_snapshot() now
"""

# The fence comes first: a relay whose epoch has passed deletes nothing, moves nothing.
MOVE = """
with fence as materialized (
  select position from kernel.log_head where epoch = $1 for update
), taken as (
  delete from kernel.outbox o using fence where o.id = any($2::bigint[]) returning o.*
), moved as (
  insert into kernel.event (position, event_id, source, type, key, tenant, payload, trace, at)
  select f.position + row_number() over (order by t.id),
    t.event_id, t.source, t.type, t.key, t.tenant, t.payload, t.trace, t.at
  from taken t, fence f order by t.id
  returning 1
), head as (
  update kernel.log_head set position = position + (select count(*) from taken), high = $3, gaps = $4
  where epoch = $1 and (select count(*) from taken) > 0
)
select (select count(*) from moved) as moved, (select count(*) from fence) as held,
  pg_current_xact_id()::text::bigint as xid, pg_notify($5, '')
"""
LEAD = "update kernel.log_head set epoch = $1 where epoch < $1 returning high, gaps"
# A process that was frozen while its slot got a new one stands by from then on.
REPLACED = """
select true from kernel.lease where name = 'relay' and holder = $1 and epoch > $2 and until > now()
"""
TODAY = "select (now() at time zone 'utc')::date"


class LeaseLost(RuntimeError):
    """Another relay leads now."""


class Relay:
    """One per database by its lease; any number may stand by."""

    def __init__(self, database: Database, leases: Leases, slot: str, *, lease_s: float = LEASE_S) -> None:
        self.slot = slot
        self._database = database
        self._leases = leases
        self._lease_s = lease_s
        self._lease: Lease | None = None
        self._epoch: int | None = None
        self._renew_at = self._partitions_at = 0.0
        self._marks = Marks()
        self._is_full_scan = True
        self._connection: Any = None
        self._poked = asyncio.Event()

    def poke(self) -> None:
        """Somebody committed: look now."""
        self._poked.set()

    async def run(self) -> None:
        """Until cancelled. A lost connection or lease is tried for again."""
        try:
            while True:
                try:
                    async with quietly_closed(await self._database.connect(**HOT)) as self._connection:
                        await self._loop()
                except (*CONNECTION_LOST, Unavailable, asyncpg.PostgresError, LeaseLost) as error:
                    log.warning("relay.interrupted", reason=type(error).__name__)
                    self._lease = None
                    await asyncio.sleep(POLL_S * 4)
        finally:
            self._connection = None
            if self._lease is not None:
                with suppress(*CONNECTION_LOST, Unavailable, asyncpg.PostgresError):
                    await uninterrupted(self._leases.release(self._lease))

    async def step(self) -> int:
        """Move all that is visible now; how many events that were (0 also while another relay leads)."""
        async with self._driver() as driver:
            if not await self._leads(driver):
                return 0
            total = 0
            if monotonic() >= self._partitions_at:
                self._partitions_at = monotonic() + PARTITIONS_S
                await self._make_partitions(driver)
            while True:
                moved = await self._turn(driver)
                total += moved
                if moved < BATCH:
                    return total

    async def _loop(self) -> None:
        while True:
            self._poked.clear()
            if await self.step():
                await asyncio.sleep(PAUSE_S)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S if self._lease else self._lease_s / 10):
                    await self._poked.wait()

    async def _turn(self, driver: Any) -> int:
        """One look, and a move of what it saw."""
        marks = self._marks
        known = (marks.high, sorted(marks.gaps))
        from_id = 0 if self._is_full_scan else marks.high
        row = await driver.fetchrow(LOOK.replace("$BATCH$", str(BATCH)), known[1], from_id)
        ids: list[int] = row["ids"] or []
        mover = await self._move(driver, ids, known) if ids else None
        marks.saw(ids, row["xmin"], mover, monotonic())
        self._is_full_scan = self._is_full_scan and len(ids) >= BATCH
        return len(ids)

    async def _move(self, driver: Any, ids: list[int], known: tuple[int, list[int]]) -> int:
        """The xid of the transaction that moved them."""
        lease = self._lease
        if lease is None:
            raise LeaseLost
        await self._database.faults.at("relay.before_move")
        row = await driver.fetchrow(MOVE, lease.epoch, ids, *known, CHANNEL)
        await self._database.faults.at("relay.after_move")
        if not row["held"] or row["moved"] != len(ids):
            self._lease = None
            raise LeaseLost(f"{row['moved']} of {len(ids)} events moved under epoch {lease.epoch}")
        METRICS.count("events_moved", len(ids))
        return int(row["xid"])

    async def _leads(self, driver: Any) -> bool:
        now = monotonic()
        if self._lease is not None and now < self._renew_at:
            return True
        if self._lease is not None and await self._leases.renew(self._lease, self._lease_s):
            self._renew_at = now + min(RENEW_S, self._lease_s / 3)
            return True
        if await driver.fetchval(REPLACED, self.slot, self._epoch):
            return False
        self._lease = await self._leases.take("relay", self._lease_s)
        if self._lease is None:
            return False
        self._epoch = self._lease.epoch
        self._renew_at = now + min(RENEW_S, self._lease_s / 3)
        left = await driver.fetchrow(LEAD, self._lease.epoch)
        if left is None:
            self._lease = None
            return False
        self._marks = Marks.restored(left["high"], left["gaps"])
        self._is_full_scan = True
        log.info("relay.leads", slot=self.slot, epoch=self._lease.epoch)
        return True

    async def _make_partitions(self, driver: Any) -> None:
        """Today's and the next days'; a day that cannot be made now falls into the default partition."""
        today = await driver.fetchval(TODAY)
        for day in (today + timedelta(days=ahead) for ahead in range(PARTITION_DAYS)):
            name = f"kernel.event_{day:%Y%m%d}"
            if await driver.fetchval("select to_regclass($1)", name) is not None:
                continue
            try:
                await driver.execute(
                    f"create table {name} partition of kernel.event"
                    f" for values from ('{day} 00:00+00') to ('{day + timedelta(days=1)} 00:00+00')"
                )
            except asyncpg.PostgresError as error:
                log.warning("relay.partition_not_made", day=str(day), reason=type(error).__name__)

    @asynccontextmanager
    async def _driver(self) -> AsyncIterator[Any]:
        if self._connection is not None:
            yield self._connection
            return
        async with self._database.pool.driver() as driver:
            yield driver
