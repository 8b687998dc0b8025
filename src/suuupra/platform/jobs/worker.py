"""The worker: claims jobs, runs them within the concurrency of their class, and writes how they ended.

A job whose use case ends with `unit.finish()` is effective once: its row is marked in that unit, under
the epoch of the claim. Any other is marked here, in batches, and runs at least once.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from time import monotonic
from typing import Any, cast
from uuid import UUID

import asyncpg

from suuupra.kernel.auth import Principal, service_principal
from suuupra.kernel.call import Call, calling
from suuupra.kernel.jobs import Job, JobTable, Schedule, set_current_job
from suuupra.kernel.logs import logger
from suuupra.kernel.metrics import METRICS
from suuupra.kernel.problems import OutcomeUnknown, Unavailable
from suuupra.kernel.work import Work
from suuupra.platform.connections.failures import CONNECTION_LOST
from suuupra.platform.connections.pool import HOT, quietly_closed, uninterrupted
from suuupra.platform.errors import trace_of
from suuupra.platform.jobs import statements
from suuupra.platform.jobs.heavy import PageWatch
from suuupra.platform.jobs.run import RunningJob
from suuupra.platform.jobs.throttle import HEAVY
from suuupra.platform.lanes.lane import back_off
from suuupra.platform.observe.spans import span, traceparent_of
from suuupra.platform.postgres import Database
from suuupra.platform.postgres.unit import JobLost
from suuupra.platform.postgres.work import PostgresWork
from suuupra.platform.schedules.scheduler import Scheduler
from suuupra.platform.upkeep import Upkeep, clock_of

CONCURRENCY = {"quick": 10, "normal": 4, "bulk": 2, "encode": 1, "model": 1}
MARKS = 10
POLL_S = 0.2
SCHEDULE_S, REAP_S, RENEW_S = 1.0, 5.0, 20.0
DRAIN_S = 5.0
INTERRUPTIONS = (*CONNECTION_LOST, OutcomeUnknown, Unavailable, asyncpg.PostgresError)
log = logger("kernel")


class WorkersKilled(RuntimeError):
    """Each try ended with the death of its worker."""


@cache
def acting_as(service: str, tenant: str) -> Principal:
    """The house itself as one of its services, for one tenant."""
    return service_principal(service).model_copy(update={"tenant": tenant})


class UnknownJob(RuntimeError):
    """No service of this release knows the job: a newer one wrote it, or an older one."""


class Worker:
    """Runs the jobs and schedules of the services that stand in this process.

    `kinds` narrows it to some classes, or says how many of each run at once.
    """

    def __init__(
        self,
        database: Database,
        job_tables: Mapping[str, JobTable],
        works: Mapping[str, Work],
        schedules: Mapping[str, Sequence[Schedule]],
        slot: str,
        kinds: Sequence[str] | Mapping[str, int] = (),
    ) -> None:
        self.slot = slot
        self._database = database
        self.upkeep = Upkeep(database, clock_of(works))
        job_tables, works, schedules = self.upkeep.beside(job_tables, works, schedules)
        self._jobs: dict[str, tuple[type[Job], Callable[[Any], Awaitable[None]]]] = {
            job.job_name: (job, run) for table in job_tables.values() for job, run in table.items()
        }
        self._services = sorted({*job_tables, *schedules})
        self._works = {name: cast("PostgresWork", works[name]) for name in self._services}
        self._kinds = dict(
            kinds
            if isinstance(kinds, Mapping)
            else {kind: CONCURRENCY[kind] for kind in kinds or CONCURRENCY}
        )
        self._scheduler = Scheduler(database.pool, schedules, works)
        self._watch = PageWatch(database)
        self._running: dict[UUID, tuple[str, RunningJob, asyncio.Task[None]]] = {}
        self._marks: list[RunningJob] = []
        self._due = {"schedule": 0.0, "reap": 0.0, "renew": 0.0, "look": 0.0}
        self._woken = asyncio.Event()
        self._is_first_reap = True
        self._is_fair: dict[str, bool | None] = {}
        self._connection: Any = None

    def poke(self) -> None:
        """Somebody committed: look now."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled; then jobs that run are given a moment, and what is left is put back."""
        try:
            while True:
                try:
                    async with quietly_closed(await self._database.connect(**HOT)) as self._connection:
                        await self._loop()
                except INTERRUPTIONS as error:
                    log.warning("worker.interrupted", reason=type(error).__name__)
                    await asyncio.sleep(POLL_S)
        finally:
            self._connection = None
            await uninterrupted(self._drain())

    async def step(self) -> int:
        """Run all schedules and jobs that are due now; how many that were."""
        done = await self._scheduler.tick() + await self._reap()
        while started := await self._claim():
            done += started
            await asyncio.gather(*(task for _, _, task in list(self._running.values())))
            await self._flush()
        return done

    async def _loop(self) -> None:
        while True:
            self._woken.clear()
            await self._duties()
            started = await self._claim()
            if len(self._marks) >= MARKS or not started:
                await self._flush()
            if not started:
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._woken.wait()
            else:
                await asyncio.sleep(0)

    async def _duties(self) -> None:
        await self._watch.look()
        if self._is_due("schedule", SCHEDULE_S):
            await self._scheduler.tick()
        if self._is_due("reap", REAP_S):
            await self._reap()
        if self._is_due("renew", RENEW_S) and self._running:
            await self._renew()

    def _is_due(self, duty: str, every_s: float) -> bool:
        if monotonic() < self._due[duty]:
            return False
        self._due[duty] = monotonic() + every_s
        return True

    async def _claim(self) -> int:
        """Fill the free places of each class; how many jobs were started."""
        busy = [kind for kind, _, _ in self._running.values()]
        free = {kind: places - busy.count(kind) for kind, places in self._kinds.items()}
        if self._watch.holds:
            free = {kind: places for kind, places in free.items() if kind not in HEAVY}
        wanted = [kind for kind, places in free.items() if places > 0]
        started = 0
        async with self._driver() as driver:
            for kind, is_fair in await self._kinds_with_work(driver, wanted):
                rows = await self._claimed(driver, kind, free[kind], is_fair=is_fair)
                for row in sorted(rows, key=lambda row: (row["priority"], row["run_at"], row["id"])):
                    self._start(kind, RunningJob.from_row(row, self._database.pool, self._may_run(kind)))
                self._is_fair[kind] = is_fair if len(rows) == free[kind] else None
                started += len(rows)
        await self._database.faults.at("job.claimed")
        return started

    async def _claimed(self, driver: Any, kind: str, places: int, *, is_fair: bool) -> list[Any]:
        claim = statements.CLAIM_FAIR if is_fair else statements.CLAIM_PLAIN
        claim = claim.replace("$PLACES$", str(places))
        arguments = (kind, self._services, self._now(), self.slot)
        if is_fair:
            found: list[Any] = await driver.fetch(claim, *arguments)
            return found
        marks = await self._ended()
        found = await driver.fetch(claim, *arguments, *marks)
        del self._marks[: len(marks[0])]
        return found

    async def _ended(self) -> tuple[list[UUID], list[int]]:
        """Ids and epochs of jobs that nobody's unit has marked; they stay noted until that is written."""
        if self._marks:
            await self._database.faults.at("job.before_mark")
        return [job.id for job in self._marks], [job.epoch for job in self._marks]

    async def _kinds_with_work(self, driver: Any, wanted: list[str]) -> list[tuple[str, bool]]:
        """Those that were full at the last claim, unasked; now and then, or if none was, by a look at all."""
        full = [(kind, fair) for kind in wanted if (fair := self._is_fair.get(kind)) is not None]
        if full and not self._is_due("look", POLL_S):
            return full
        rows = await driver.fetch(statements.READY, wanted, self._services, self._now())
        return [(row["queue"], row["is_fair"]) for row in rows]

    @asynccontextmanager
    async def _driver(self) -> AsyncIterator[Any]:
        """The loop's own connection; a step takes one of the pool."""
        if self._connection is not None:
            yield self._connection
            return
        async with self._database.pool.driver() as driver:
            yield driver

    def _start(self, kind: str, job: RunningJob) -> None:
        task = asyncio.create_task(self._execute(job))
        self._running[job.id] = (kind, job, task)

        def ended(_: asyncio.Task[None]) -> None:
            self._running.pop(job.id, None)
            self._woken.set()

        task.add_done_callback(ended)

    async def _execute(self, job: RunningJob) -> None:
        set_current_job(job)
        started = monotonic()
        try:
            call = Call(principal=acting_as(job.service, job.tenant), trace=job.trace, operation=job.name)
            with calling(call), span("job", job=job.name, traceparent=traceparent_of(job.trace)):
                await self._use_case(job)
        except JobLost:
            log.warning("job.lost", job=job.name, attempt=job.attempt)
        except asyncio.CancelledError:
            await uninterrupted(self._put_back(job))
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the attempt is written and the worker goes on
            await self._failed(job, error)
        else:
            if not job.is_finished:
                self._marks.append(job)
            METRICS.time("job_seconds", monotonic() - started, job=job.name)
            log.info("job.done", job=job.name, attempt=job.attempt, seconds=round(monotonic() - started, 4))
        finally:
            self._running.pop(job.id, None)

    async def _use_case(self, job: RunningJob) -> None:
        if job.name not in self._jobs:
            raise UnknownJob(job.name)
        cls, function = self._jobs[job.name]
        if job.attempt > cls.tries_max:
            raise WorkersKilled(f"{cls.tries_max} workers died over it")
        await function(cls.from_wire(job.args))

    async def _failed(self, job: RunningJob, error: Exception) -> None:
        tries = self._jobs[job.name][0].tries_max if job.name in self._jobs else Job.tries_max
        is_dead = job.attempt >= tries
        reason = type(error).__name__
        METRICS.count("jobs_failed", job=job.name, state="dead" if is_dead else "again")
        log.warning("job.failed", job=job.name, attempt=job.attempt, is_dead=is_dead, reason=reason)
        self._database.errors.saw(job.service, error)
        with suppress(*INTERRUPTIONS):  # not written: the reaper finds the job
            async with self._database.pool.driver() as driver:
                if is_dead:
                    await driver.execute(
                        statements.GIVE_UP, [job.id], [job.epoch], self._now(), trace_of(error)
                    )
                    return
                again_at = self._now() + back_off(job.attempt)
                await driver.execute(statements.AGAIN, job.id, job.epoch, again_at, trace_of(error), 0)

    async def _put_back(self, job: RunningJob) -> None:
        """Interrupted through no fault of its own: the attempt does not count."""
        with suppress(*INTERRUPTIONS):
            async with self._database.pool.driver() as driver:
                await driver.execute(statements.AGAIN, job.id, job.epoch, self._now(), "interrupted", 1)

    async def _flush(self) -> None:
        """Write how those ended, where no claim takes the news along."""
        if self._marks:
            marks = await self._ended()
            async with self._driver() as driver:
                await driver.execute(statements.MARK, *marks, self._now())
            del self._marks[: len(marks[0])]

    async def _reap(self) -> int:
        """Make ready what dead workers left; at the start at once, if they had this slot."""
        async with self._driver() as driver:
            found = await driver.fetch(statements.REAP, self.slot, self._services, self._is_first_reap)
        self._is_first_reap = False
        return len(found)

    async def _renew(self) -> None:
        jobs = [job for _, job, _ in self._running.values()]
        async with self._driver() as driver:
            lost = await driver.fetch(statements.RENEW, [job.id for job in jobs], [job.epoch for job in jobs])
        for row in lost:
            if row["id"] in self._running:
                self._running[row["id"]][2].cancel()

    async def _drain(self) -> None:
        tasks = [task for _, _, task in self._running.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=DRAIN_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(*INTERRUPTIONS):
            await self._flush()

    def _may_run(self, kind: str) -> Callable[[], bool]:
        return (lambda: not self._watch.holds) if kind in HEAVY else (lambda: True)

    def _now(self) -> Any:
        return next(iter(self._works.values())).clock.now()
