"""Turns schedules into jobs: one row a due slot, so that N schedulers make one run."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from suuupra.kernel.auth import service_principal
from suuupra.kernel.call import Call, calling
from suuupra.kernel.jobs import Schedule
from suuupra.kernel.work import Work
from suuupra.platform.connections.pool import Pool
from suuupra.platform.postgres.work import PostgresWork
from suuupra.platform.schedules.cron import slots

LAST_SLOTS = "select schedule, max(due_at) as due_at from kernel.schedule_slot group by schedule"
ADD_SLOTS = """
insert into kernel.schedule_slot (schedule, due_at) select $1, unnest($2::timestamptz[])
on conflict do nothing returning due_at
"""
HORIZONS = tuple(timedelta(days=days) for days in (1, 8, 40, 400, 4000))


def name_of(schedule: Schedule) -> str:
    """The job's name; a digest tells two schedules of one job apart by their arguments."""
    arguments = schedule.job.to_wire()
    return schedule.job.job_name + ("" if arguments == b"{}" else f":{schedule.job.digest().hex()[:8]}")


def next_after(schedule: Schedule, moment: datetime) -> datetime | None:
    """The first slot after a moment; None if none comes in ten years."""
    for horizon in HORIZONS:
        if found := slots(schedule, moment, moment + horizon):
            return found[0]
    return None


class Scheduler:
    """Looks at the clock for the schedules of some services."""

    def __init__(
        self, pool: Pool, schedules: Mapping[str, Sequence[Schedule]], works: Mapping[str, Work]
    ) -> None:
        self._pool = pool
        self._all = [
            (name_of(schedule), schedule, cast("PostgresWork", works[service]))
            for service, several in schedules.items()
            for schedule in several
        ]
        self._last: dict[str, datetime] = {}
        self._next: dict[str, datetime | None] = {}

    async def tick(self) -> int:
        """Enqueue what is due; how many jobs that were."""
        if self._all and not self._last:
            await self._begin()
        made = 0
        for name, schedule, work in self._all:
            due = self._next[name]
            now = work.clock.now()
            if due is not None and due <= now:
                made += await self._fire(name, schedule, work, slots(schedule, self._last[name], now))
        return made

    async def _begin(self) -> None:
        """Go on from the slots that were run; a schedule seen for the first time begins now."""
        async with self._pool.driver() as driver:
            known = {row["schedule"]: row["due_at"] for row in await driver.fetch(LAST_SLOTS)}
            for name, schedule, work in self._all:
                now = work.clock.now()
                if name not in known:
                    await driver.fetch(ADD_SLOTS, name, [now])
                self._last[name] = known.get(name, now)
                self._next[name] = next_after(schedule, self._last[name])

    async def _fire(self, name: str, schedule: Schedule, work: PostgresWork, missed: list[datetime]) -> int:
        due = missed if schedule.misfire == "all" else missed[-1:]
        won: list[datetime] = []

        async def take(driver: Any) -> None:
            won.extend(row["due_at"] for row in await driver.fetch(ADD_SLOTS, name, due))

        with calling(Call(principal=service_principal(work.service))):
            async with work.opened(before=take) as unit:
                for slot in sorted(won):
                    unit.enqueue(schedule.job, unique=f"{name}@{slot}" if schedule.misfire == "all" else name)
        self._last[name] = missed[-1]
        self._next[name] = next_after(schedule, missed[-1])
        return len(won)
