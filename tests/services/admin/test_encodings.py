"""Encodings at the desk: an upload that runs, a film that becomes ready, one that fails, over real vod."""

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import imageio_ffmpeg
import pytest

from tests import postgres
from tests.covers import covers
from tests.house import StandingHouse, standing_house
from tests.services.admin.staff import REASON, Seat, member, owner, words
from tests.services.admin.test_trail import bare, entries

NOWHERE = "00000000-0000-7000-8000-000000000000"
TUS = {"tus-resumable": "1.0.0", "content-type": "application/offset+octet-stream"}
FILM = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=1", "-c:v", "libx264", "-preset", "ultrafast"]


@pytest.fixture(scope="module")
async def house(postgres_server: postgres.Server) -> AsyncIterator[StandingHouse]:
    name = await postgres.clone(postgres_server)
    async with standing_house(postgres_server.url(name), "admin", "vod") as standing:
        await standing.run_until_idle()
        yield standing
    await postgres.drop(postgres_server, name)


@pytest.fixture(scope="module")
async def boss(house: StandingHouse) -> Seat:
    return await owner(house)


@pytest.fixture(scope="module")
async def teacher(house: StandingHouse) -> Seat:
    return await member(house, "Anjali Rao", "teacher")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    made: Path = tmp_path_factory.mktemp("film") / "slopes.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *FILM, "-pix_fmt", "yuv420p", str(made)]
    subprocess.run(command, check=True, timeout=50)
    return made.read_bytes()


async def ticket(teacher: Seat, name: str, length: int) -> tuple[str, str]:
    """The id and address of an upload."""
    asked = {"name": name, "length_bytes": length, "type": "video/mp4"}
    opened = await teacher.rest("POST", "/api/v1/uploads", json=asked)
    assert opened.status_code == 201, opened.text
    return opened.json()["id"], opened.json()["address"]


async def send(teacher: Seat, address: str, body: bytes, offset: int = 0) -> None:
    headers = TUS | {"upload-offset": str(offset), "x-csrf-token": await teacher.token()}
    sent = await teacher.client.request("PATCH", address, content=body, headers=headers)
    assert sent.status_code == 204, sent.text


@covers("ADM-30", "VOD-6")
async def test_an_upload_moves_its_bar_and_the_film_becomes_ready(
    house: StandingHouse, boss: Seat, teacher: Seat, film: bytes
) -> None:
    asset_id, address = await ticket(teacher, "<b>Slopes</b>.mp4", len(film))
    half = len(film) // 2
    await send(teacher, address, film[:half])
    shown = (await boss.get("/admin/encodings")).text
    assert "&lt;b&gt;Slopes&lt;/b&gt;.mp4" in shown
    assert "<b>Slopes</b>" not in shown
    assert f'<progress class="bar" value="{half}" max="{len(film)}"' in shown
    await send(teacher, address, film[half:], half)
    await house.run_until_idle()
    page = f"/admin/encodings/{asset_id}"
    shown = await boss.read(page)
    assert "Ready" in shown
    assert "100%" in shown
    assert "Anjali Rao" in shown
    assert "Ready" in await boss.read("/admin/encodings?state=ready")
    found = (await boss.api("GET", f"/encodings/{asset_id}")).json()
    assert found["asset"]["state"] == "ready"
    assert (await boss.api("GET", "/encodings")).json()["queue"]["total_bytes"] > 0
    answer = await boss.act(page, f"{page}/retries", reason=REASON)
    assert answer.status_code == 409
    assert REASON in answer.text


@covers("ADM-30", "ADM-40")
async def test_what_is_being_made_is_stopped_and_begun_again_with_a_reason(
    house: StandingHouse, boss: Seat, teacher: Seat, film: bytes
) -> None:
    asset_id, address = await ticket(teacher, "stopped.mp4", len(film))
    await send(teacher, address, film)
    page = f"/admin/encodings/{asset_id}"
    encoders = house.worker._kinds.pop("encode")
    await house.run_until_idle()
    shown = await boss.read("/admin/encodings")
    assert "stopped.mp4" in shown.partition("Steps")[2]
    stopped = await boss.act(page, f"{page}/cancellations", reason="wrong lecture")
    assert stopped.status_code == 303, words(stopped.text)
    assert "Encoding was cancelled" in await boss.read(page)
    house.worker._kinds["encode"] = encoders
    again = await boss.act(page, f"{page}/retries", reason="it was the right one")
    assert again.status_code == 303, words(again.text)
    await house.run_until_idle()
    assert "Ready" in await boss.read(page)
    told = {entry.action: entry.reason for entry in await entries(house, target=f"asset:{asset_id}")}
    assert told["vod.encoding.cancelled"] == "wrong lecture"
    assert told["vod.encoding.retried"] == "it was the right one"


@covers("ADM-30")
async def test_a_text_named_like_a_film_stands_among_the_failed(
    house: StandingHouse, boss: Seat, teacher: Seat
) -> None:
    body = b"this is no film at all\n" * 40
    _, address = await ticket(teacher, "essay.mp4", len(body))
    headers = TUS | {"upload-offset": "0", "x-csrf-token": await teacher.token()}
    refused = await teacher.client.request("PATCH", address, content=body, headers=headers)
    assert refused.status_code == 422
    await house.run_until_idle()
    assert "essay.mp4" in await boss.read("/admin/encodings?state=failed")
    assert "1 video failed to encode" in await boss.read("/admin")


@covers("ADM-2", "ADM-30")
async def test_operators_see_and_steer_encodings_others_do_not(house: StandingHouse, teacher: Seat) -> None:
    operator = await member(house, "Night Shift", "operator")
    assert "Videos" in await operator.read("/admin/encodings")
    assert 'href="/admin/encodings"' in (await operator.get("/admin")).text
    clerk = await member(house, "Support Clerk", "support")
    assert (await clerk.get("/admin/encodings")).status_code == 403
    sent = await clerk.api("POST", f"/encodings/{NOWHERE}/cancellations", json={"reason": REASON})
    assert sent.status_code == 403
    sent = await operator.api("POST", f"/encodings/{NOWHERE}/cancellations", json={"reason": REASON})
    assert (sent.status_code, sent.json()["type"]) == (404, "/problems/vod/asset-unknown")


@covers("ADM-30")
@pytest.mark.parametrize(
    ("path", "status"),
    [("?cursor=forged", 422), ("?state=lost", 422), (f"/{NOWHERE}", 404), ("/none", 404)],
)
async def test_what_is_not_there_or_forged_is_refused(
    house: StandingHouse, boss: Seat, path: str, status: int
) -> None:
    assert (await boss.get(f"/admin/encodings{path}")).status_code == status


@covers("ADM-30")
async def test_the_page_stands_while_vod_is_down(house: StandingHouse, boss: Seat) -> None:
    async with bare(house) as database:
        await database.execute("alter table vod.asset rename to asset_hidden")
        try:
            shown = await boss.read("/admin/encodings")
        finally:
            await database.execute("alter table vod.asset_hidden rename to asset")
    assert "Vod has not answered since" in shown
    assert "Free disk" in shown
