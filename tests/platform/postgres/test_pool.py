"""Connections of a rush stay for the next one and go when it has been quiet."""

import asyncio

import pytest
from sqlalchemy import text

from tests.covers import covers
from tests.platform.ground import Ground, eventually, standing

PIDS = "select pid from pg_stat_activity where datname = current_database() and application_name = 'suuupra'"


async def rush(ground: Ground, width: int = 6) -> set[int]:
    """That many transactions at once; the servers' processes that they ran on."""

    async def one() -> int:
        async with ground.database.pool.driver() as driver:
            return int(await driver.fetchval("select pg_backend_pid() from pg_sleep(0.1)"))

    return set(await asyncio.gather(*(one() for _ in range(width))))


@covers("PLT-6")
async def test_a_second_rush_opens_nothing_and_after_a_quiet_while_all_are_gone(
    ground: Ground, ground_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suuupra.platform.connections.pool.QUIET_S", 0.4)
    async with standing(ground_dsn, size=2, overflow=4) as busy:
        first = await rush(busy)
        assert len(first) == 6
        for _ in range(5):  # longer than it takes to be called quiet, and never quiet
            assert await rush(busy) <= first

        async def are_gone() -> bool:
            left = {row["pid"] for row in await ground.rows(PIDS)}
            return not left & first

        await eventually(are_gone)
        assert len(await rush(busy, 2)) == 2


@covers("PLT-6")
async def test_a_connection_in_use_is_never_taken_away(
    ground_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suuupra.platform.connections.pool.QUIET_S", 0.1)
    async with standing(ground_dsn, size=1, overflow=3) as busy:
        await rush(busy, 4)
        async with busy.database.pool.driver() as held:
            pid = await held.fetchval("select pg_backend_pid()")
            await asyncio.sleep(0.5)
            assert await held.fetchval("select pg_backend_pid()") == pid


@covers("PLT-1", "PLT-6")
async def test_who_is_cancelled_while_a_read_begins_leaves_nobody_a_read_only_transaction(
    ground_dsn: str,
) -> None:
    """At whatever turn of the loop the cancellation comes, the next one on that connection may write."""
    async with standing(ground_dsn, size=1, overflow=0) as alone:

        async def read() -> None:
            async with alone.work().read() as session:
                await session.execute(text("select 1"))

        await read()
        for turn in range(60):
            reader = asyncio.create_task(read())
            for _ in range(turn):
                await asyncio.sleep(0)
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            async with alone.database.pool.transaction("BEGIN") as transaction:
                assert await transaction.driver.fetchval("show transaction_read_only") == "off", turn
