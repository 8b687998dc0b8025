"""tus over a real socket: `tuspy` as it comes from its makers, and lines that break at any byte."""

import asyncio
import contextlib
import hashlib
import random
import signal
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

from tusclient import client as tuspy

from suuupra.app.processes import running, server_of
from suuupra.services.vod.api import UploadTicket
from tests.covers import covers
from tests.services.vod.cinema import Cinema
from tests.services.vod.conftest import OpenCinema
from tests.services.vod.films import film

CUTS = 12


@contextlib.asynccontextmanager
async def served(cinema: Cinema) -> AsyncIterator[str]:
    """The address of the cinema on a loopback port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = server_of(cinema.house.app, cinema.house.premises.settings, secure=False)
    async with running(server, [listener]):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def signed_in(cinema: Cinema) -> str:
    """A cookie of the teacher."""
    return "; ".join(f"{name}={value}" for name, value in cinema.browser(cinema.teacher).cookies.items())


@covers("VOD-1")
async def test_tuspy_uploads_and_goes_on_after_a_pause(cinema: Cinema) -> None:
    path = film("short.mp4")
    async with served(cinema) as address:
        there = tuspy.TusClient(f"{address}/api/v1/uploads/tus", headers={"Cookie": signed_in(cinema)})

        def send() -> str:
            about = {"filename": "talk.mp4", "filetype": "video/mp4"}
            with path.open("rb") as file:
                plan = {"file_stream": file, "metadata": about, "upload_checksum": True}
                begun = there.uploader(chunk_size=50_000, **plan)
                begun.upload(stop_at=150_000)
                again = there.uploader(chunk_size=100_000, file_stream=file, url=begun.url)
                assert again.offset == 150_000
                again.upload()
                return str(again.url)

        address_of = await asyncio.to_thread(send)
    upload_id = address_of.rpartition("/")[2]
    assert await digest(cinema, upload_id) == hashlib.sha256(path.read_bytes()).hexdigest()


async def digest(cinema: Cinema, upload_id: str) -> str:
    """Of what was kept, once it was looked at."""
    objects = cinema.vod.uploads._ground.objects
    async with objects.staged(f"vod/sources/{upload_id}").local() as kept:
        return hashlib.sha256(kept.read_bytes()).hexdigest()


async def broken_patch(address: str, cookie: str, ticket: UploadTicket, rest: bytes, cut: int) -> None:
    """A PATCH of all that is left whose line breaks after `cut` bytes of its body."""
    place: Any = urlsplit(address)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    offset = ticket.offset_bytes
    head = (
        f"PATCH {ticket.address} HTTP/1.1\r\nHost: {place.netloc}\r\nCookie: {cookie}\r\n"
        f"Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n"
        f"Upload-Offset: {offset}\r\nContent-Length: {len(rest)}\r\n\r\n"
    )
    writer.write(head.encode() + rest[:cut])
    await writer.drain()
    writer.transport.abort()
    with contextlib.suppress(ConnectionError):
        await reader.read()


async def settled(cinema: Cinema, ticket: UploadTicket, least: int) -> int:
    """The offset once the server has noticed that the line broke."""
    async with asyncio.timeout(10):
        while cinema.vod.receiving._writing:  # noqa: ASYNC110 - the set has no event
            await asyncio.sleep(0.005)
        offset = -1
        while (now := await cinema.offset(ticket)) != offset or cinema.vod.receiving._writing:
            offset = now  # a line that broke may be noticed late: twice the same, then it is the end
            await asyncio.sleep(0.05)
    assert offset >= least
    return offset


async def cut_and_go_on(cinema: Cinema, body: bytes, cuts: int, seed: int) -> None:
    """A file whose line breaks so many times, and arrives with the same SHA-256."""
    chance = random.Random(seed)
    ticket = await cinema.ticket(body)
    cookie, offset, share = signed_in(cinema), 0, max(4, cuts // 4)
    async with served(cinema) as address:
        for _ in range(cuts):
            cut = chance.randrange(1, max(2, (len(body) - offset) // share))
            at = ticket.model_copy(update={"offset_bytes": offset})
            await broken_patch(address, cookie, at, body[offset:], cut)
            offset = await settled(cinema, ticket, offset)
        assert 0 < offset < len(body)
    answer = await cinema.send(ticket, body[offset:], offset)
    if answer.status_code == 409:  # the last broken PATCH was still being read: a client asks again
        await asyncio.sleep(0.5)
        offset = await cinema.offset(ticket)
        answer = await cinema.send(ticket, body[offset:], offset)
    assert answer.status_code == 204, (offset, len(body), answer.text)
    assert await digest(cinema, str(ticket.id)) == hashlib.sha256(body).hexdigest()


@covers("VOD-1", "VOD-19")
async def test_cut_at_random_bytes_it_goes_on_and_the_bytes_are_equal(cinema: Cinema) -> None:
    await cut_and_go_on(cinema, film("short.mp4").read_bytes(), CUTS, seed=2026)


@covers("VOD-1", "VOD-19")
async def test_bytes_that_were_kept_before_the_row_knew_are_not_asked_for_again(cinema: Cinema) -> None:
    """As after a kill between the append and the commit."""
    body = film("short.mp4").read_bytes()
    ticket = await cinema.ticket(body)
    await cinema.send(ticket, body[:1000])
    objects = cinema.vod.uploads._ground.objects
    await objects.staged(f"vod/sources/{ticket.id}").append(1000, body[1000:3000])
    assert (await cinema.status(ticket)).offset_bytes == 1000
    assert await cinema.offset(ticket) == 3000
    assert (await cinema.send(ticket, body[3000:], 3000)).status_code == 204
    assert await digest(cinema, str(ticket.id)) == hashlib.sha256(body).hexdigest()


@covers("VOD-1", "VOD-19")
async def test_a_whole_file_that_was_not_told_is_looked_at_when_asked_for(
    cinema: Cinema,
) -> None:
    """As after a kill at the very end."""
    body = film("short.mp4").read_bytes()
    ticket = await cinema.ticket(body)
    objects = cinema.vod.uploads._ground.objects
    await objects.staged(f"vod/sources/{ticket.id}").append(0, body)
    assert await cinema.offset(ticket) == len(body)
    assert (await cinema.status(ticket)).state == "scanning"


@covers("VOD-1", "VOD-19")
async def test_a_server_killed_while_it_receives_goes_on_at_the_byte(
    fresh_database: str, open_cinema: OpenCinema
) -> None:
    """Killed after the first of several turns was kept and before its row was told."""
    body = film("short.mp4").read_bytes()
    async with open_cinema(slot="work-0") as cinema:
        ticket = await cinema.ticket(body)
        arguments = (fresh_database, str(cinema.home), "vod.upload.appended=kill", ticket.to_wire().decode())
        program = (sys.executable, "-m", "tests.services.vod.dying", *arguments)
        process = await asyncio.create_subprocess_exec(
            *program, str(cinema.teacher.subject), str(film("short.mp4")), stdout=asyncio.subprocess.DEVNULL
        )
        assert await process.wait() == -signal.SIGKILL
        offset = await cinema.offset(ticket)
        assert 0 < offset < len(body)
        assert (await cinema.status(ticket)).offset_bytes == 0
        assert (await cinema.send(ticket, body[offset:], offset)).status_code == 204
        assert await digest(cinema, str(ticket.id)) == hashlib.sha256(body).hexdigest()
