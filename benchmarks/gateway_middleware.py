"""A JSON route of 1 kB behind the door against the same route bare, in one run.

Claim (ADR 29; the plan had 0.85): with everything on (one path form, limits, trace, figures, headers, a line
in the log) the door keeps at least 0.6 of the bare rate. Both are whole FastAPI apps under uvicorn in a
process of their own; counted is the processor time of that process a request, so that what else runs on the
machine falls on neither. They take turns; the median of each counts.
"""

import asyncio
import multiprocessing
import os
import socket
import statistics
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from suuupra.kernel import logs
from suuupra.kernel.clock import SystemClock
from suuupra.kernel.manifest import Site
from suuupra.kernel.problems import Problem
from suuupra.platform.cache import ProcessLimits
from suuupra.services.gateway.service import Gateway
from suuupra.services.gateway.settings import GatewaySettings

BAR = 0.6
ROUNDS = 11
REQUESTS = 400
CONNECTIONS = 4
ASK = (
    b"GET /api/v1/courses/calculus HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
    b"User-Agent: benchmark\r\n\r\n"
)


class Course(BaseModel):
    slug: str
    summary: str


def bare() -> ASGIApp:
    app = FastAPI(openapi_url=None)

    @app.get("/api/v1/courses/{slug}")
    async def course(slug: str) -> Course:
        return Course(slug=slug, summary="x" * 960)

    return app


def behind_the_door() -> ASGIApp:
    async def draw(_: Request, error: Exception) -> Response:
        return JSONResponse({}, error.status if isinstance(error, Problem) else 500)

    settings = GatewaySettings(api_anonymous_per_15min=1_000_000)
    return Gateway(Site(), settings, ProcessLimits(SystemClock()), None).wrap(bare(), draw)


def serve(sockets: list[socket.socket], pipe: Connection) -> None:
    """Both apps in one process; says its own processor time when asked."""
    sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - written, and read by nobody
    logs.configure(level="info", as_json=True)

    async def run() -> None:
        options = {"log_config": None, "access_log": False, "lifespan": "off", "http": "httptools"}
        apps = (bare(), behind_the_door())
        servers = [uvicorn.Server(uvicorn.Config(app, **options)) for app in apps]  # type: ignore[arg-type]
        asyncio.get_running_loop().add_reader(pipe.fileno(), answer)
        await asyncio.gather(
            *(server.serve(sockets=[one]) for server, one in zip(servers, sockets, strict=True))
        )

    def answer() -> None:
        pipe.recv()
        pipe.send(time.process_time())

    import uvloop

    uvloop.run(run())


async def ask(port: int, count: int) -> None:
    """Ask over one connection, one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(count):
        writer.write(ASK)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
    writer.close()


def cpu_s(pipe: Connection) -> float:
    pipe.send(None)
    return float(pipe.recv())


async def measure(ports: list[int], pipe: Connection) -> list[float]:
    """Processor seconds a request, bare and behind the door."""
    times: list[list[float]] = [[], []]
    for turn in range(ROUNDS + 1):
        for which, port in enumerate(ports):
            before = cpu_s(pipe)
            await asyncio.gather(*(ask(port, REQUESTS // CONNECTIONS) for _ in range(CONNECTIONS)))
            if turn:  # the first turn warms up
                times[which].append((cpu_s(pipe) - before) / REQUESTS)
    return [statistics.median(one) for one in times]


def main() -> int:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    here, there = multiprocessing.get_context("fork").Pipe()
    server = multiprocessing.get_context("fork").Process(target=serve, args=(sockets, there), daemon=True)
    server.start()
    bare_s, door_s = asyncio.run(measure([one.getsockname()[1] for one in sockets], here))
    server.terminate()
    server.join(5)
    ratio = bare_s / door_s
    print(
        f"gateway_middleware: {door_s * 1e6:.0f} us of processor against {bare_s * 1e6:.0f} us bare,"
        f" {ratio:.2f} of the bare rate (bar {BAR})"
    )
    return 0 if ratio >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
