"""Tickets: who gets one, how much fits, PUT beside tus, and going on with the same file."""

import asyncio
from typing import Any

import pytest

from suuupra.kernel.problems import Forbidden, Problem
from suuupra.services.vod.api import (
    AssetUnknown,
    CompleteUpload,
    DeleteAsset,
    NotAVideo,
    OffsetMismatch,
    QuotaReached,
    StorageFull,
    UploadComplete,
    UploadEnded,
    UploadExpired,
    UploadUnknown,
    VideoTooLarge,
    WrongFile,
)
from tests.covers import covers
from tests.services.vod.cinema import Cinema, somebody
from tests.services.vod.conftest import OpenCinema
from tests.services.vod.films import film

BODY = bytes(1000)
GIB = 1024**3


async def put(cinema: Cinema, address: str, body: bytes, **headers: str) -> int:
    said = {"content-type": "video/mp4"} | headers
    return (await cinema.browser().put(address, content=body, headers=said)).status_code


@covers("VOD-4")
async def test_three_files_at_once_a_person(cinema: Cinema) -> None:
    for _ in range(3):
        await cinema.ticket(BODY)
    with pytest.raises(QuotaReached) as caught:
        await cinema.ticket(BODY)
    assert caught.value.members["limit"] == "uploads"
    cinema.clock.advance(25 * 3600)
    await cinema.ticket(BODY)


@covers("VOD-4")
async def test_twenty_equal_callers_get_three_tickets(cinema: Cinema) -> None:
    answers = await asyncio.gather(*(cinema.ticket(BODY) for _ in range(20)), return_exceptions=True)
    assert sum(not isinstance(answer, Problem) for answer in answers) == 3
    assert all(isinstance(answer, QuotaReached) for answer in answers if isinstance(answer, Problem))


@covers("VOD-4", "VOD-19")
async def test_space_is_bounded_by_owner_by_file_and_by_the_disk(open_cinema: OpenCinema) -> None:
    limits = {"vod_owner_max_bytes": "5000", "vod_video_max_bytes": "3000"}
    async with open_cinema(**limits) as cinema:
        with pytest.raises(VideoTooLarge) as large:
            await cinema.ticket(bytes(3001))
        assert large.value.members["length_max_bytes"] == 3000
        await cinema.ticket(bytes(3000))
        with pytest.raises(QuotaReached) as filled:
            await cinema.ticket(bytes(2001))
        assert filled.value.members["limit"] == "bytes"
        await cinema.ticket(bytes(2000))


@covers("VOD-4")
async def test_a_deleted_video_makes_room(open_cinema: OpenCinema) -> None:
    size = film("silent.mp4").stat().st_size
    async with open_cinema(vod_owner_max_bytes=str(size + 10)) as cinema:
        ticket = await cinema.uploaded("silent.mp4")
        await cinema.look(ticket)
        with pytest.raises(QuotaReached):
            await cinema.ticket(bytes(100))
        with cinema.as_(cinema.teacher):
            await cinema.assets.delete(DeleteAsset(asset_id=ticket.id))
        await cinema.ticket(bytes(100))


@covers("VOD-4", "VOD-19")
async def test_a_nearly_full_disk_refuses_new_files_and_promises_nothing_twice(
    open_cinema: OpenCinema,
) -> None:
    async with open_cinema() as probe:
        free, _ = await probe.vod.uploads._ground.objects.free_bytes()
    async with open_cinema(vod_reserve_bytes=str(free - 30 * GIB)) as cinema:
        first = await cinema.ticket(BODY, length_bytes=20 * GIB)
        with pytest.raises(StorageFull):
            await cinema.ticket(BODY, length_bytes=20 * GIB)
        answer = await cinema.browser(cinema.teacher).post(
            "/api/v1/uploads", json={"name": "x.mp4", "length_bytes": 20 * GIB, "type": "video/mp4"}
        )
        assert (answer.status_code, answer.json()["retry_after_s"]) == (503, 300)
        cinema.tickets = [first]
        await cinema.leave()
        await cinema.ticket(BODY, length_bytes=20 * GIB)


@covers("VOD-4")
async def test_a_stated_type_that_is_no_video_is_refused(cinema: Cinema) -> None:
    with pytest.raises(NotAVideo):
        await cinema.ticket(BODY, media_type="text/html")


@covers("VOD-1")
async def test_only_who_may_upload_gets_a_ticket(cinema: Cinema) -> None:
    cinema.teacher = somebody()
    with pytest.raises(Forbidden):
        await cinema.ticket(BODY)


@covers("VOD-1")
async def test_a_command_sent_twice_under_one_key_opens_one_upload(cinema: Cinema) -> None:
    asked: dict[str, Any] = {"name": "x.mp4", "length_bytes": 1000, "type": "video/mp4"}
    client = cinema.browser(cinema.teacher)
    key = {"idempotency-key": str(cinema.teacher.subject)}
    first, second = [(await client.post("/api/v1/uploads", json=asked, headers=key)).json() for _ in range(2)]
    assert first == second
    asked["length_bytes"] = 1001
    assert (await client.post("/api/v1/uploads", json=asked, headers=key)).status_code == 422


