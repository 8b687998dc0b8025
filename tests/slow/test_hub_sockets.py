"""Two thousand open pages on one process: how late they hear, and what each costs."""

import asyncio
import base64
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import uvloop

from tests.covers import covers

SOCKETS, ROOM, ANNOUNCED_A_SECOND, SECONDS = 2_000, 20, 100, 10
P95_MS, SOCKET_KB = 150, 35

SERVER = """
import asyncio, sys, time
from pathlib import Path
import uvicorn, uvloop
from starlette.applications import Starlette
from suuupra.kernel.clock import SystemClock
from suuupra.platform.hub import HubServer
from suuupra.platform.keys import FileKeys

async def main(home, rooms, a_second, seconds):
    hub = HubServer(FileKeys(home / "keys"), SystemClock(), home / "hub", "web-0")
    await hub.start()
    config = uvicorn.Config(
        Starlette(routes=hub.routes()), host="127.0.0.1", port=0, log_config=None, lifespan="off",
        ws="websockets-sansio", ws_per_message_deflate=False,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    tickets = [hub.ticket(f"room{number}", None) for number in range(rooms)]
    print(server.servers[0].sockets[0].getsockname()[1], *tickets, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    started = time.monotonic()
    for number in range(a_second * seconds):
        await asyncio.sleep(max(0, started + number / a_second - time.monotonic()))
        message = {"at": time.monotonic(), "text": "x" * 200}
        await hub.announce(f"room{number % rooms}", message, kind="log")
    await asyncio.to_thread(sys.stdin.readline)
    server.should_exit = True
    await serving
    await hub.stop()

uvloop.run(main(Path(sys.argv[1]), *map(int, sys.argv[2:])))
"""


class Page(asyncio.Protocol):
    """As little of a WebSocket client as will do: unmasked text frames of less than 64 kB come in."""

    def __init__(self, wish: str, late_ms: list[float]) -> None:
        self.wish, self.late_ms, self.buffer, self.is_open = wish.encode(), late_ms, b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        head = (
            "GET /realtime HTTP/1.1\r\nHost: house\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self.write(head.encode())

    def write(self, body: bytes) -> None:
        self.transport.write(body)  # type: ignore[attr-defined]  # uvloop's transport has it

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.is_open and b"\r\n\r\n" in self.buffer:
            self.buffer = self.buffer.partition(b"\r\n\r\n")[2]
            self.is_open = True
            self.write(bytes([0x81, 0xFE]) + len(self.wish).to_bytes(2) + bytes(4) + self.wish)
        while self.is_open and len(self.buffer) >= 2:
            is_long = self.buffer[1] == 126
            head, size = (4, int.from_bytes(self.buffer[2:4])) if is_long else (2, self.buffer[1])
            if len(self.buffer) < head + size:
                return
            frame, self.buffer = self.buffer[head : head + size], self.buffer[head + size :]
            if b'"at"' in frame:
                self.late_ms.append((time.monotonic() - json.loads(frame)["message"]["at"]) * 1000)


async def until(condition: Callable[[], bool], within_s: float) -> None:
    """Look ten times a second."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while not condition():  # noqa: ASYNC110 - it depends on another process
                await asyncio.sleep(0.1)


def resident_kb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1000


async def crowd(
    server: "subprocess.Popen[bytes]", port: int, tickets: list[str]
) -> tuple[list[float], float]:
    """Open the pages, let the server speak; how late each message came, and what a page costs."""
    late_ms, pages = list[float](), list[Page]()
    before_kb = resident_kb(server.pid)
    for number in range(SOCKETS):
        room = number % len(tickets)
        wish = json.dumps({"subscribe": tickets[room], "topic": f"room{room}", "after": None})
        page = Page(wish, late_ms)
        await asyncio.get_running_loop().create_connection(partial(_same, page), "127.0.0.1", port)
        pages.append(page)
        if number % 50 == 0:
            await asyncio.sleep(0.01)
    await until(lambda: all(page.is_open for page in pages), 30)
    await asyncio.sleep(1)
    each_kb = (resident_kb(server.pid) - before_kb) / SOCKETS
    assert server.stdin is not None
    server.stdin.write(b"\n")
    server.stdin.flush()
    await until(lambda: len(late_ms) >= ANNOUNCED_A_SECOND * SECONDS * ROOM, SECONDS + 10)
    for page in pages:
        page.transport.close()
    return late_ms, each_kb


def _same(page: Page) -> Page:
    return page


@pytest.mark.timeout(120)
@covers("PLT-5")
def test_two_thousand_pages_hear_two_thousand_messages_a_second(tmp_path: Path) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    figures = map(str, (SOCKETS // ROOM, ANNOUNCED_A_SECOND, SECONDS))
    command = [sys.executable, "-c", SERVER, str(tmp_path), *figures]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        port, *tickets = server.stdout.readline().decode().split()
        late_ms, each_kb = uvloop.run(crowd(server, int(port), tickets))
        server.communicate(b"\n", timeout=15)
    p95_ms = statistics.quantiles(late_ms, n=20)[-1]
    sys.stdout.write(f"{len(late_ms)} deliveries, p95 {p95_ms:.1f} ms, {each_kb:.1f} kB a socket\n")
    assert len(late_ms) == ANNOUNCED_A_SECOND * SECONDS * ROOM
    assert p95_ms <= P95_MS
    assert each_kb <= SOCKET_KB
