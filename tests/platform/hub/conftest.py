"""A hub behind a real server; the header `X-Session` stands for what the door found."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from suuupra.kernel.auth import Identified, Principal
from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.problems import Problem
from suuupra.platform.hub import HubServer
from suuupra.platform.keys import FileKeys
from tests.platform.serving import serving

MIRA, RAVI = UUID(int=1), UUID(int=2)
Page = Callable[..., contextlib.AbstractAsyncContextManager[ClientConnection]]


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 11, 24, 12, tzinfo=UTC))


@pytest.fixture
async def hubs(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Callable[[str], Awaitable[HubServer]]]:
    """Makes started hubs by slot, all in one folder."""
    made: list[HubServer] = []

    async def make(slot: str) -> HubServer:
        hub = HubServer(FileKeys(tmp_path / "keys"), clock, tmp_path / "hub", slot)
        await hub.start()
        made.append(hub)
        return hub

    yield make
    for hub in made:
        await hub.stop()


@pytest.fixture
async def hub(hubs: Callable[[str], Awaitable[HubServer]]) -> HubServer:
    return await hubs("web-0")


def behind_a_door(hub: HubServer) -> ASGIApp:
    async def draw(_: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return JSONResponse(error.document(), error.status)

    app = Starlette(routes=hub.routes(), exception_handlers={Problem: draw})

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        if found := Headers(scope=scope).get("x-session"):
            who = Identified(principal=Principal(kind="person", session=UUID(found)))
            scope.setdefault("state", {})["identified"] = who
        await app(scope, receive, send)

    return door


@pytest.fixture
async def address(hub: HubServer) -> AsyncIterator[str]:
    async with serving(behind_a_door(hub)) as where:
        yield where


@pytest.fixture
def page(address: str) -> Page:
    """Opens a page's socket, as the given session."""

    def opened(session: UUID | None = None, **more: Any) -> Any:
        headers = {"X-Session": str(session)} if session else {}
        where = address.replace("http", "ws") + "/realtime"
        return connect(where, additional_headers=headers, compression=None, **more)

    return opened


async def subscribe(socket: ClientConnection, ticket: str, topic: str, after: int | None = None) -> None:
    await socket.send(json.dumps({"subscribe": ticket, "topic": topic, "after": after}))


async def heard(socket: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), 5))


async def rest(socket: ClientConnection) -> list[Any]:
    """All that comes until it is closed."""
    received = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            received.append(await heard(socket))
    return received


async def until(condition: Callable[[], object], within_s: float = 5) -> None:
    """Poll until it holds."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what is waited for lies in another process, or has no event
            await asyncio.sleep(0.005)
