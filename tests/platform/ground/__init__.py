"""A small service over a real database, for the tests of units, relay, dispatcher and worker."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from suuupra.kernel.clock import Clock, FrozenClock, SystemClock
from suuupra.kernel.ids import TimeIds
from suuupra.kernel.jobs import Job, JobTable, Schedule
from suuupra.kernel.manifest import Subscription
from suuupra.kernel.messages import Command, Event, Message
from suuupra.kernel.work import Unit
from suuupra.platform.events import Dispatcher, Relay
from suuupra.platform.jobs import Worker
from suuupra.platform.postgres import Database, PostgresLeases, migrate
from suuupra.platform.postgres.work import PostgresWork
from tests import postgres

MIGRATIONS = Path(__file__).parent
SCHEMAS: Mapping[str, tuple[Path, None]] = {"sample": (MIGRATIONS, None)}
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Made(Event, wire="sample.made.v1", key="name"):
    """What the sample service publishes."""

    n: int
    name: str = ""


class Do(Job, name="sample.do", kind="quick"):
    """What the sample service defers."""

    n: int = 0


class Make(Command):
    """What the sample service is asked."""

    n: int


class Answer(Message):
    """What it answers."""

    n: int


@dataclass
class Ground:
    """One database, and all that stands on it."""

    dsn: str
    database: Database
    clock: Clock = field(default_factory=SystemClock)

    def work(self, service: str = "sample", **options: Any) -> PostgresWork:
        return self.database.work(service, clock=self.clock, ids=TimeIds(), **options)

    def relay(self, slot: str = "work-0", **options: Any) -> Relay:
        return Relay(self.database, PostgresLeases(self.database.pool, slot), slot, **options)

    def dispatcher(self, *subscriptions: Subscription, slot: str = "work-0") -> Dispatcher:
        return Dispatcher(self.database, {"sample": subscriptions}, {"sample": self.work()}, slot)

    def worker(
        self,
        jobs: JobTable,
        slot: str = "work-0",
        schedules: Sequence[Schedule] = (),
        kinds: Mapping[str, int] | Sequence[str] = (),
    ) -> Worker:
        return Worker(
            self.database, {"sample": jobs}, {"sample": self.work()}, {"sample": schedules}, slot, kinds
        )

    async def rows(self, statement: str, *arguments: Any) -> list[Any]:
        async with self.database.pool.driver() as driver:
            found: list[Any] = await driver.fetch(statement, *arguments)
            return found

    async def one(self, statement: str, *arguments: Any) -> Any:
        async with self.database.pool.driver() as driver:
            return await driver.fetchval(statement, *arguments)

    async def run(self, *statements: str) -> None:
        async with self.database.pool.driver() as driver:
            for statement in statements:
                await driver.execute(statement)

    async def counts(self, table: str) -> dict[str, int]:
        """Rows of a kernel table by state, without the kernel's own jobs."""
        own = "where service <> 'kernel'" if table == "job" else ""
        found = await self.rows(f"select state, count(*) from kernel.{table} {own} group by state")
        return {row["state"]: row["count"] for row in found}


async def effect(unit: Unit, n: int, key: str = "") -> None:
    """The step that the tests look for."""
    await unit.session.execute(
        text("insert into sample.effect (n, key) values (:n, :key)"), {"n": n, "key": key}
    )


async def publish(work: PostgresWork, *numbers: int, name: str = "") -> None:
    """One unit an event."""
    for n in numbers:
        async with work.begin() as unit:
            unit.publish(Made(n=n, name=name or str(n)))


async def eventually(look: Callable[[], Awaitable[bool]], limit_s: float = 20.0) -> None:
    """Poll until it is so; the test fails if it never is."""
    deadline = time.monotonic() + limit_s
    while not await look():
        if time.monotonic() > deadline:
            raise TimeoutError("it never became so")
        await asyncio.sleep(0.01)


@asynccontextmanager
async def going(*loops: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Endless loops for the length of a block."""
    tasks = [asyncio.ensure_future(loop()) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def standing(dsn: str, clock: Clock | None = None, **options: Any) -> AsyncIterator[Ground]:
    database = Database(dsn, **options)
    try:
        yield Ground(dsn, database, clock or SystemClock())
    finally:
        await database.close()


@pytest.fixture(scope="session")
async def ground_template(postgres_server: postgres.Server) -> AsyncIterator[str]:
    """A database with the kernel's tables and the sample service's, to be cloned."""
    name = await postgres.clone(postgres_server, "template1")
    await migrate(postgres_server.url(name), SCHEMAS)
    yield name
    await postgres.drop(postgres_server, name)


@pytest.fixture
async def ground_dsn(postgres_server: postgres.Server, ground_template: str) -> AsyncIterator[str]:
    name = await postgres.clone(postgres_server, ground_template)
    yield postgres_server.url(name)
    await postgres.drop(postgres_server, name)


@pytest.fixture
async def ground(ground_dsn: str) -> AsyncIterator[Ground]:
    async with standing(ground_dsn) as made:
        yield made


@pytest.fixture
async def still(ground_dsn: str) -> AsyncIterator[Ground]:
    """The same, at noon until somebody moves the clock."""
    async with standing(ground_dsn, FrozenClock(NOON)) as made:
        yield made
