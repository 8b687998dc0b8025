"""Fifty workers killed while they encode: every film is whole in the end, and no encoder is left behind."""

import asyncio
import random
import sys
from pathlib import Path

import pytest

from tests.covers import covers
from tests.services.vod.cinema import Cinema
from tests.services.vod.conftest import OpenCinema

KILLS, KILLS_A_FILM = 50, 4  # a step is given up at its fifth try


async def work(dsn: str, home: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.services.vod.dying", dsn, str(home), ""),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


def encoders_of(home: Path) -> list[str]:
    """Command lines of programs that work below this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if "ffmpeg" in line and str(home) in line:
            found.append(line[:200])
    return found


async def killed(cinema: Cinema, dsn: str, delay_s: float) -> bool:
    """Whether it was still at work when it was killed."""
    process = await work(dsn, cinema.home)
    try:
        await asyncio.wait_for(process.wait(), delay_s)
    except TimeoutError:
        process.kill()
        await process.wait()
        return True
    return False


@covers("VOD-11", "VOD-19")
@pytest.mark.timeout(1200)
async def test_fifty_kills_leave_whole_films_and_no_orphan(
    fresh_database: str, open_cinema: OpenCinema
) -> None:
    chance, count = random.Random(50), 0
    async with open_cinema(slot="work-0") as cinema:
        while count < KILLS:
            ticket = await cinema.uploaded("long.mp4")
            await cinema.look(ticket)
            for _ in range(KILLS_A_FILM):
                count += await killed(cinema, fresh_database, chance.uniform(2.0, 4.0))
            await asyncio.sleep(0.5)
            assert encoders_of(cinema.home) == []
            await cinema.house.run_until_idle()
            asset = await cinema.asset(ticket.id)
            assert (asset.state, asset.permille) == ("ready", 1000)
            listed = await cinema.browser(cinema.teacher).get((await cinema.plan(asset=asset)).hls)
            assert listed.status_code == 200
    assert count >= KILLS
