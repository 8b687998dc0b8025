"""A real uvicorn in the test's own loop, on a free loopback port or a Unix socket."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from suuupra.platform.unix import short


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, unix: Path | None = None) -> AsyncIterator[str]:
    """The address of a server that lives as long as the block."""
    if unix is None:
        listener = socket.create_server(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    else:
        listener = socket.socket(socket.AF_UNIX)
        with short(unix) as path:
            listener.bind(path)
        address = f"unix:{unix}"
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has a flag, no event
        await asyncio.sleep(0.005)
    try:
        yield address
    finally:
        server.should_exit = True
        await task
        listener.close()
