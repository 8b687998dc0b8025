"""Jobs run once where their unit ends them, at least once where it does not, and never silently vanish."""

import asyncio
from typing import Any

import pytest

from suuupra.kernel.call import Call, calling, current_call
from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.jobs import Job, JobTable, current_job
from suuupra.platform.postgres.unit import JobLost
from tests.covers import covers
from tests.platform.ground import Do, Ground, effect, eventually, going


class Encode(Job, name="sample.encode", kind="encode", tries_max=2):
    n: int = 0


async def enqueue(ground: Ground, *jobs: Job, **options: Any) -> None:
    async with ground.work().begin() as unit:
        for job in jobs:
            unit.enqueue(job, **options)


def later(ground: Ground, seconds: float = 1300.0) -> None:
    assert isinstance(ground.clock, FrozenClock)
    ground.clock.advance(seconds)


class UseCases:
    """`do` ends its job in its own unit; `encode` leaves that to the worker."""

    def __init__(self, ground: Ground, *broken: int) -> None:
        self.ground = ground
        self.broken = set(broken)
        self.ran: list[int] = []

    async def do(self, job: Do) -> None:
        async with self.ground.work().begin() as unit:
            self.ran.append(job.n)
            await effect(unit, job.n)
            unit.finish()
            if job.n in self.broken:
                raise ValueError(f"number {job.n}")

    async def encode(self, job: Encode) -> None:
        self.ran.append(job.n)
        if job.n in self.broken:
            raise ValueError(f"number {job.n}")

    @property
    def table(self) -> JobTable:
        return {Do: self.do, Encode: self.encode}


@covers("PLT-3", "PLT-17")
class TestRun:
    async def test_jobs_run_and_are_marked_in_their_own_unit(self, ground: Ground) -> None:
        cases = UseCases(ground)
        await enqueue(ground, *(Do(n=n) for n in range(25)))
        assert await ground.worker(cases.table).step() == 25
        assert sorted(cases.ran) == list(range(25))
        assert await ground.counts("job") == {"done": 25}
        assert await ground.one("select count(*) from sample.effect") == 25

    async def test_a_job_that_nobody_ends_is_marked_by_the_worker(self, ground: Ground) -> None:
        await enqueue(ground, Encode(), Encode())
        assert await ground.worker(UseCases(ground).table).step() == 2
        assert await ground.counts("job") == {"done": 2}

    async def test_in_order_of_priority_and_due_time(self, still: Ground) -> None:
        cases = UseCases(still)
        await enqueue(still, Encode(n=3), priority=5)
        await enqueue(still, Encode(n=4), priority=5)
        await enqueue(still, Encode(n=1), priority=-1)
        await enqueue(still, Encode(n=2))
        await still.worker(cases.table).step()
        assert cases.ran == [1, 2, 3, 4]

    async def test_not_before_its_time(self, still: Ground) -> None:
        cases = UseCases(still)
        await enqueue(still, Do(n=1), at=still.clock.now().replace(hour=13))
        await still.worker(cases.table).step()
        assert cases.ran == []
        later(still, 3600)
        await still.worker(cases.table).step()
        assert cases.ran == [1]

    async def test_it_runs_as_its_service_under_the_trace_of_who_enqueued_it(self, ground: Ground) -> None:
        seen: list[Any] = []

        async def do(job: Do) -> None:
            call = current_call()
            seen.append((call.principal.service, call.trace, call.operation))

        with calling(Call(trace="c" * 32)):
            await enqueue(ground, Do())
        await ground.worker({Do: do}).step()
        assert seen == [("sample", "c" * 32, "sample.do")]

    async def test_outside_a_worker_finish_does_nothing(self, ground: Ground) -> None:
        await UseCases(ground).do(Do(n=1))
        assert await ground.one("select count(*) from sample.effect") == 1


@covers("PLT-3")
class TestRetry:
    async def test_one_that_fails_leaves_nothing_and_is_tried_again_later(self, still: Ground) -> None:
        cases = UseCases(still, 1)
        worker = still.worker(cases.table)
        await enqueue(still, Do(n=1))
        assert await worker.step() == 1
        assert await worker.step() == 0
        row = (await still.rows("select * from kernel.job"))[0]
        assert (row["state"], row["attempts"]) == ("ready", 1)
        assert "ValueError: number 1" in row["last_error"]
        assert await still.one("select count(*) from sample.effect") == 0
        cases.broken.clear()
        later(still)
        await worker.step()
        assert await still.counts("job") == {"done": 1}

    async def test_after_the_tries_of_its_class_it_is_dead_and_stays_to_be_seen(self, still: Ground) -> None:
        cases = UseCases(still, 1)
        worker = still.worker(cases.table)
        await enqueue(still, Encode(n=1))
        for _ in range(5):
            await worker.step()
            later(still)
        assert cases.ran == [1, 1]
        assert await still.counts("job") == {"dead": 1}

    async def test_a_job_that_no_release_knows_is_kept_and_said(self, ground: Ground) -> None:
        await enqueue(ground, Encode())
        await ground.worker({Do: UseCases(ground).do}).step()
        row = (await ground.rows("select * from kernel.job"))[0]
        assert row["state"] == "ready"
        assert "UnknownJob" in row["last_error"]


