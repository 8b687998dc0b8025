"""What is refused before anything decodes it, and what becomes of it."""

import asyncio
import contextlib
import hashlib
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from suuupra.services.vod.api import AbortUpload, StorageFull, UploadTicket
from suuupra.services.vod.service.orders import ScanUpload
from suuupra.services.vod.service.scanning import Scanning
from suuupra.services.vod.settings import VodSettings
from tests.covers import covers
from tests.services.vod.cinema import Cinema
from tests.services.vod.conftest import OpenCinema
from tests.services.vod.films import film
from tests.services.vod.routes.test_tus import EICAR


async def refused(cinema: Cinema, path: Path, **changes: str) -> tuple[UploadTicket, str]:
    """Sent, looked at and refused: the ticket, and the sentence."""
    ticket = await cinema.uploaded(path, **changes)
    status = await cinema.look(ticket)
    assert status.state == "rejected", status
    await cinema.house.run_until_idle()
    assert not await cinema.keeps(ticket)
    told = await cinema.events("vod.upload_rejected.v1", ticket.id)
    assert [event["reason"] for event in told] == [status.reason]
    return ticket, status.reason


@covers("VOD-4", "VOD-13")
@pytest.mark.parametrize("is_zipped", [False, True])
async def test_malware_is_deleted_its_owner_told_and_its_hash_kept(
    cinema: Cinema, tmp_path: Path, *, is_zipped: bool
) -> None:
    path = tmp_path / "clip.mp4"
    body = film("silent.mp4").read_bytes()
    if is_zipped:
        with zipfile.ZipFile(tmp_path / "inside.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("readme.txt", EICAR)
        path.write_bytes(body + (tmp_path / "inside.zip").read_bytes())
    else:
        path.write_bytes(body + EICAR)
    ticket, reason = await refused(cinema, path)
    assert reason == "A virus was found in this file. It was deleted."
    scanned = await cinema.events("vod.file_scanned.v1", ticket.id)
    assert [event["scan_state"] for event in scanned] == ["infected"]
    async with cinema.house.premises.database.pool.driver() as driver:
        kept = await driver.fetchval("select sha256 from vod.upload where id = $1", ticket.id)
    assert kept == hashlib.sha256(path.read_bytes()).hexdigest()


@covers("VOD-4")
@pytest.mark.parametrize("keep", [0.6, 0.02])
async def test_a_cut_file_is_refused_with_a_sentence(cinema: Cinema, tmp_path: Path, keep: float) -> None:
    body = film("short.mp4").read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(body[: int(len(body) * keep)])
    ticket, reason = await refused(cinema, path)
    assert reason.endswith(".")
    asset = await cinema.asset(ticket.id)
    assert (asset.state, asset.reason) == ("failed", reason)


@covers("VOD-4")
@pytest.mark.parametrize(("name", "words"), [("endless.mp4", "12"), ("wide.mkv", "9000")])
async def test_twelve_hours_and_a_second_and_a_giant_frame_are_refused(
    cinema: Cinema, name: str, words: str
) -> None:
    _, reason = await refused(cinema, film(name))
    assert words in reason


@covers("VOD-4")
async def test_random_bytes_are_refused(cinema: Cinema, tmp_path: Path) -> None:
    path = tmp_path / "noise.mp4"
    path.write_bytes(hashlib.shake_256(b"noise").digest(50_000))
    await refused(cinema, path)


@covers("VOD-1", "VOD-4")
async def test_another_hash_than_stated_is_refused(cinema: Cinema) -> None:
    _, reason = await refused(cinema, film("short.mp4"), sha256="ab" * 32)
    assert "arrived altered" in reason


@covers("VOD-4")
async def test_where_scans_are_required_an_unseen_file_is_refused(open_cinema: OpenCinema) -> None:
    async with open_cinema(vod_unscanned="refuse") as cinema:
        ticket = await cinema.uploaded("silent.mp4")
        status = await cinema.look(ticket)
        assert status.state == "rejected"
        await cinema.house.run_until_idle()
        assert not await cinema.keeps(ticket)
        assert "could not be checked" in status.reason


@contextlib.asynccontextmanager
async def clamd(answer: bytes) -> AsyncIterator[str]:
    """A daemon that reads a stream and says one thing; with an empty answer it hangs up midway."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0")
        while answer and (size := int.from_bytes(await reader.readexactly(4))):
            await reader.readexactly(size)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


@covers("VOD-4")
@pytest.mark.parametrize(
    ("answer", "state", "scanned"),
    [
        (b"stream: OK\0", "accepted", "clean"),
        (b"stream: Win.Test.EICAR_HDB-1 FOUND\0", "rejected", "infected"),
        (b"INSTREAM size limit exceeded. ERROR\0", "accepted", "not_scanned"),
        (b"", "accepted", "not_scanned"),
    ],
)
async def test_what_the_scanner_says_is_what_is_told(
    open_cinema: OpenCinema, answer: bytes, state: str, scanned: str
) -> None:
    async with clamd(answer) as address, open_cinema(clamd_address=address) as cinema:
        ticket = await cinema.uploaded("silent.mp4")
        assert (await cinema.look(ticket)).state == state
        told = await cinema.events("vod.file_scanned.v1", ticket.id)
        assert [event["scan_state"] for event in told] == [scanned]


@covers("VOD-4", "VOD-19")
async def test_without_an_encoder_a_file_waits_with_the_reason_and_nothing_is_lost(
    open_cinema: OpenCinema,
) -> None:
    async with open_cinema(vod_ffmpeg="/nowhere/ffmpeg") as cinema:
        ticket = await cinema.uploaded("silent.mp4")
        await cinema.house.run_until_idle()
        status = await cinema.status(ticket)
        assert status.state == "probing"
        assert "ffmpeg" in status.reason
        assert (await cinema.asset(ticket.id)).state == "preparing"
        assert await cinema.keeps(ticket)


@covers("VOD-19")
async def test_without_room_for_its_rungs_a_file_waits(cinema: Cinema) -> None:
    ticket = await cinema.uploaded("two-rungs.mp4")
    roomy = cinema.vod.scanning
    full = replace(roomy._ground, settings=VodSettings(reserve_bytes=10**15))
    with cinema.as_(cinema.house_itself), pytest.raises(StorageFull):
        await Scanning(full, roomy._workroom).scan(ScanUpload(upload_id=ticket.id))
    status = await cinema.status(ticket)
    said = "There is no room to encode this video at the moment."
    assert (status.state, status.reason) == ("probing", said)
    assert (await cinema.look(ticket)).state == "accepted"


@covers("VOD-4", "VOD-19")
async def test_what_is_dropped_while_it_is_looked_at_leaves_nothing_behind(cinema: Cinema) -> None:
    ticket = await cinema.uploaded("silent.mp4")
    looking = asyncio.create_task(cinema.look(ticket))
    while (await cinema.status(ticket)).state == "scanning":  # noqa: ASYNC110 - it is told by a row
        await asyncio.sleep(0.005)
    with cinema.as_(cinema.teacher):
        await cinema.uploads.abort(AbortUpload(id=ticket.id))
    assert (await looking).state == "rejected"
    await cinema.house.run_until_idle()
    assert not await cinema.keeps(ticket)
