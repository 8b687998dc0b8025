"""The same topics by Server-Sent Events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import httpx2
import pytest

from suuupra.platform.hub import HubServer, events
from tests.covers import covers
from tests.platform.hub.conftest import MIRA, RAVI, until


@asynccontextmanager
async def stream(
    address: str, hub: HubServer, session: UUID | None = None, last_id: str = ""
) -> AsyncIterator[tuple[httpx2.Response, AsyncIterator[str]]]:
    parameters = {"topic": "job", "ticket": hub.ticket("job", session)}
    given = {"Last-Event-ID": last_id} | ({"X-Session": str(session)} if session else {})
    async with (
        httpx2.AsyncClient(base_url=address, trust_env=False) as client,
        client.stream("GET", "/realtime/events", params=parameters, headers=given) as answer,
    ):
        yield answer, blocks(answer)


async def blocks(answer: httpx2.Response) -> AsyncIterator[str]:
    """Each event or comment."""
    lines: list[str] = []
    async for line in answer.aiter_lines():
        if line:
            lines.append(line)
        elif lines:
            yield "\n".join(lines)
            lines = []


async def following(found: AsyncIterator[str]) -> str:
    return await asyncio.wait_for(anext(found), 5)


@covers("PLT-5")
async def test_events_come_with_their_ids_and_are_resumed(hub: HubServer, address: str) -> None:
    async with stream(address, hub) as (answer, found):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert await following(found) == ": here"
        await hub.announce("job", {"value": 1}, kind="log")
        last = hub._last_id
        assert await following(found) == f'id: {last}\ndata: {{"value":1}}'
    for value in (2, 3):
        await hub.announce("job", {"value": value}, kind="log")
    async with stream(address, hub, last_id=str(last)) as (_, found):
        await following(found)
        assert (await following(found)).endswith('{"value":2}')
        assert (await following(found)).endswith('{"value":3}')


@covers("PLT-5")
async def test_lost_lines_are_said(hub: HubServer, address: str) -> None:
    async with stream(address, hub, last_id="5") as (_, found):
        assert await following(found) == "event: resync\ndata: {}"


@covers("PLT-5")
async def test_a_quiet_stream_stays_alive(
    hub: HubServer, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "COMMENT_EVERY_S", 0.02)
    async with stream(address, hub) as (_, found):
        assert [await following(found) for _ in range(3)] == [": here", ": still here", ": still here"]


@covers("PLT-5", "PLT-9")
async def test_without_a_right_there_is_no_stream(hub: HubServer, address: str) -> None:
    await hub.revoke(RAVI)
    async with stream(address, hub, RAVI) as (answer, _):
        assert answer.status_code == 403
    async with httpx2.AsyncClient(base_url=address, trust_env=False) as client:
        for ticket in ("", hub.ticket("job", MIRA), hub.ticket("other", None)):
            answer = await client.get("/realtime/events", params={"topic": "job", "ticket": ticket})
            assert answer.status_code == 403


@covers("PLT-5")
async def test_sign_out_and_drain_end_it(hub: HubServer, address: str) -> None:
    async with stream(address, hub, MIRA) as (_, found):
        await following(found)
        await hub.revoke(MIRA)
        assert await following(found) == "event: signed-out\ndata: {}"
    async with stream(address, hub) as (_, found):
        await following(found)
        await hub.drain()
        assert await following(found) == "retry: 3000"
        with pytest.raises(StopAsyncIteration):
            await following(found)
    await until(lambda: not hub._topics.listeners)
