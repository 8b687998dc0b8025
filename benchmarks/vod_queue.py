"""What a full encode queue costs those who read and write meanwhile: p95 against the same idle, in one run.

Claim (vod, section 11): at most 1.5 times as slow. A worker of its own encodes a 720p film of two minutes; a
request that reads rows and a commit with an event are timed here, while the encoder runs and while it is
stopped, in turns, so that whatever else runs on the machine falls on both alike.
"""

import asyncio
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import imageio_ffmpeg

from suuupra.services.vod.api import OpenPlayback
from tests import postgres
from tests.postgres import cache_folder
from tests.services.vod.cinema import IDS, Cinema
from tests.services.vod.conftest import opened

BAR = 1.5
FOREMOST = -15
ROUNDS, COUNT = 6, 40
PAUSE_S = 0.01
SOURCE = ["-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30:d=120", "-f", "lavfi", "-i", "sine=f=440:d=120"]


def film() -> Path:
    """Made once."""
    kept = cache_folder() / "films" / "benchmark-720p.mp4"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *SOURCE]
        command += [
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "aac",
            str(kept),
        ]
        subprocess.run(command, check=True)
    return kept


def is_foremost() -> bool:
    """Root measures above whatever else runs on the machine; the worker stays an ordinary process."""
    return os.getpriority(os.PRIO_PROCESS, 0) == FOREMOST


@dataclass
class Taken:
    """Seconds of single acts."""

    request: list[float] = field(default_factory=list)
    commit: list[float] = field(default_factory=list)

    def p95_ms(self) -> list[float]:
        return [statistics.quantiles(one, n=20)[-1] * 1000 for one in (self.request, self.commit)]


async def timed(act: Callable[[], Awaitable[object]], taken: list[float]) -> None:
    """With a breath between them."""
    for _ in range(COUNT):
        started = time.perf_counter()
        await act()
        taken.append(time.perf_counter() - started)
        await asyncio.sleep(PAUSE_S)


async def both(cinema: Cinema, taken: Taken) -> None:
    """A request through the door, and a commit of a row and an event."""
    client = cinema.browser(cinema.teacher)
    plan = OpenPlayback(asset_id=cinema.film.id if cinema.film else IDS.new(), context_ref="")

    async def read() -> None:
        assert (await client.get("/api/v1/assets")).status_code == 200

    async def write() -> None:
        with cinema.as_(cinema.teacher):
            await cinema.vod.playing.open(plan)

    await timed(read, taken.request)
    await timed(write, taken.commit)


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(below for child in children for below in tree(int(child)))]


def stand(process: asyncio.subprocess.Process, *, still: bool) -> None:
    """Stop the worker with its encoder, or let them go on."""
    for pid in tree(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP if still else signal.SIGCONT)


async def compare(dsn: str) -> tuple[Taken, Taken]:
    """In turns, so that whatever else runs on the machine falls on both alike."""
    idle, busy = Taken(), Taken()
    async with opened(dsn, log_level="error") as cinema:
        cinema.film = await cinema.ready("silent.mp4")
        await cinema.look(await cinema.uploaded(film()))
        worker = (sys.executable, "-m", "tests.services.vod.dying", dsn, str(cinema.home), "nowhere=raise")
        program = ("nice", "-n", str(-FOREMOST), *worker) if is_foremost() else worker
        process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.DEVNULL)
        try:
            await until_it_encodes(cinema)
            for _ in range(ROUNDS):
                stand(process, still=True)
                await both(cinema, idle)
                stand(process, still=False)
                await both(cinema, busy)
            if process.returncode is not None:
                raise RuntimeError("the queue was empty before the end: take a longer film")
        finally:
            process.kill()
            await process.wait()
    return idle, busy


async def until_it_encodes(cinema: Cinema) -> None:
    async with cinema.house.premises.database.pool.driver() as driver:
        running = "select count(*) from vod.step where name = 'first' and state = 'running'"
        while not await driver.fetchval(running):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.05)


def main() -> int:
    if os.geteuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, FOREMOST)
        with contextlib.suppress(OSError):  # a kernel that shares by session looks at this one first
            Path("/proc/self/autogroup").write_text(str(FOREMOST))
    with postgres.running_server() as server:
        taken = asyncio.run(compare(server.url(asyncio.run(postgres.clone(server)))))
    idle, busy = (one.p95_ms() for one in taken)
    ratios = [during / before for before, during in zip(idle, busy, strict=True)]
    for name, before, during, ratio in zip(("request", "commit"), idle, busy, ratios, strict=True):
        print(f"{name} p95 {before:.1f} ms idle, {during:.1f} ms with a full queue: {ratio:.2f} (bar {BAR})")
    return 0 if max(ratios) <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
