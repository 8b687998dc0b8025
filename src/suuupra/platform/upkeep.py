"""What the kernel's own tables forget, each hour: what is done and old, in small bites."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from suuupra.kernel.clock import Clock, SystemClock
from suuupra.kernel.ids import TimeIds, uuid7
from suuupra.kernel.jobs import Job, JobTable, Schedule
from suuupra.kernel.logs import logger
from suuupra.kernel.stores import ObjectStore
from suuupra.kernel.work import Work
from suuupra.platform.events.archive import Archive
from suuupra.platform.postgres import Database
from suuupra.platform.postgres.work import PostgresWork

EVENTS_KEPT = timedelta(days=14)
BITE = 5000
log = logger("kernel")

NOT_THE_NEWEST = "due_at < (select max(due_at) from kernel.schedule_slot s where s.schedule = t.schedule)"
# By table: how long, and which rows. Ids are UUIDv7: their order is their age.
OLD_ROWS: Mapping[str, tuple[timedelta, str]] = {
    "inbox": (timedelta(days=30), "event_id < $2 and state = 'done'"),
    "job": (timedelta(days=7), "id < $2 and state in ('done', 'cancelled')"),
    "idempotency": (timedelta(0), "expires_at < $1"),
    "metric_minute": (timedelta(days=35), "minute < $1"),
    "error_group": (timedelta(days=90), "last_at < $1"),
    "instance": (timedelta(days=1), "seen_at < $1"),
    "fair_turn": (timedelta(days=1), "served_at < $1"),
    "schedule_slot": (timedelta(days=30), f"due_at < $1 and {NOT_THE_NEWEST}"),
    "event_default": (EVENTS_KEPT, "moved_at < $1 and position <= $3"),
}
FORGET = """
delete from kernel.{table} where ctid = any(array(
  select ctid from kernel.{table} t
  where {old} and $1::timestamptz is not null and $2::uuid is not null and $3::bigint is not null
  limit 5000
))
"""
# Only what every lane has passed: a subscription that was paused must find its events. One that nobody
# has held for a month, though others were, belongs to a handler that is gone.
PASSED = """
select coalesce(min(position), 9223372036854775807) from kernel.lane
where until > (select max(until) from kernel.lane) - interval '30 days'
"""
DAYS = """
select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'kernel.event'::regclass and c.relname <> 'event_default'
"""
STRAYS = "select max(position) from kernel.event_default where moved_at < $1 and position <= $2"
LAST_OF = "select coalesce(max(position), 0) from kernel.{table}"


class Sweep(Job, name="kernel.sweep"):
    """Forget what is old. At least once: what is gone stays gone."""


Estate = tuple[Mapping[str, JobTable], Mapping[str, Work], Mapping[str, Sequence[Schedule]]]


class Upkeep:
    """The kernel's own jobs."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._archive: Archive | None = None
        self.table: JobTable = {Sweep: self.sweep}
        self.schedules = (Schedule(Sweep(), every_s=3600),)

    def archive_in(self, objects: ObjectStore) -> None:
        """From now on events are kept there before they are forgotten here."""
        self._archive = Archive(objects)

    def beside(
        self,
        job_tables: Mapping[str, JobTable],
        works: Mapping[str, Work],
        schedules: Mapping[str, Sequence[Schedule]],
    ) -> Estate:
        """What services have, and this housekeeping, by the same clock."""
        work = self._database.work("kernel", clock=self._clock, ids=TimeIds())
        return (
            {**job_tables, "kernel": self.table},
            {**works, "kernel": cast("Work", work)},
            {**schedules, "kernel": self.schedules},
        )

    async def sweep(self, _job: Sweep) -> None:
        now = self._clock.now()
        async with self._database.pool.driver() as driver:
            passed = await driver.fetchval(PASSED)
            dropped = await self._drop_days(driver, now - EVENTS_KEPT, passed)
            await self._keep_strays(driver, now - EVENTS_KEPT, passed)
            for table, (kept, old) in OLD_ROWS.items():
                await self._forget(driver, table, old, now - kept, passed)
        log.info("upkeep.done", days_dropped=dropped)

    @staticmethod
    async def _forget(driver: Any, table: str, old: str, before: datetime, passed: int) -> None:
        statement = FORGET.format(table=table, old=old)
        eldest = uuid7(int(before.timestamp() * 1000), 0, 0)
        while await driver.execute(statement, before, eldest, passed) == f"DELETE {BITE}":
            pass

    async def _drop_days(self, driver: Any, before: datetime, passed: int) -> int:
        dropped = 0
        for row in await driver.fetch(DAYS):
            day = row["relname"].removeprefix("event_")
            if day >= f"{before:%Y%m%d}":
                continue
            last = await driver.fetchval(LAST_OF.format(table=row["relname"]))
            if last <= passed:
                if last and self._archive is not None:
                    await self._archive.keep(driver, row["relname"], day)
                await driver.execute(f"drop table kernel.{row['relname']}")
                dropped += 1
        return dropped

    async def _keep_strays(self, driver: Any, before: datetime, passed: int) -> None:
        """Events of a day that got no partition of its own."""
        old = "moved_at < $1 and position <= $2"
        if self._archive is None:
            return
        last = await driver.fetchval(STRAYS, before, passed)
        if last is not None:
            await self._archive.keep(driver, "event_default", f"strays-{last}", old, before, passed)


def clock_of(works: Mapping[str, Work]) -> Clock:
    """The clock that these services go by."""
    clocks = [cast("PostgresWork", work).clock for work in works.values()]
    return clocks[0] if clocks else SystemClock()
