"""A proxy before PostgreSQL that loses the answer to a COMMIT: the server has it, the client never knows."""

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

SOCKET = ".s.PGSQL.5432"


class Cut:
    """`is_armed`: the next COMMIT reaches the server and its answer nobody."""

    def __init__(self, dsn: str, folder: Path) -> None:
        parts = urlsplit(dsn)
        self._target = Path(parse_qs(parts.query)["host"][0]) / SOCKET
        self.dsn = f"postgresql://{parts.username}@{parts.path}?host={quote(str(folder), safe='')}"
        self.is_armed = False
        self.connections: set[asyncio.Task[None]] = set()

    async def serve(self, client: StreamReader, to_client: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connections.add(task)
        server, to_server = await asyncio.open_unix_connection(self._target)
        lost = asyncio.Event()
        ways = [
            asyncio.create_task(self._forward(client, to_server, lost)),
            asyncio.create_task(self._answer(server, to_client, lost)),
        ]
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for end in (to_client, to_server):
            end.close()
        self.connections.discard(task)

    async def _forward(self, client: StreamReader, to_server: StreamWriter, lost: asyncio.Event) -> None:
        while data := await client.read(65536):
            if self.is_armed and b"COMMIT" in data:
                self.is_armed = False
                lost.set()
            to_server.write(data)

    async def _answer(self, server: StreamReader, to_client: StreamWriter, lost: asyncio.Event) -> None:
        while (data := await server.read(65536)) and not lost.is_set():
            to_client.write(data)


@asynccontextmanager
async def losing_commits(dsn: str, folder: Path) -> AsyncIterator[Cut]:
    """A DSN through the proxy."""
    cut = Cut(dsn, folder)
    listener = await asyncio.start_unix_server(cut.serve, folder / SOCKET)
    try:
        yield cut
    finally:
        listener.close()
        for task in list(cut.connections):
            task.cancel()
        await asyncio.gather(*cut.connections, return_exceptions=True)
