"""The sample service as processes of its own, to be stopped and killed.

`python -m tests.platform.ground.process web|work|relay <dsn> <slot> [<point>=<hit>]`: dies by SIGKILL when
the fault point is reached for that time. `web` reads numbers from its standard input and answers each
one after its commit.
"""

import asyncio
import os
import signal
import sys

import uvloop

from suuupra.kernel import logs
from suuupra.kernel.call import Call, calling
from suuupra.kernel.clock import SystemClock
from suuupra.kernel.ids import TimeIds
from suuupra.kernel.jobs import Job, JobTable
from suuupra.kernel.manifest import subscribe
from suuupra.kernel.work import Unit
from suuupra.platform.events import Dispatcher, Relay
from suuupra.platform.jobs import Worker
from suuupra.platform.postgres import Database, PostgresLeases
from suuupra.platform.postgres.work import PostgresWork
from tests.platform.ground import Answer, Do, Made, Make, effect

KEYS = 3


class Then(Job, name="sample.then"):
    """What a handler defers."""

    n: int


class Remind(Job, name="sample.remind", kind="quick"):
    """Runs at least once."""

    n: int


class KillAt:
    """Faults: SIGKILL at the nth time that a point is reached."""

    def __init__(self, text: str) -> None:
        self._point, _, hit = text.partition("=")
        self._left = int(hit or 0)

    async def at(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class Sample:
    """Its use cases."""

    def __init__(self, work: PostgresWork) -> None:
        self._work = work

    async def make(self, command: Make) -> Answer:
        async with self._work.begin() as unit:
            if known := await unit.once(command, Answer):
                return known
            await effect(unit, command.n, "made")
            unit.publish(Made(n=command.n, name=str(command.n % KEYS)))
            unit.enqueue(Do(n=command.n))
            unit.enqueue(Remind(n=command.n), fair=str(command.n % KEYS))
            return unit.answer(Answer(n=command.n))

    async def do(self, job: Do) -> None:
        async with self._work.begin() as unit:
            await effect(unit, job.n, "done")
            unit.finish()

    async def then(self, job: Then) -> None:
        async with self._work.begin() as unit:
            await effect(unit, job.n, "then")
            unit.finish()

    async def remind(self, job: Remind) -> None:
        async with self._work.begin() as unit:
            await effect(unit, job.n, "reminded")


async def on_made(unit: Unit, event: Made) -> None:
    await effect(unit, event.n, "handled")
    unit.enqueue(Then(n=event.n))


async def web(sample: Sample) -> None:
    """Until its input ends."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        n = int(line)
        with calling(Call(idempotency_key=str(n))):
            await sample.make(Make(n=n))
        os.write(1, b"%d\n" % n)


async def main(role: str, dsn: str, slot: str, fault: str = "") -> None:
    logs.configure(level="error")  # to stderr: nobody reads this process's output but for its answers
    database = Database(dsn, faults=KillAt(fault))
    work = database.work("sample", clock=SystemClock(), ids=TimeIds())
    sample = Sample(work)
    relay = Relay(database, PostgresLeases(database.pool, slot), slot, lease_s=1.0)
    jobs: JobTable = {Do: sample.do, Then: sample.then, Remind: sample.remind}
    if role == "web":
        await web(sample)
    elif role == "relay":
        os.write(1, b"ready\n")
        await relay.run()
    else:
        dispatcher = Dispatcher(database, {"sample": (subscribe(on_made),)}, {"sample": work}, slot)
        worker = Worker(database, {"sample": jobs}, {"sample": work}, {}, slot)
        os.write(1, b"ready\n")
        await asyncio.gather(relay.run(), dispatcher.run(), worker.run())


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