@covers("PLT-3", "PLT-17")
class TestLease:
    async def test_a_killed_workers_job_goes_at_once_to_the_next_process_of_its_slot(
        self, ground: Ground
    ) -> None:
        await enqueue(ground, Do(n=1))
        await ground.run(
            "update kernel.job set state = 'running', worker = 'work-0', epoch = 1, attempts = 1,"
            " lease_until = now() + interval '1 minute'"
        )
        assert await ground.worker(UseCases(ground).table, slot="work-1").step() == 0
        assert await ground.worker(UseCases(ground).table, slot="work-0").step() == 2
        assert await ground.counts("job") == {"done": 1}

    async def test_a_lost_machines_job_goes_to_anybody_once_its_lease_lapses(self, ground: Ground) -> None:
        await enqueue(ground, Do(n=1))
        await ground.run("update kernel.job set state = 'running', worker = 'gone-0', lease_until = now()")
        assert await ground.worker(UseCases(ground).table).step() == 2

    async def test_a_frozen_worker_is_refused_when_it_wakes(self, ground: Ground) -> None:
        """Ten minutes later, as far as the lease knows: the other worker had its job by then."""
        started, thaw = asyncio.Event(), asyncio.Event()
        ended: list[str] = []

        async def slow(job: Do) -> None:
            async with ground.work().begin() as unit:
                await effect(unit, 1)
                started.set()
                await thaw.wait()
                unit.finish()

        async def watched(job: Do) -> None:
            try:
                await slow(job)
            except JobLost:
                ended.append("lost")
                raise

        await enqueue(ground, Do(n=1))
        frozen = asyncio.create_task(ground.worker({Do: watched}, slot="work-0").step())
        await started.wait()
        await ground.run("update kernel.job set lease_until = now() - interval '10 minutes'")
        await ground.worker(UseCases(ground).table, slot="work-1").step()
        thaw.set()
        await frozen
        assert ended == ["lost"]
        assert await ground.counts("job") == {"done": 1}
        assert await ground.one("select count(*) from sample.effect") == 1

    async def test_a_job_that_kills_its_worker_each_time_is_given_up(self, ground: Ground) -> None:
        cases = UseCases(ground)
        await enqueue(ground, Encode(n=1))
        await ground.run("update kernel.job set state = 'running', attempts = 2, lease_until = now()")
        await ground.worker(cases.table).step()
        assert cases.ran == []
        assert await ground.counts("job") == {"dead": 1}

    async def test_a_running_job_is_renewed_and_one_that_was_lost_is_stopped(
        self, ground: Ground, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("suuupra.platform.jobs.worker.RENEW_S", 0.05)
        started, stopped = asyncio.Event(), asyncio.Event()

        async def endless(job: Do) -> None:
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()

        await enqueue(ground, Do())
        async with going(ground.worker({Do: endless}).run):
            await started.wait()
            await ground.run("update kernel.job set lease_until = now()")

            async def is_renewed() -> bool:
                return bool(await ground.one("select lease_until > now() from kernel.job"))

            await eventually(is_renewed)
            await ground.run("update kernel.job set epoch = epoch + 1")
            async with asyncio.timeout(5):
                await stopped.wait()


@covers("PLT-3")
class TestAgain:
    async def test_one_wanted_again_while_it_runs_runs_once_more_with_the_newest_wish(
        self, ground: Ground
    ) -> None:
        ran: list[int] = []

        async def do(job: Do) -> None:
            ran.append(job.n)
            if job.n == 1:
                await enqueue(ground, Do(n=2), unique="here")
                await enqueue(ground, Do(n=3), unique="here")
            async with ground.work().begin() as unit:
                unit.finish()

        await enqueue(ground, Do(n=1), unique="here")
        await ground.worker({Do: do}).step()
        assert ran == [1, 3]
        assert await ground.counts("job") == {"done": 1}

    async def test_one_that_dies_makes_way_for_the_wish_that_came_meanwhile(self, still: Ground) -> None:
        ran: list[int] = []

        async def encode(job: Encode) -> None:
            ran.append(job.n)
            if job.n == 1:
                await enqueue(still, Encode(n=2), unique="here")
                raise ValueError

        await enqueue(still, Encode(n=1), unique="here")
        await still.run("update kernel.job set attempts = 1")
        await still.worker({Encode: encode}).step()
        later(still)
        await still.worker({Encode: encode}).step()
        assert ran == [1, 2]


@covers("PLT-3")
class TestProgress:
    async def test_it_is_a_row_that_pages_watch_written_twice_a_second_at_most(self, ground: Ground) -> None:
        async def do(job: Do) -> None:
            run = current_job()
            assert run is not None
            assert run.attempt == 1
            for n in range(50):
                await run.progress(n, 100, "half way")
            assert await ground.one("select (progress->>'done')::int from kernel.job") == 0
            await run.progress(100, 100, "there")

        await enqueue(ground, Do())
        await ground.worker({Do: do}).step()
        assert await ground.one("select progress->>'note' from kernel.job") == "there"

    async def test_a_wish_to_stop_is_read_between_steps(self, ground: Ground) -> None:
        async def do(job: Do) -> None:
            run = current_job()
            assert run is not None
            assert not await run.is_cancelled()
            await ground.run("update kernel.job set is_cancel_asked = true")
            assert await run.is_cancelled()

        await enqueue(ground, Do())
        await ground.worker({Do: do}).step()
        assert await ground.counts("job") == {"cancelled": 1}

    async def test_a_worker_that_lost_the_job_is_told_at_the_next_progress(self, ground: Ground) -> None:
        told: list[bool] = []

        async def do(job: Do) -> None:
            run = current_job()
            assert run is not None
            await ground.run("update kernel.job set epoch = epoch + 1")
            told.append(await run.is_cancelled())
            await run.progress(1, 1)

        await enqueue(ground, Do())
        await ground.worker({Do: do}).step()
        assert told == [True]
        assert await ground.counts("job") == {"running": 1}


@covers("PLT-3")
class TestClasses:
    async def test_each_class_has_its_own_places(self, ground: Ground) -> None:
        together: dict[str, int] = {}
        most: dict[str, int] = {}

        def counting(kind: str) -> Any:
            async def run(job: Job) -> None:
                together[kind] = together.get(kind, 0) + 1
                most[kind] = max(most.get(kind, 0), together[kind])
                await asyncio.sleep(0.01)
                together[kind] -= 1

            return run

        await enqueue(ground, *(Do(n=n) for n in range(12)), *(Encode(n=n) for n in range(3)))
        table: JobTable = {Do: counting("quick"), Encode: counting("encode")}
        await ground.worker(table, kinds={"quick": 3, "encode": 1}).step()
        assert most == {"quick": 3, "encode": 1}

    async def test_a_worker_can_be_for_some_classes_alone(self, ground: Ground) -> None:
        cases = UseCases(ground)
        await enqueue(ground, Do(n=1), Encode(n=2))
        await ground.worker(cases.table, kinds=("encode",)).step()
        assert cases.ran == [2]


@covers("PLT-3", "PLT-13")
class TestRunning:
    async def test_a_class_that_never_runs_dry_does_not_keep_the_others_waiting(self, ground: Ground) -> None:
        encoded = asyncio.Event()

        async def do(job: Do) -> None:
            async with ground.work().begin() as unit:
                unit.enqueue(Do())

        async def encode(job: Encode) -> None:
            encoded.set()

        await enqueue(ground, *(Do(n=n) for n in range(30)))
        async with going(ground.worker({Do: do, Encode: encode}, kinds={"quick": 3, "encode": 1}).run):
            await asyncio.sleep(0.3)
            await enqueue(ground, Encode())
            async with asyncio.timeout(10):
                await encoded.wait()

    async def test_it_is_poked_and_polls_when_nobody_pokes(self, ground: Ground) -> None:
        worker = ground.worker(UseCases(ground).table)
        async with going(worker.run):
            async with ground.work(wake=worker.poke).begin() as unit:
                unit.enqueue(Do(n=1))
            await eventually(lambda: self.are_done(ground, 1))
            await enqueue(ground, Do(n=2))
            await eventually(lambda: self.are_done(ground, 2))

    async def test_it_goes_on_after_the_server_threw_it_out(self, ground: Ground) -> None:
        async with going(ground.worker(UseCases(ground).table).run):
            await enqueue(ground, Do(n=1))
            await eventually(lambda: self.are_done(ground, 1))
            await ground.run(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
            await enqueue(ground, Do(n=2))
            await eventually(lambda: self.are_done(ground, 2))

    async def test_one_that_stops_puts_back_what_it_cannot_end(
        self, ground: Ground, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("suuupra.platform.jobs.worker.DRAIN_S", 0.05)
        started = asyncio.Event()

        async def endless(job: Do) -> None:
            started.set()
            await asyncio.Event().wait()

        await enqueue(ground, Do())
        async with going(ground.worker({Do: endless}).run):
            await started.wait()
        row = (await ground.rows("select state, attempts from kernel.job"))[0]
        assert (row["state"], row["attempts"]) == ("ready", 0)

    async def are_done(self, ground: Ground, count: int) -> bool:
        return await ground.counts("job") == {"done": count}
