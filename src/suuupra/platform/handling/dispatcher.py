"""The dispatcher: reads the log once for all handlers of a process and deals events to lanes.

An event that fails is tried again, then parked; later events of its key wait, the lane moves on.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import islice
from time import monotonic
from typing import Any, cast

import asyncpg

from suuupra.kernel.logs import logger
from suuupra.kernel.manifest import Subscription
from suuupra.kernel.problems import OutcomeUnknown, Unavailable
from suuupra.kernel.work import Work
from suuupra.platform.connections.failures import CONNECTION_LOST
from suuupra.platform.connections.pool import quietly_closed, uninterrupted
from suuupra.platform.handling import statements
from suuupra.platform.handling.delivery import Delivery, LaneLost
from suuupra.platform.lanes.holding import Holding
from suuupra.platform.lanes.lane import Envelope, Handler, Lane, by_base
from suuupra.platform.lanes.statements import CHANNEL
from suuupra.platform.postgres import Database
from suuupra.platform.postgres.work import PostgresWork

BATCH = 50
READ_BATCH = 500
POLL_S = 0.5
PAUSE_S = 0.004
RENEW_S = 5.0
TROUBLED_S = 1.0
LANES_AT_ONCE = 6
DRAIN_S = 5.0
INTERRUPTIONS = (*CONNECTION_LOST, OutcomeUnknown, Unavailable, asyncpg.PostgresError)
Heads = Mapping[tuple[str, int], Sequence[Any]]
log = logger("kernel")


class Dispatcher:
    """Runs the handlers of the services that stand in this process."""

    def __init__(
        self,
        database: Database,
        subscriptions: Mapping[str, Sequence[Subscription]],
        works: Mapping[str, Work],
        slot: str,
    ) -> None:
        self._database = database
        handlers = [
            Handler(service, subscription, cast("PostgresWork", works[service]))
            for service, wanted in subscriptions.items()
            for subscription in wanted
        ]
        self._handlers = {handler.name: handler for handler in handlers}
        self._by_base = by_base(handlers)
        self._holding = Holding(database, self._handlers, slot)
        self._delivery = Delivery(database)
        self._read_up_to: int | None = None
        self._renew_at = self._troubled_at = 0.0
        self._woken = asyncio.Event()
        self._at_once = asyncio.Semaphore(LANES_AT_ONCE)
        self._tasks: set[asyncio.Task[int]] = set()

    async def run(self) -> None:
        """Until cancelled; then batches that run are given a moment to end."""
        try:
            while True:
                try:
                    async with self._listening():
                        await self._loop()
                except INTERRUPTIONS as error:
                    log.warning("dispatcher.interrupted", reason=type(error).__name__)
                    await asyncio.sleep(POLL_S)
        finally:
            await uninterrupted(self._drain())

    async def step(self) -> int:
        """Handle all that is in the log and all retries that are due; how many events that were."""
        handled = 0
        self._troubled_at = 0.0
        while True:
            heads = await self._prepare()
            dealt = await self._deal()
            done = 0
            for key, lane in list(self._holding.lanes.items()):
                done += await self._work(lane, heads.get(key, ()))
            handled += done
            if not dealt and not done:
                return handled

    async def _loop(self) -> None:
        while True:
            self._woken.clear()
            heads = await self._prepare()
            while (dealt := await self._deal()) == READ_BATCH:
                self._start({})
            self._start(heads)
            if dealt:
                await asyncio.sleep(PAUSE_S)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._woken.wait()

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        """Woken by the relay's NOTIFY; the poll is the net below it."""
        async with quietly_closed(await self._database.connect()) as connection:
            await connection.add_listener(CHANNEL, lambda *_: self._woken.set())
            yield

    def _start(self, heads: Heads) -> None:
        """A task for each lane that has something to do and is not at it already."""
        for key, lane in self._holding.lanes.items():
            due = heads.get(key, ())
            if lane.is_busy or not (due or lane.queue or lane.dealt < (self._read_up_to or 0)):
                continue
            lane.is_busy = True
            task = asyncio.create_task(self._guarded(lane, due))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _guarded(self, lane: Lane, heads: Sequence[Any]) -> int:
        async with self._at_once:
            return await self._work(lane, heads)

    async def _work(self, lane: Lane, heads: Sequence[Any]) -> int:
        """Retries first, then the queue; how many events were handled."""
        done = 0
        lane.is_busy = True
        try:
            for head in heads:
                done += await self._delivery.retry_key(lane, head)
            while True:
                await self._catch_up(lane)
                batch = list(islice(lane.queue, BATCH))
                if not batch:
                    return done
                await self._delivery.handle(lane, batch)
                for _ in batch:
                    lane.queue.popleft()
                done += len(batch)
        except (LaneLost, *INTERRUPTIONS) as error:
            log.warning("lane.dropped", lane=f"{lane.handler.name}/{lane.index}", reason=type(error).__name__)
            self._holding.drop(lane)
            self._renew_at = min(self._renew_at, monotonic() + 1)
            return done
        finally:
            lane.is_busy = False

    async def _deal(self) -> int:
        """Read the next part of the log and deal it; how many events that were."""
        lanes = self._holding.lanes
        if self._read_up_to is None:
            return 0
        start = self._read_up_to
        async with self._database.pool.driver() as driver:
            rows = await driver.fetch(statements.READ, start, READ_BATCH)
        if not rows:
            return 0
        open_lanes = {key: lane for key, lane in lanes.items() if lane.dealt >= start and lane.has_room}
        for envelope in map(Envelope.from_row, rows):
            for handler in self._by_base.get(envelope.base, ()):
                lane = open_lanes.get((handler.name, handler.lane_of(envelope.key)))
                if lane is not None and envelope.position > lane.dealt:
                    lane.queue.append(envelope)
        self._read_up_to = rows[-1]["position"]
        for lane in open_lanes.values():
            lane.dealt = max(lane.dealt, rows[-1]["position"])
        return len(rows)

    async def _catch_up(self, lane: Lane) -> None:
        """A lane that fell behind reads for itself until it stands where the others are."""
        while not lane.queue and lane.dealt < (goal := self._read_up_to or 0):
            async with self._database.pool.driver() as driver:
                rows = await driver.fetch(
                    statements.READ_BASE, lane.dealt, READ_BATCH, goal, lane.handler.base
                )
            lane.queue.extend(filter(lane.takes, map(Envelope.from_row, rows)))
            lane.dealt = rows[-1]["position"] if len(rows) == READ_BATCH else goal

    async def _prepare(self) -> Heads:
        """Lanes held and renewed, and the retries that are due, by lane."""
        if monotonic() >= self._renew_at:
            self._renew_at = monotonic() + RENEW_S
            await self._holding.refresh()
            if self._read_up_to is None and self._holding.lanes:
                self._read_up_to = min(lane.position for lane in self._holding.lanes.values())
        if monotonic() < self._troubled_at or not self._holding.lanes:
            return {}
        self._troubled_at = monotonic() + TROUBLED_S
        return await self._troubled()

    async def _troubled(self) -> Heads:
        held = [self._handlers[name] for name in {name for name, _ in self._holding.lanes}]
        ordered = [handler.name for handler in held if handler.keeps_order]
        others = [handler.name for handler in held if not handler.keeps_order]
        async with self._database.pool.driver() as driver:
            rows = await driver.fetch(statements.TROUBLED, ordered, others, held[0].work.clock.now())
        found: dict[tuple[str, int], list[Any]] = {}
        for row in rows:
            lane = self._handlers[row["handler"]].lane_of(row["key"])
            found.setdefault((row["handler"], lane), []).append(row)
        return found

    async def _drain(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(*INTERRUPTIONS):
            await self._holding.release()
