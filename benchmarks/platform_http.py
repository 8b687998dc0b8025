"""Remote port against bare FastAPI and httpx2: the same message, the same loopback, one run.

Claim (platform, section 11): the remote port takes at most 0.4 of the latency, although it also proves
who calls, for whom, until when. Servers run in a process of their own; the two take turns call by call,
so that whatever else the machine does falls on both. Both loops are kept awake: on an idle virtual machine
waking a core takes longer than the call, and is the same for both.
"""

import asyncio
import multiprocessing
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol
from uuid import UUID

import httpx2
import uvicorn
import uvloop
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.types import ASGIApp

from suuupra.kernel.auth import Principal
from suuupra.kernel.call import Call, calling
from suuupra.kernel.clock import SystemClock
from suuupra.kernel.logs import configure
from suuupra.kernel.messages import Message, Query
from suuupra.platform.http import RemotePorts, serve_port
from suuupra.platform.keys import FileKeys, Seals

BAR = 0.4
CALLS = 1_000


class FindBook(Query):
    title: str
    pages_min: int = 0


class Book(Message):
    title: str
    pages: int
    subjects: tuple[str, ...] = ()


class Shelves(Protocol):
    async def find(self, query: FindBook) -> Book: ...


class Librarian:
    async def find(self, query: FindBook) -> Book:
        return Book(title=query.title, pages=300, subjects=("poetry", "translation"))


def bare() -> ASGIApp:
    app, librarian = FastAPI(), Librarian()

    @app.post("/books")
    async def find(query: FindBook) -> Book:
        return await librarian.find(query)

    return app


def ported(keys: Path) -> ASGIApp:
    seals = Seals(FileKeys(keys), SystemClock())
    return Starlette(routes=serve_port(Shelves, Librarian, "library", seals, frozenset({"reader"})))


async def stay_awake() -> None:
    """Turn with the loop until cancelled."""
    while True:  # noqa: ASYNC110 - it waits for nothing, on purpose
        await asyncio.sleep(0)


def serve(keys: Path, bare_socket: socket.socket, port_socket: socket.socket) -> None:
    async def both() -> None:
        pairs = ((bare(), bare_socket), (ported(keys), port_socket))
        configs = [(uvicorn.Config(app, log_config=None, lifespan="off"), one) for app, one in pairs]
        servers = [uvicorn.Server(config).serve(sockets=[one]) for config, one in configs]
        await asyncio.gather(stay_awake(), *servers)

    configure(level="info", as_json=True)
    uvloop.run(both())


async def medians_ms(*calls: Callable[[], Awaitable[object]]) -> list[float]:
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(CALLS):
        for call, times in zip(calls, taken, strict=True):
            started = time.perf_counter()
            await call()
            times.append((time.perf_counter() - started) * 1000)
    return [statistics.median(times) for times in taken]


async def measure(keys: Path, bare_address: str, port_address: str) -> tuple[float, float]:
    ports = RemotePorts(Seals(FileKeys(keys), SystemClock()))
    shelves = ports.bind(Shelves, "library", port_address, "reader")
    query = FindBook(title="Gitanjali", pages_min=10)
    reader = Principal(subject=UUID(int=7), kind="person", roles=frozenset({"student"}), strength=1)
    async with httpx2.AsyncClient(base_url=bare_address, trust_env=False) as client:

        async def by_httpx() -> Book:
            answer = await client.post("/books", json=query.model_dump(mode="json"))
            return Book.model_validate_json(answer.content)

        async def by_port() -> Book:
            with calling(Call(principal=reader)):
                return await shelves.find(query)

        awake = asyncio.ensure_future(stay_awake())
        await medians_ms(by_httpx, by_port)
        bare_ms, port_ms = await medians_ms(by_httpx, by_port)
        awake.cancel()
    await ports.close()
    return bare_ms, port_ms


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder, "keys")
        FileKeys(keys)
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        addresses = [f"http://127.0.0.1:{one.getsockname()[1]}" for one in sockets]
        child = multiprocessing.get_context("fork").Process(target=serve, args=(keys, *sockets), daemon=True)
        child.start()
        try:
            bare_ms, port_ms = uvloop.run(measure(keys, addresses[0], addresses[1]))
        finally:
            child.kill()
            child.join()
            for one in sockets:
                one.close()
    ratio = port_ms / bare_ms
    print(f"platform_http: bare {bare_ms:.3f} ms, port {port_ms:.3f} ms, ratio {ratio:.3f} (bar {BAR})")
    return 0 if ratio <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
