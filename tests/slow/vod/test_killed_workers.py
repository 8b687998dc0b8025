"""Fifty workers killed while they encode: every film is whole in the end, and no encoder is left behind."""

import asyncio
import random
import sys
from pathlib import Path

import pytest

from suuupra.services.vod.api import UploadTicket
from tests.covers import covers
from tests.services.vod.cinema import Cinema
from tests.services.vod.conftest import OpenCinema

KILLS, KILLS_A_FILM = 50, 2  # the poster's job is left to the tending, ten minutes later, at its third
READY_S = 60.0


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


async def left(cinema: Cinema) -> list[str]:
    """Steps and jobs that are not done, for a failed test."""
    found = []
    async with cinema.house.premises.database.pool.driver() as driver:
        for query in (
            "select name, chunk, state, tries, error from vod.step where state <> 'done'",
            "select name, state, attempts, run_at, worker, last_error from kernel.job where state <> 'done'",
        ):
            found += [str(dict(row)) for row in await driver.fetch(query)]
    return found


async def killed(cinema: Cinema, dsn: str, ticket: UploadTicket, delay_s: float) -> bool:
    """Kill a worker after a while; whether the film was still being made."""
    process = await work(dsn, cinema.home)
    await asyncio.sleep(delay_s)
    process.kill()
    await process.wait()
    return (await cinema.asset(ticket.id)).state != "ready"


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
                if not await killed(cinema, fresh_database, ticket, chance.uniform(1.5, 3.5)):
                    break
                count += 1
            await asyncio.sleep(0.5)
            assert encoders_of(cinema.home) == []
            last = await work(fresh_database, cinema.home)
            for _ in range(int(READY_S * 5)):
                if (await cinema.asset(ticket.id)).state == "ready":
                    break
                await asyncio.sleep(0.2)
            else:
                raise AssertionError("\n".join(await left(cinema)))
            last.kill()
            await last.wait()
            asset = await cinema.asset(ticket.id)
            assert (asset.state, asset.permille) == ("ready", 1000)
            listed = await cinema.browser(cinema.teacher).get((await cinema.plan(asset=asset)).hls)
            assert listed.status_code == 200
    assert count >= KILLS
