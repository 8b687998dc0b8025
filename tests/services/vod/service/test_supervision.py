"""An encoder stands still while pages are slow, and goes on afterwards."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from suuupra.kernel.jobs import set_current_job
from suuupra.services.vod.service.orders import EncodeFirst
from tests.covers import covers
from tests.services.vod.cinema import IDS, Cinema

LIMIT_S = 20


@dataclass
class Run:
    """A job of a worker that holds heavy work back when it is told to."""

    is_held: bool = False
    id: UUID = field(default_factory=IDS.new)
    attempt: int = 1

    async def progress(self, done: int, total: int, note: str = "") -> None:
        """Nobody watches."""

    async def is_cancelled(self) -> bool:
        return False

    def may_run(self) -> bool:
        return not self.is_held


def children() -> dict[int, str]:
    """State by process id of each child of ours but PostgreSQL: T is stopped."""
    found = {}
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text().split():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # gone meanwhile
                name, _, rest = Path(f"/proc/{child}/stat").read_text().rpartition(") ")
                if "postgres" not in name:
                    found[int(child)] = rest[0]
    return found


@dataclass
class Encoders:
    """Children that came after this was made: no browser of other tests. One may not be ffmpeg yet."""

    before: frozenset[int] = field(default_factory=lambda: frozenset(children()))

    def states(self) -> set[str]:
        return {state for pid, state in children().items() if pid not in self.before}

    async def until(self, wanted: set[str]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while self.states() != wanted:  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(0.01)


@covers("VOD-11")
async def test_it_stands_still_while_heavy_work_is_held_and_then_goes_on(cinema: Cinema) -> None:
    ticket = await cinema.uploaded("long.mp4")
    await cinema.look(ticket)
    run, encoders = Run(is_held=True), Encoders()

    async def encode() -> None:
        set_current_job(run)
        with cinema.as_(cinema.house_itself):
            await cinema.vod.encoding._making._workroom.shop()
            order = await cinema.vod.encoding._begin(EncodeFirst(asset_id=ticket.id, revision=1), "first")
            assert order is not None
            supervised = cinema.vod.encoding.supervised(order)
            async with supervised.minding() as watch:
                await cinema.vod.encoding._making.make(order, watch)

    working = asyncio.create_task(encode())
    await encoders.until({"T"})
    await asyncio.sleep(0.6)
    assert encoders.states() == {"T"}
    run.is_held = False
    await working
    assert encoders.states() == set()
