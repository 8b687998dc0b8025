"""Writers on a schedule: transactions of one test that begin, write, publish and end in any order.

Each change of an aggregate takes its row lock and the next number of its key, as services do, and
publishes before it commits. The law: the log has every committed change once, each key in its order.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st

from suuupra.kernel.ids import TimeIds
from suuupra.platform.events import Relay, relay
from suuupra.platform.events.relay import LeaseLost
from tests.platform.ground import Ground

IDS = TimeIds()
CHANGE = """
insert into sample.counter (name, value) values ($1, 1)
on conflict (name) do update set value = counter.value + 1 returning value
"""
PUBLISH = """
insert into kernel.outbox (event_id, source, type, key, tenant, payload, at)
values ($1, 'sample', 'sample.made.v1', $2, 'main', jsonb_build_object('n', $3::int), now())
"""


@dataclass
class Writer:
    """One transaction, or none yet."""

    connection: Any
    transaction: Any = None
    locks: set[str] = field(default_factory=set)
    waiting: list[tuple[UUID, str, int]] = field(default_factory=list)
    published: list[tuple[UUID, str, int]] = field(default_factory=list)


class Schedule:
    """Carries actions out; one that would have to wait for a lock is left out."""

    def __init__(self, ground: Ground, writers: list[Writer], relays: list[Relay]) -> None:
        self.ground, self.writers, self.relays = ground, writers, relays
        self.prefix = str(IDS.new())
        self.committed: list[tuple[UUID, str, int]] = []
        self.leader = 0

    async def act(self, action: str, who: int, key: int) -> None:
        if action == "look":
            await self.look()
        elif action == "elect":
            self.leader = who % len(self.relays)
            await self.ground.run("update kernel.lease set until = '-infinity'")
        else:
            await getattr(self, action)(self.writers[who % len(self.writers)], f"{self.prefix}/{key % 3}")

    async def look(self) -> None:
        try:
            await self.relays[self.leader].step()
        except LeaseLost:
            await self.relays[self.leader].step()

    async def stale(self, _writer: Writer, _key: str) -> None:
        """A relay that has lost its lease and does not know it yet."""
        for number, other in enumerate(self.relays):
            if number != self.leader:
                try:
                    await other.step()
                except LeaseLost:
                    continue

    async def change(self, writer: Writer, key: str) -> None:
        if any(key in other.locks for other in self.writers if other is not writer):
            return
        if writer.transaction is None:
            writer.transaction = writer.connection.transaction()
            await writer.transaction.start()
        writer.locks.add(key)
        writer.waiting.append((IDS.new(), key, await writer.connection.fetchval(CHANGE, key)))

    async def publish(self, writer: Writer, _key: str) -> None:
        for event in writer.waiting:
            await writer.connection.execute(PUBLISH, *event)
        writer.published += writer.waiting
        writer.waiting = []

    async def commit(self, writer: Writer, key: str) -> None:
        if writer.transaction is not None:
            await self.publish(writer, key)
            await writer.transaction.commit()
            self.committed += writer.published
            self._over(writer)

    async def rollback(self, writer: Writer, _key: str) -> None:
        if writer.transaction is not None:
            await writer.transaction.rollback()
            self._over(writer)

    @staticmethod
    def _over(writer: Writer) -> None:
        writer.transaction = None
        writer.locks, writer.waiting, writer.published = set(), [], []

    async def check(self) -> None:
        for writer in self.writers:
            await self.commit(writer, "")
        # No election here: its full scan would find what the marks have lost.
        await self.look()
        await self.stale(self.writers[0], "")
        rows = await self.ground.rows(
            "select event_id, key, (payload->>'n')::int as n from kernel.event"
            " where starts_with(key, $1) order by position",
            self.prefix,
        )
        log = [tuple(row) for row in rows]
        assert sorted(log) == sorted(self.committed), "lost or doubled"
        for key in {key for _, key, _ in log}:
            numbers = [n for _, name, n in log if name == key]
            assert numbers == sorted(numbers), f"{key} came out as {numbers}"
        assert await self.ground.one("select count(*) = max(position) from kernel.event") in {True, None}


WEIGHTS = {"change": 3, "publish": 2, "commit": 2, "rollback": 1, "look": 3, "elect": 1, "stale": 1}
NAMES = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
ACTIONS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 3), st.integers(0, 2)), min_size=5, max_size=40
)


@pytest.fixture
async def writers(ground: Ground) -> AsyncIterator[list[Writer]]:
    made = [Writer(await ground.database.connect()) for _ in range(4)]
    yield made
    for writer in made:
        await writer.connection.close()


@pytest.fixture(params=["sure", "doubtful"])
def schedule(
    request: pytest.FixtureRequest, ground: Ground, writers: list[Writer], monkeypatch: pytest.MonkeyPatch
) -> Schedule:
    """Small batches, and gaps forgotten as soon as transactions say so: the law must hold by xids.

    A doubtful relay asks for its lease at each step; a sure one learns from the fence that it was replaced.
    """
    if request.param == "doubtful":
        monkeypatch.setattr(relay, "RENEW_S", 0.0)
    monkeypatch.setattr(relay, "BATCH", 3)
    monkeypatch.setattr("suuupra.platform.events.marks.GAP_KEPT_S", 0.0)
    return Schedule(ground, writers, [ground.relay("work-0"), ground.relay("work-1")])


async def hold_the_law(schedule: Schedule, actions: list[tuple[str, int, int]]) -> None:
    """One random schedule over relays that go on from the one before."""
    fresh = Schedule(schedule.ground, schedule.writers, schedule.relays)
    for writer in schedule.writers:
        await fresh.rollback(writer, "")
    for action in actions:
        await fresh.act(*action)
    await fresh.check()
