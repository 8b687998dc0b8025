"""Malware scan: EICAR always, clamd where one listens, and never "clean" by mistake."""

import asyncio
import time
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from suuupra.kernel.work import TransactionOpen, scoped
from suuupra.platform.scan import Scanner
from suuupra.platform.scan.scanner import CHUNK_BYTES, EICAR
from tests.covers import covers

INFECTED = "infected:Eicar-Test-Signature"


def written(path: Path, body: bytes) -> Path:
    path.write_bytes(body)
    return path


@covers("PLT-7")
@pytest.mark.parametrize(
    "body",
    [
        EICAR,
        EICAR + b"\r\n",
        b"\0\0\0 ftypisom" + bytes(5000) + EICAR,
        bytes(CHUNK_BYTES - 30) + EICAR,
        bytes(3 * CHUNK_BYTES) + EICAR + bytes(100),
    ],
    ids=["alone", "line", "behind a film", "across two reads", "deep inside"],
)
async def test_the_test_file_is_found_wherever_it_stands(tmp_path: Path, body: bytes) -> None:
    assert await Scanner().scan(written(tmp_path / "file", body)) == INFECTED


@covers("PLT-7")
async def test_the_test_file_is_found_inside_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notes.txt", b"nothing")
        archive.writestr("eicar.com", EICAR)
    assert await Scanner().scan(tmp_path / "a.zip") == INFECTED


@covers("PLT-7")
async def test_a_bomb_costs_little_and_a_broken_archive_nothing(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(8):
            archive.writestr(f"{number}", bytes(20_000_000), compresslevel=1)
    started = time.monotonic()
    assert await Scanner().scan(tmp_path / "bomb.zip") == "not_scanned"
    assert time.monotonic() - started < 3
    whole = (tmp_path / "bomb.zip").read_bytes()
    broken = written(tmp_path / "broken.zip", whole[:50] + b"\xff" * 50 + whole[100:])
    assert await Scanner().scan(broken) == "not_scanned"


@covers("PLT-7")
async def test_without_clamd_nothing_is_called_clean(tmp_path: Path) -> None:
    assert await Scanner().scan(written(tmp_path / "file", b"harmless")) == "not_scanned"
    assert await Scanner().scan(written(tmp_path / "empty", b"")) == "not_scanned"


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def clamd(path: Path, talk: Talk) -> AsyncIterator[str]:
    """A listener that speaks as clamd does, or not at all."""

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_unix_server(session, path)
    async with server:
        yield str(path)


async def received(reader: asyncio.StreamReader) -> bytes:
    """The whole stream, by the protocol."""
    assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
    body = b""
    while size := int.from_bytes(await reader.readexactly(4)):
        body += await reader.readexactly(size)
    return body


@covers("PLT-7")
@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (b"stream: OK\0", "clean"),
        (b"stream: Win.Test.EICAR_HDB-1 FOUND\0", "infected:Win.Test.EICAR_HDB-1"),
        (b"INSTREAM size limit exceeded. ERROR\0", "not_scanned"),
        (b"stream: Can't allocate memory ERROR\0", "not_scanned"),
        (b"OK", "clean"),
        (b"NOT OK", "not_scanned"),
        (b"", "not_scanned"),
    ],
)
async def test_what_clamd_says(tmp_path: Path, answer: bytes, verdict: str) -> None:
    bodies = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bodies.append(await received(reader))
        writer.write(answer)

    body = bytes(range(256)) * 10_000
    async with clamd(tmp_path / "clamd", talk) as address:
        assert await Scanner(address).scan(written(tmp_path / "film", body)) == verdict
    assert bodies == [body]


@covers("PLT-7")
@pytest.mark.parametrize("says_why", [True, False])
async def test_closed_while_we_write_is_not_scanned(tmp_path: Path, *, says_why: bool) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(100_000)
        if says_why:
            writer.write(b"INSTREAM size limit exceeded. ERROR\0")

    async with clamd(tmp_path / "clamd", talk) as address:
        film = written(tmp_path / "film", bytes(20_000_000))
        assert await Scanner(address).scan(film) == "not_scanned"


@covers("PLT-7")
async def test_a_clamd_that_is_away_or_mute(tmp_path: Path, free_port: int) -> None:
    film = written(tmp_path / "film", b"harmless")
    for address in (f"127.0.0.1:{free_port}", str(tmp_path / "none")):
        assert await Scanner(address).scan(film) == "not_scanned"

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with clamd(tmp_path / "clamd", talk) as address:
        assert await Scanner(address, timeout_s=0.2).scan(film) == "not_scanned"


@covers("PLT-7")
async def test_not_inside_a_unit(tmp_path: Path) -> None:
    with scoped("unit"), pytest.raises(TransactionOpen):
        await Scanner().scan(written(tmp_path / "file", b""))
