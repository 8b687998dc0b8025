"""Probes: alive whatever happens, ready only with all parts, started once and for all."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.oversight import Part
from suuupra.platform.observe import Readiness, health, health_routes, version_route
from tests.covers import covers


class Database:
    """A part that is as it is told to be, and counts how often it was asked."""

    def __init__(self) -> None:
        self.state, self.asked, self.delay_s = "well", 0, 0.0
        self.error: Exception | None = None

    async def check(self) -> Part:
        self.asked += 1
        await asyncio.sleep(self.delay_s)
        if self.error:
            raise self.error
        return Part(name="postgres", state=self.state, version="18.6")


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 11, 24, 12, tzinfo=UTC))


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def readiness(database: Database, clock: FrozenClock) -> Readiness:
    return Readiness({"postgres": database.check}, clock)


@pytest.fixture
async def client(readiness: Readiness) -> AsyncIterator[httpx2.AsyncClient]:
    routes = health_routes(readiness, lambda: {"identity": True, "vod": False})
    routes.append(version_route("1.2.3", "abc", {"content": "d1"}))
    transport = httpx2.ASGITransport(app=Starlette(routes=routes))
    async with httpx2.AsyncClient(transport=transport, base_url="http://house") as made:
        yield made


async def ask(client: httpx2.AsyncClient, path: str) -> tuple[int, Any]:
    answer = await client.get(path)
    return answer.status_code, answer.json()


@covers("PLT-13", "OPS-25")
async def test_ready_lists_each_part(client: httpx2.AsyncClient) -> None:
    parts = [{"name": "postgres", "version": "18.6"}]
    assert await ask(client, "/health/ready") == (200, {"ready": True, "draining": False, "parts": parts})
    assert await ask(client, "/health") == (200, {"identity": True, "vod": False})


@covers("PLT-13", "OPS-25")
@pytest.mark.parametrize("how", ["away", "raises", "hangs"])
async def test_without_its_database_it_lives_and_is_not_ready(
    client: httpx2.AsyncClient, database: Database, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CHECK_LIMIT_S", 0.05)
    database.state = "away" if how == "away" else "well"
    database.error = ConnectionRefusedError() if how == "raises" else None
    database.delay_s = 30 if how == "hangs" else 0
    assert (await ask(client, "/health/live"))[0] == 200
    assert database.asked == 0
    status, body = await ask(client, "/health/ready")
    assert (status, body["parts"][0]["state"]) == (503, "away")
    assert (await ask(client, "/health/started")) == (503, {"started": False})
    assert (await ask(client, "/health"))[1] == {"identity": False, "vod": False}


@covers("OPS-25")
async def test_a_degraded_part_does_not_take_the_process_out(
    client: httpx2.AsyncClient, database: Database
) -> None:
    database.state = "degraded"
    assert (await ask(client, "/health/ready"))[0] == 200


@covers("OPS-25")
async def test_started_stays_true_when_the_database_blinks(
    client: httpx2.AsyncClient, database: Database, clock: FrozenClock
) -> None:
    assert (await ask(client, "/health/started"))[0] == 200
    database.state = "away"
    clock.advance(5)
    assert (await ask(client, "/health/ready"))[0] == 503
    assert (await ask(client, "/health/started"))[0] == 200
    database.state = "well"
    clock.advance(5)
    assert (await ask(client, "/health/ready"))[0] == 200


@covers("OPS-25")
async def test_draining_is_said_at_once_and_parts_are_still_told(
    client: httpx2.AsyncClient, readiness: Readiness
) -> None:
    assert (await ask(client, "/health/ready"))[0] == 200
    readiness.drain()
    status, body = await ask(client, "/health/ready")
    assert (status, body["ready"], body["draining"]) == (503, False, True)
    assert (await ask(client, "/health/live"))[0] == 200


@covers("OPS-25")
async def test_a_storm_of_probes_asks_the_database_once_a_second(
    client: httpx2.AsyncClient, database: Database, clock: FrozenClock
) -> None:
    await asyncio.gather(*(ask(client, "/health/ready") for _ in range(50)))
    assert database.asked == 1
    clock.advance(1.1)
    await ask(client, "/health/ready")
    assert database.asked == 2


@covers("PLT-13")
async def test_the_version_says_what_runs(client: httpx2.AsyncClient) -> None:
    told = {"version": "1.2.3", "commit": "abc", "contracts": {"content": "d1"}}
    assert await ask(client, "/version") == (200, told)
