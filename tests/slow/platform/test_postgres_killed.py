"""kill -9 of PostgreSQL while web and work go on: nothing acknowledged is lost, nothing happens twice."""

import asyncio
import random

import pytest

from suuupra.platform.postgres import migrate
from tests import postgres
from tests.covers import covers
from tests.platform.events.test_kills import check
from tests.platform.ground import SCHEMAS, standing
from tests.platform.ground.lottery import Lottery, kill, start

KILLS = 4


async def crash(server: postgres.Server) -> postgres.Server:
    """Kill the postmaster and start another one; orphans may hold the shared memory for a moment."""
    server.process.kill()
    server.process.wait()
    for _ in range(50):
        try:
            return postgres._start(server.folder)
        except RuntimeError:
            await asyncio.sleep(0.2)
    raise TimeoutError("PostgreSQL did not come back")


@covers("PLT-2", "PLT-3", "PLT-17")
@pytest.mark.timeout(600)
async def test_the_server_dies_under_everybody() -> None:
    chance = random.Random(7)
    with postgres.running_server() as server:
        name = await postgres.clone(server, "template1")
        await migrate(server.url(name), SCHEMAS)
        async with standing(server.url(name)) as ground:
            # As in production: what is acknowledged is on disk.
            await ground.run(f"alter database {name} set synchronous_commit = on")
            lottery = Lottery(ground, 7)
            work = await start("work", ground)
            for _ in range(KILLS):
                web = await start("web", ground)
                for _ in range(chance.randint(10, 60)):
                    await lottery._one(web)
                server = await crash(server)  # noqa: PLW2901
                await lottery._one(web)
                await kill(web)
            assert work.returncode is None, "the worker must live through it"
            await kill(work)
            await lottery._come_to_rest()
            await check(lottery)
            server.stop()
