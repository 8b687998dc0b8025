"""From the commit of a unit to the commit of its handler's effect, at two rates; and handler runs a second.

Claim (platform, section 11): p95 at most 25 ms at 50 events/s and 150 ms at 300/s with one handler; at
least 1,000 handler runs a second in one process. Producer, relay and dispatcher share this process.
"""

import asyncio
import sys
import time

from benchmarks.platform_ground import run, verdict
from suuupra.kernel.manifest import subscribe
from suuupra.kernel.work import Unit
from suuupra.platform.events import Dispatcher
from suuupra.platform.lanes.lane import Envelope, Lane
from tests.platform.ground import Ground, Made, effect, eventually, going

RATES = ((50, 6.0, 25.0), (300, 5.0, 150.0))
RUNS, RUNS_BAR = 5_000, 1_000.0


async def on_made(unit: Unit, event: Made) -> None:
    await effect(unit, event.n, event.name)


class Watch:
    """When each number was committed, and when its effect was."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.committed: dict[int, float] = {}
        self.effective: dict[int, float] = {}
        self._handle = dispatcher._delivery.handle  # noqa: SLF001 - watched from inside
        dispatcher._delivery.handle = self.handle  # type: ignore[method-assign]  # noqa: SLF001

    async def handle(self, lane: Lane, batch: list[Envelope]) -> None:
        await self._handle(lane, batch)
        now = time.perf_counter()
        for envelope in batch:
            self.effective[int(envelope.key)] = now

    async def are_all(self) -> bool:
        return self.effective.keys() >= self.committed.keys()

    def p95_ms(self) -> float:
        waits = sorted(self.effective[n] - at for n, at in self.committed.items())
        return waits[int(len(waits) * 0.95)] * 1000


async def at_rate(ground: Ground, rate: int, seconds: float) -> float:
    """The p95 in milliseconds."""
    relay, dispatcher = ground.relay(), ground.dispatcher(subscribe(on_made))
    watch, work = Watch(dispatcher), ground.work(wake=relay.poke)

    async def one(n: int) -> None:
        async with work.begin() as unit:
            unit.publish(Made(n=n, name=str(n)))
        watch.committed[n] = time.perf_counter()

    async with going(relay.run, dispatcher.run):
        await asyncio.sleep(1)
        start, tasks = time.perf_counter(), []
        for n in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, start + n / rate - time.perf_counter()))
            tasks.append(asyncio.create_task(one(n)))
        await asyncio.gather(*tasks)
        await eventually(watch.are_all, 60)
    return watch.p95_ms()


async def runs_a_second(ground: Ground) -> float:
    """A full log, one handler of one insert."""
    work = ground.work()
    for start in range(0, RUNS, 100):
        async with work.begin() as unit:
            for n in range(start, start + 100):
                unit.publish(Made(n=n, name=str(n % 97)))
    await ground.relay().step()
    dispatcher = ground.dispatcher(subscribe(on_made, lanes=4))
    started = time.perf_counter()
    async with going(dispatcher.run):

        async def is_done() -> bool:
            return bool(await ground.one("select count(*) >= $1 from sample.effect", RUNS))

        await eventually(is_done, 60)
    return RUNS / (time.perf_counter() - started)


async def main(ground: Ground) -> bool:
    held = verdict("handler runs", await runs_a_second(ground), RUNS_BAR, at_most=False, unit="/s")
    for rate, seconds, bar in RATES:
        await ground.run("truncate kernel.inbox", "truncate sample.effect", "delete from kernel.subscription")
        await ground.run("update kernel.log_head set new_from = position")
        p95 = await at_rate(ground, rate, seconds)
        held = verdict(f"commit to effect at {rate}/s, p95", p95, bar, unit=" ms") and held
    return held


if __name__ == "__main__":
    sys.exit(run(main))
