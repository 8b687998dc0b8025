"""tus 1.0.0 as a client meets it, and what it may not do."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator

import pytest

from suuupra.services.vod.service.orders import ExpireUploads
from tests.covers import covers
from tests.services.vod.cinema import BYTES, TUS, Cinema, metadata, somebody
from tests.services.vod.films import film

PLACE = "/api/v1/uploads/tus"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
TIB = 1024**4


@covers("VOD-1")
async def test_it_says_what_it_speaks(cinema: Cinema) -> None:
    said = (await cinema.browser().options(PLACE)).headers
    assert said["tus-version"] == "1.0.0"
    assert set(said["tus-extension"].split(",")) == {
        *("creation", "creation-with-upload", "expiration", "checksum", "termination")
    }
    assert int(said["tus-max-size"]) == 20 * 1024**3
    assert "sha256" in said["tus-checksum-algorithm"]


@covers("VOD-1")
async def test_a_foreign_client_creates_sends_and_gets_an_asset_without_a_lesson(cinema: Cinema) -> None:
    body, client = film("short.mp4").read_bytes(), cinema.browser(cinema.teacher)
    said = {**TUS, "Upload-Length": str(len(body)), **metadata(filename="My talk.mp4", filetype="video/mp4")}
    made = await client.post(PLACE, headers=said)
    assert made.status_code == 201
    assert "upload-expires" in made.headers
    address = made.headers["location"]
    sent = await client.patch(address, content=body, headers={**BYTES, "Upload-Offset": "0"})
    assert (sent.status_code, sent.headers["upload-offset"]) == (204, str(len(body)))
    await cinema.house.run_until_idle()
    shown = (await client.get("/api/v1/assets")).json()["items"]
    assert [(one["name"], one["state"]) for one in shown] == [("My talk.mp4", "ready")]


@covers("VOD-1")
async def test_creation_takes_the_first_bytes_along(cinema: Cinema) -> None:
    body, client = film("short.mp4").read_bytes(), cinema.browser(cinema.teacher)
    said = {**BYTES, "Upload-Length": str(len(body))}
    made = await client.post(PLACE, content=body[:1000], headers=said)
    assert (made.status_code, made.headers["upload-offset"]) == (201, "1000")


@covers("VOD-1")
@pytest.mark.parametrize("verb", ["POST", "HEAD", "PATCH", "DELETE"])
async def test_another_version_is_told_ours(cinema: Cinema, verb: str) -> None:
    address = PLACE if verb == "POST" else f"{PLACE}/01a1feb1-648a-70fe-ad5d-ff90ece0a25c"
    answer = await cinema.browser(cinema.teacher).request(verb, address, headers={"Tus-Resumable": "0.2.2"})
    assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")


@covers("VOD-1")
async def test_a_patch_not_signed_in_is_refused_and_nothing_is_stored(cinema: Cinema) -> None:
    body = film("short.mp4").read_bytes()
    ticket = await cinema.ticket(body)
    for who in (None, somebody()):
        answer = await cinema.patch(cinema.browser(who), ticket, body)
        assert answer.status_code == (401 if who is None else 404)
    assert not await cinema.keeps(ticket)
    assert await cinema.offset(ticket) == 0


@covers("VOD-1", "VOD-4")
async def test_more_than_was_stated_is_refused_by_its_header_and_by_its_bytes(cinema: Cinema) -> None:
    body = film("short.mp4").read_bytes()
    ticket = await cinema.ticket(body)
    assert (await cinema.send(ticket, body + b"x")).status_code == 413

    async def unmeasured() -> AsyncIterator[bytes]:
        yield body + b"x"

    client = cinema.browser(cinema.teacher)
    said = {**BYTES, "Upload-Offset": "0"}
    answer = await client.patch(ticket.address, content=unmeasured(), headers=said)
    assert answer.status_code == 413
    assert await cinema.offset(ticket) == 0


@covers("VOD-4")
async def test_a_tebibyte_is_refused_before_anything_is_created(cinema: Cinema) -> None:
    client = cinema.browser(cinema.teacher)
    answer = await client.post(PLACE, headers={**TUS, "Upload-Length": str(TIB)})
    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/vod/video-too-large"
    assert (await client.get("/api/v1/assets")).json() == {"items": [], "next": None}


@covers("VOD-1")
@pytest.mark.parametrize("length", ["", "0", "-1", "12.5", "\uff19", "1" * 30])
async def test_a_length_that_is_none_is_named(cinema: Cinema, length: str) -> None:
    said = [(b"Tus-Resumable", b"1.0.0"), (b"Upload-Length", length.encode())]
    answer = await cinema.browser(cinema.teacher).post(PLACE, headers=said)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/Upload-Length"


@covers("VOD-1")
async def test_a_wrong_offset_is_told_the_right_one_and_the_bytes_stay(cinema: Cinema) -> None:
    body = film("short.mp4").read_bytes()
    ticket = await cinema.ticket(body)
    await cinema.send(ticket, body[:5000])
    for offset in (0, 4999, 5001):
        answer = await cinema.send(ticket, body[offset : offset + 10], offset)
        assert (answer.status_code, answer.json()["offset_bytes"]) == (409, 5000)
    assert (await cinema.send(ticket, body[5000:], 5000)).status_code == 204


@covers("VOD-1")
async def test_of_two_patches_at_once_one_is_told_to_wait(cinema: Cinema) -> None:
    body = film("short.mp4").read_bytes()
    ticket = await cinema.ticket(body)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield body[:1000]
        begun.set()
        await go_on.wait()
        yield body[1000:]

    client = cinema.browser(cinema.teacher)
    first = asyncio.create_task(
        client.patch(ticket.address, content=slow(), headers={**BYTES, "Upload-Offset": "0"})
    )
    await begun.wait()
    second = await cinema.send(ticket, body)
    assert (second.status_code, second.json()["type"]) == (409, "/problems/vod/upload-busy")
    go_on.set()
    assert (await first).status_code == 204
    assert (await cinema.status(ticket)).state == "scanning"


@covers("VOD-1")
@pytest.mark.parametrize("name", ["sha1", "sha256", "md5"])
async def test_bytes_that_arrive_altered_are_thrown_away(cinema: Cinema, name: str) -> None:
    body = film("short.mp4").read_bytes()
    ticket = await cinema.ticket(body)
    stated = base64.b64encode(hashlib.new(name, body).digest()).decode()
    client = cinema.browser(cinema.teacher)
    bad = await cinema.patch(client, ticket, body[:-1] + b"x", 0, **{"Upload-Checksum": f"{name} {stated}"})
    assert bad.status_code == 460
    assert await cinema.offset(ticket) == 0
    good = await cinema.patch(client, ticket, body, 0, **{"Upload-Checksum": f"{name} {stated}"})
    assert good.status_code == 204


@covers("VOD-1")
async def test_an_unknown_checksum_is_named(cinema: Cinema) -> None:
    ticket = await cinema.ticket(b"\x00" * 100)
    client = cinema.browser(cinema.teacher)
    answer = await cinema.patch(client, ticket, b"\x00" * 100, 0, **{"Upload-Checksum": "crc32 abcd"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/Upload-Checksum"


@covers("VOD-1")
async def test_what_was_terminated_is_gone_with_its_bytes(cinema: Cinema) -> None:
    body = film("short.mp4").read_bytes()
    ticket = await cinema.ticket(body)
    await cinema.send(ticket, body[:5000])
    client = cinema.browser(cinema.teacher)
    for _ in range(2):
        assert (await client.delete(ticket.address, headers=TUS)).status_code == 204
    assert (await client.head(ticket.address, headers=TUS)).status_code == 410
    await cinema.house.run_until_idle()
    assert not await cinema.keeps(ticket)
    rejected = await cinema.events("vod.upload_rejected.v1", ticket.id)
    assert rejected[0]["reason"] == "You cancelled this upload."


@covers("VOD-1")
async def test_what_rests_for_a_day_is_gone_and_each_byte_gives_another_day(cinema: Cinema) -> None:
    body = film("short.mp4").read_bytes()
    ticket = await cinema.ticket(body)
    cinema.clock.advance(23 * 3600)
    await cinema.send(ticket, body[:1000])
    cinema.clock.advance(23 * 3600)
    assert await cinema.offset(ticket) == 1000
    cinema.clock.advance(2 * 3600)
    assert (await cinema.send(ticket, body[1000:], 1000)).status_code == 410
    await cinema.run(ExpireUploads())
    await cinema.house.run_until_idle()
    assert (await cinema.status(ticket)).state == "expired"
    assert not await cinema.keeps(ticket)
    assert len(await cinema.events("vod.upload_rejected.v1", ticket.id)) == 1


@covers("VOD-1")
@pytest.mark.parametrize(
    "claim",
    [
        metadata(filename="other.mp4"),
        metadata(filename="lesson.mp4", head_sha256="ab" * 32),
        {"Upload-Length": "17"},
    ],
)
async def test_another_file_is_refused_and_the_bytes_of_the_first_wait(
    cinema: Cinema, claim: dict[str, str]
) -> None:
    body, other = film("short.mp4").read_bytes(), film("other.mp4").read_bytes()
    ticket = await cinema.ticket(body)
    await cinema.send(ticket, body[:5000])
    client = cinema.browser(cinema.teacher)
    answer = await cinema.patch(client, ticket, other[5000:6000], 5000, **claim)
    assert answer.status_code == 409
    assert "“lesson.mp4” still waits at byte 5000" in answer.json()["detail"]
    assert await cinema.offset(ticket) == 5000
    assert (await cinema.send(ticket, body[5000:], 5000)).status_code == 204


@covers("VOD-1")
@pytest.mark.parametrize("cut", [0, 5000])
async def test_another_head_is_refused_as_soon_as_it_is_whole(cinema: Cinema, cut: int) -> None:
    body, other = film("short.mp4").read_bytes(), film("other.mp4").read_bytes()
    ticket = await cinema.ticket(body)
    if cut:
        await cinema.send(ticket, body[:cut])
    wrong = (other + bytes(len(body)))[cut : len(body)]
    answer = await cinema.send(ticket, wrong, cut)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/vod/wrong-file")
    assert await cinema.offset(ticket) == cut
    assert (await cinema.send(ticket, body[cut:], cut)).status_code == 204


@covers("VOD-4")
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"Only words, no pictures. " * 400, "text"),
        (b"#EXTM3U\n#EXT-X-STREAM-INF\nhttp://10.0.0.1/\n", "a playlist"),
        (EICAR, "text"),
        (b"PK\x03\x04" + bytes(200), "an archive or an office document"),
    ],
)
async def test_what_is_no_media_is_refused_with_a_sentence_and_nothing_is_kept(
    cinema: Cinema, body: bytes, words: str
) -> None:
    ticket = await cinema.ticket(body)
    answer = await cinema.send(ticket, body)
    assert answer.status_code == 422
    assert answer.json()["detail"] == f"This file is {words}, not a video."
    await cinema.house.run_until_idle()
    assert not await cinema.keeps(ticket)
    status = await cinema.status(ticket)
    assert (status.state, status.reason) == ("rejected", f"This file is {words}, not a video.")
    assert (await cinema.asset(ticket.id)).state == "failed"


@covers("VOD-1")
async def test_metadata_that_is_none_is_named(cinema: Cinema) -> None:
    said = {**TUS, "Upload-Length": "100", "Upload-Metadata": "filename not-base64!"}
    answer = await cinema.browser(cinema.teacher).post(PLACE, headers=said)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/Upload-Metadata"


@covers("VOD-1")
async def test_a_learner_may_not_upload(cinema: Cinema) -> None:
    answer = await cinema.browser(cinema.learner).post(PLACE, headers={**TUS, "Upload-Length": "100"})
    assert answer.status_code == 403
    assert (await cinema.browser().post(PLACE, headers={**TUS, "Upload-Length": "100"})).status_code == 401