@covers("VOD-1")
async def test_the_same_file_goes_on_from_anywhere_and_another_one_does_not(cinema: Cinema) -> None:
    body, other = film("short.mp4").read_bytes(), film("other.mp4").read_bytes()
    ticket = await cinema.ticket(body)
    await cinema.send(ticket, body[:5000])
    again = await cinema.ticket(body, resumes=ticket.id)
    assert (again.id, again.address, again.offset_bytes) == (ticket.id, ticket.address, 5000)
    for change in (
        {"name": "another.mp4"},
        {"length_bytes": len(other)},
        {"head_sha256": "ab" * 32},
    ):
        with pytest.raises(WrongFile) as caught:
            await cinema.ticket(body, resumes=ticket.id, **change)
        assert "still waits at byte 5000" in caught.value.detail
    await cinema.send(ticket, body[5000:], 5000)
    with pytest.raises(UploadComplete):
        await cinema.ticket(body, resumes=ticket.id)


@covers("VOD-1")
async def test_what_is_not_ones_own_or_over_does_not_go_on(cinema: Cinema) -> None:
    ticket = await cinema.ticket(BODY)
    owner, cinema.teacher = cinema.teacher, somebody(frozenset({"vod.upload.create"}))
    with pytest.raises(UploadUnknown):
        await cinema.ticket(BODY, resumes=ticket.id)
    with pytest.raises(AssetUnknown):
        await cinema.ticket(BODY, replaces=ticket.id)
    cinema.teacher = owner
    await cinema.leave()
    with pytest.raises(UploadEnded):
        await cinema.ticket(BODY, resumes=ticket.id)
    late = await cinema.ticket(BODY)
    cinema.clock.advance(25 * 3600)
    with pytest.raises(UploadExpired):
        await cinema.ticket(BODY, resumes=late.id)


@covers("VOD-2")
async def test_a_put_to_a_signed_address_is_taken(cinema: Cinema) -> None:
    body = film("short.mp4").read_bytes()
    ticket = await cinema.ticket(body, method="put")
    assert (ticket.expires_at - cinema.clock.now()).total_seconds() == 900
    with cinema.as_(cinema.teacher), pytest.raises(OffsetMismatch):
        await cinema.uploads.complete(CompleteUpload(id=ticket.id))
    assert await put(cinema, ticket.address, body) == 201
    client = cinema.browser(cinema.teacher)
    done = await client.post(f"/api/v1/uploads/{ticket.id}/completion")
    assert (done.status_code, done.json()["state"]) == (202, "scanning")
    assert (await cinema.look(ticket)).state == "accepted"
    assert (await cinema.asset(ticket.id)).duration_ms == 5000


@covers("VOD-2")
async def test_a_signed_address_binds_type_length_and_time(cinema: Cinema) -> None:
    body = film("short.mp4").read_bytes()
    ticket = await cinema.ticket(body, method="put")
    assert await put(cinema, ticket.address, body, **{"content-type": "text/html"}) == 415
    assert await put(cinema, ticket.address, body + b"x") == 413
    assert await put(cinema, ticket.address[:-2] + "AA", body) == 403
    cinema.clock.advance(901)
    assert await put(cinema, ticket.address, body) == 403
    fresh = await cinema.ticket(body, method="put", resumes=ticket.id)
    assert fresh.address != ticket.address
    assert await put(cinema, fresh.address, body[:-1]) == 201
    with cinema.as_(cinema.teacher), pytest.raises(OffsetMismatch) as caught:
        await cinema.uploads.complete(CompleteUpload(id=ticket.id))
    assert caught.value.members["offset_bytes"] == len(body) - 1
    assert await put(cinema, fresh.address, body) == 201


@covers("VOD-2")
async def test_of_a_hundred_completions_one_wins(cinema: Cinema) -> None:
    body = film("short.mp4").read_bytes()
    ticket = await cinema.ticket(body, method="put")
    assert await put(cinema, ticket.address, body) == 201

    async def complete() -> Any:
        with cinema.as_(cinema.teacher):
            return await cinema.uploads.complete(CompleteUpload(id=ticket.id))

    answers = await asyncio.gather(*(complete() for _ in range(100)), return_exceptions=True)
    won = [answer for answer in answers if not isinstance(answer, Exception)]
    assert len(won) == 1
    assert all(isinstance(answer, UploadComplete) for answer in answers if isinstance(answer, Exception))


@covers("VOD-2", "VOD-4")
async def test_what_is_put_after_the_look_is_never_taken(cinema: Cinema) -> None:
    body, other = film("short.mp4").read_bytes(), film("other.mp4").read_bytes()
    ticket = await cinema.ticket(body, method="put")
    await put(cinema, ticket.address, body)
    with cinema.as_(cinema.teacher):
        await cinema.uploads.complete(CompleteUpload(id=ticket.id))
    assert (await cinema.look(ticket)).state == "accepted"
    assert await put(cinema, ticket.address, other) == 409
    assert (await cinema.asset(ticket.id)).duration_ms == 5000


@covers("VOD-1")
async def test_bad_input_names_its_field(cinema: Cinema) -> None:
    client = cinema.browser(cinema.teacher)
    asked = {"name": "", "length_bytes": 0, "type": "video/mp4", "method": "ftp"}
    answer = await client.post("/api/v1/uploads", json=asked)
    assert answer.status_code == 422
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/name", "/length_bytes", "/method"}


@covers("VOD-4")
async def test_a_ticket_is_not_asked_for_with_a_megabyte(cinema: Cinema) -> None:
    body = b'{"name": "' + b"x" * 10**6
    answer = await cinema.browser(cinema.teacher).post("/api/v1/uploads", content=body)
    assert answer.status_code == 413
