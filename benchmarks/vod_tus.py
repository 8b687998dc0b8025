"""Uploads by tus against a plain PUT of the same bytes through the same server, and the server's memory.

Claim (vod, section 11): tus is at least half as fast as PUT, while each turn of 8 MiB is on disk before its
offset moves; the memory of the server grows by less than 64 MB. The sender is a process of its own.
"""

import asyncio
import contextlib
import http.client
import resource
import socket
import sys
import time
from urllib.parse import urlsplit

from suuupra.app.processes import running, server_of
from suuupra.services.vod.api import OpenUpload, UploadTicket
from tests import postgres
from tests.services.vod.cinema import Cinema
from tests.services.vod.conftest import opened

BAR = 0.5
GROWTH_MAX_MB = 64
MIB = 1024 * 1024
SIZE = 160 * MIB
CHUNK = 8 * MIB
ROUNDS = 2


def send(method: str, address: str, cookie: str) -> float:
    """Seconds that one file takes; the sender's side, run as a program."""
    place = urlsplit(address)
    block = bytes(CHUNK)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, blocksize=MIB)
    started = time.monotonic()
    if method == "put":
        headers = {"Content-Type": "video/mp4", "Content-Length": str(SIZE)}
        connection.request("PUT", place.path, (block for _ in range(SIZE // CHUNK)), headers)
        _expect(connection, 201)
    else:
        for offset in range(0, SIZE, CHUNK):
            headers = {
                "Content-Type": "application/offset+octet-stream",
                "Tus-Resumable": "1.0.0",
                "Upload-Offset": str(offset),
                "Cookie": cookie,
            }
            connection.request("PATCH", place.path, block, headers)
            _expect(connection, 204)
    return time.monotonic() - started


def _expect(connection: http.client.HTTPConnection, status: int) -> None:
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != status:
        raise RuntimeError(f"{answer.status}: {said[:200]!r}")


async def measured(cinema: Cinema, method: str, address: str) -> float:
    """One upload by the sender's process."""
    with cinema.as_(cinema.teacher):
        ticket: UploadTicket = await cinema.vod.uploads.open(
            OpenUpload(
                owner_id=cinema.teacher.person(),
                name="film.mp4",
                length_bytes=SIZE,
                media_type="video/mp4",
                method="put" if method == "put" else "tus",
            )
        )
    cookies = cinema.browser(cinema.teacher).cookies
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    program = (sys.executable, "-m", "benchmarks.vod_tus", method, f"{address}{ticket.address}", cookie)
    process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    cinema.tickets = [ticket]
    await cinema.leave()
    await cinema.house.run_until_idle()
    return float(said)


def peak_mb() -> float:
    """The most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def compare(dsn: str) -> tuple[float, float, float]:
    """Best seconds of PUT and of tus, and by how much the peak grew during tus alone."""
    async with opened(dsn, log_level="error") as cinema, contextlib.AsyncExitStack() as stack:
        listener = socket.create_server(("127.0.0.1", 0))
        server = server_of(cinema.house.app, cinema.house.premises.settings, secure=False)
        await stack.enter_async_context(running(server, [listener]))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        before = peak_mb()
        tus = [await measured(cinema, "tus", address)]
        grown = peak_mb() - before
        put = []
        for _ in range(ROUNDS):
            put.append(await measured(cinema, "put", address))
            tus.append(await measured(cinema, "tus", address))
        return min(put), min(tus), grown


def main() -> int:
    with postgres.running_server() as server:
        dsn = server.url(asyncio.run(postgres.clone(server)))
        put_s, tus_s, grown_mb = asyncio.run(compare(dsn))
    ratio = put_s / tus_s
    mib = SIZE / MIB
    print(f"PUT {mib / put_s:.0f} MiB/s, tus {mib / tus_s:.0f} MiB/s: {ratio:.2f} (bar {BAR})")
    print(f"memory grew by {grown_mb:.0f} MB (bar {GROWTH_MAX_MB})")
    return 0 if ratio >= BAR and grown_mb < GROWTH_MAX_MB else 1


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(send(*sys.argv[1:]))
    else:
        sys.exit(main())
