"""Processes that are killed or frozen: nothing acknowledged is lost, nothing happens twice."""

import asyncio
import os
import signal

import pytest

from tests.covers import covers
from tests.platform.ground import Ground, eventually, publish
from tests.platform.ground.lottery import Lottery, kill, start
from tests.platform.ground.process import KEYS


@covers("PLT-2", "PLT-3", "PLT-17")
@pytest.mark.timeout(120)
async def test_kill_lottery(ground: Ground) -> None:
    lottery = Lottery(ground, seed=20261121)
    await lottery.draw(kills=5)
    await check(lottery)


async def check(lottery: Lottery) -> None:
    numbers = list(range(lottery.next_n))
    effects = await lottery.effects()
    assert lottery.acknowledged == numbers
    for kind in ("made", "handled", "done", "then"):
        assert sorted(effects[kind]) == numbers, kind
    assert set(effects["reminded"]) == set(numbers)
    for key in range(KEYS):
        handled = [n for n in effects["handled"] if n % KEYS == key]
        assert handled == sorted(handled)


@covers("PLT-2", "PLT-17")
@pytest.mark.timeout(120)
async def test_a_relay_that_was_frozen_over_an_election_moves_nothing_twice(ground: Ground) -> None:
    frozen, other = await start("relay", ground, slot="work-0"), await start("relay", ground, slot="work-1")
    for process in (frozen, other):
        assert process.stdout is not None
        await process.stdout.readline()
    work = ground.work()

    async def leader() -> str:
        return str(await ground.one("select holder from kernel.lease where name = 'relay' and until > now()"))

    async def someone_leads() -> bool:
        return await leader() in {"work-0", "work-1"}

    await eventually(someone_leads)
    if await leader() == "work-1":
        frozen, other = other, frozen
    first = await leader()
    await publish(work, *range(20), name="key")
    os.kill(frozen.pid, signal.SIGSTOP)

    async def the_other_leads() -> bool:
        return await leader() not in {first, "None"}

    try:
        await publish(work, *range(20, 40), name="key")
        await eventually(the_other_leads)
        await publish(work, *range(40, 60), name="key")
    finally:
        os.kill(frozen.pid, signal.SIGCONT)
    await publish(work, *range(60, 80), name="key")

    async def all_moved() -> bool:
        return bool(await ground.one("select count(*) = 0 from kernel.outbox"))

    await eventually(all_moved)
    rows = await ground.rows("select (payload->>'n')::int as n from kernel.event order by position")
    assert [row["n"] for row in rows] == list(range(80))
    assert await leader() not in {first, "None"}
    await asyncio.gather(kill(frozen), kill(other))
