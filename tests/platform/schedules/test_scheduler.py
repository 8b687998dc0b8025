"""Slots become jobs: each once, however many schedulers look; after an outage as the schedule says."""

import asyncio

import pytest

from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.jobs import Schedule
from suuupra.platform.schedules.scheduler import Scheduler, name_of, next_after
from tests.covers import covers
from tests.platform.ground import NOON, Do, Ground


def scheduler(ground: Ground, *schedules: Schedule) -> Scheduler:
    return Scheduler(ground.database.pool, {"sample": schedules}, {"sample": ground.work()})


def advance(ground: Ground, seconds: float) -> None:
    assert isinstance(ground.clock, FrozenClock)
    ground.clock.advance(seconds)


HOURLY = Schedule(Do(n=1), every_s=3600)
ALL = Schedule(Do(n=2), every_s=3600, misfire="all")


@covers("PLT-3")
class TestScheduler:
    async def test_one_seen_for_the_first_time_begins_now(self, still: Ground) -> None:
        made = scheduler(still, HOURLY)
        assert await made.tick() == 0
        advance(still, 3600)
        assert await made.tick() == 1
        assert await made.tick() == 0

    async def test_after_an_outage_the_latest_missed_run_or_all_of_them(self, still: Ground) -> None:
        await scheduler(still, HOURLY, ALL).tick()
        advance(still, 5 * 3600 + 60)
        assert await scheduler(still, HOURLY, ALL).tick() == 1 + 5

    async def test_many_schedulers_make_one_run(self, still: Ground) -> None:
        many = [scheduler(still, HOURLY, ALL) for _ in range(5)]
        for one in many:
            await one.tick()
        advance(still, 3600)
        assert sum(await asyncio.gather(*(one.tick() for one in many))) == 2
        assert await still.one("select count(*) from kernel.job") == 2

    async def test_a_run_that_still_waits_stands_for_the_next_one(self, still: Ground) -> None:
        made = scheduler(still, HOURLY)
        await made.tick()
        for _ in range(3):
            advance(still, 3600)
            await made.tick()
        assert await still.one("select count(*) from kernel.job") == 1

    async def test_two_schedules_of_one_job_are_told_apart_by_their_arguments(self, still: Ground) -> None:
        made = scheduler(still, HOURLY, Schedule(Do(n=7), every_s=3600), Schedule(Do(), every_s=3600))
        await made.tick()
        advance(still, 3600)
        assert await made.tick() == 3
        assert name_of(Schedule(Do(), every_s=1)) == "sample.do"
        assert name_of(HOURLY) != name_of(Schedule(Do(n=7), every_s=3600))

    async def test_a_worker_runs_what_is_due(self, still: Ground) -> None:
        ran: list[int] = []

        async def do(job: Do) -> None:
            ran.append(job.n)

        worker = still.worker({Do: do}, schedules=(HOURLY,))
        await worker.step()
        advance(still, 3600)
        await worker.step()
        assert ran == [1]


@covers("PLT-3")
class TestNext:
    @pytest.mark.parametrize(
        ("cron", "when"),
        [("0 13 * * *", "2026-11-21 13:00"), ("0 0 29 2 *", "2028-02-29 00:00"), ("0 0 30 2 *", "None")],
    )
    def test_the_next_slot_however_far(self, cron: str, when: str) -> None:
        assert str(next_after(Schedule(Do(), cron=cron), NOON))[:16] == when[:16]
