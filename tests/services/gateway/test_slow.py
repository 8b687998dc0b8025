"""Whoever drips is asked to leave, and nobody else feels it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from suuupra.app import patience
from suuupra.app.processes import running, server_of
from suuupra.app.settings import PlatformSettings
from suuupra.services.gateway.service import body as bodies
from tests.covers import covers
from tests.services.gateway.doors import Doors


@covers("GW-6")
async def test_a_body_that_drips_is_a_408_and_a_steady_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "GRACE_S", 0.2)

    async def drip(pause_s: float) -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"x" * 512
            await asyncio.sleep(pause_s)

    async with Doors().client() as client:
        slow, steady = await asyncio.gather(
            client.post("/api/v1/x", content=drip(0.8)), client.post("/api/v1/x", content=drip(0.1))
        )
        assert (slow.status_code, slow.json()["type"]) == (408, "/problems/gateway/body-too-slow")
        assert slow.headers["connection"] == "close"
        assert steady.json()["bytes"] == 2048


@covers("GW-6")
async def test_a_head_that_drips_is_a_408_and_others_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEADERS_S", 0.3)

    async def fine(_: Request) -> Response:
        return PlainTextResponse("fine")

    door = socket.create_server(("127.0.0.1", 0))
    address = door.getsockname()
    async with running(
        server_of(Starlette(routes=[Route("/", fine)]), PlatformSettings(home=Path("/nowhere"))), [door]
    ):
        for said in (b"", b"GET / HTTP/1.1\r\nhost: a\r\nx-slow: "):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(said)
            assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 408 ")
            writer.close()
        reader, writer = await asyncio.open_connection(*address)
        for _ in range(3):  # whole heads, with pauses between them longer than a head may take
            writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            assert b"200 OK" in await asyncio.wait_for(reader.readuntil(b"fine"), 5)
            await asyncio.sleep(0.4)
        writer.write(b"GET / HTTP/1.1\r\nhos")
        assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 408 ")
        writer.close()
