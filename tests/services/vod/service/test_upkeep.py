"""Keeping house: orphans, deleted videos, old sessions; and the question why a video does not play."""

import hashlib
import os
import time
from pathlib import Path

import pytest

from suuupra.kernel.messages import Query
from suuupra.kernel.oversight import Figures, SeriesQuery
from suuupra.kernel.problems import Invalid
from suuupra.services.vod.api import CancelEncoding, DeleteAsset, PlayRight, RenewPlayback
from suuupra.services.vod.service.diagnosis import Finding
from suuupra.services.vod.service.ground import prefix
from suuupra.services.vod.service.orders import SweepOrphans
from suuupra.services.vod.service.workroom import Workroom
from suuupra.services.vod.settings import VodSettings
from tests.covers import covers
from tests.services.vod.cinema import IDS, Cinema
from tests.services.vod.conftest import OpenCinema
from tests.services.vod.films import film

WEEK_S = 7 * 86_400


async def wrong(cinema: Cinema, asset_id: object) -> list[Finding]:
    found = await cinema.vod.diagnose(asset_id)  # type: ignore[arg-type]
    return [one for one in found if one.state == "wrong"]


@covers("VOD-19")
async def test_objects_that_nobody_knows_go_after_a_week_and_no_others(open_cinema: OpenCinema) -> None:
    async with open_cinema() as cinema:
        kept = await cinema.ready("silent.mp4")
        objects = cinema.vod.uploads._ground.objects
        stray, young = f"vod/{IDS.new()}/1/240p/init.mp4", f"vod/sources/{IDS.new()}"
        foreign = "avatars/asha.png"
        for key in (stray, foreign):
            await objects.put(key, key.encode(), "video/mp4")
        past = time.time() - WEEK_S - 60
        for path in (cinema.home / "objects").rglob("*"):
            os.utime(path, (past, past), follow_symlinks=False)
        await objects.put(young, b"young", "video/mp4")
        before = {one.key for one in await objects.page("", limit=1000)}
        with cinema.as_(cinema.house_itself):
            await cinema.run(SweepOrphans())
        after = {one.key for one in await objects.page("", limit=1000)}
        assert before - after == {stray}
        assert (
            await cinema.browser(cinema.teacher).get((await cinema.plan(asset=kept)).mp4)
        ).status_code == 200


@covers("VOD-14", "VOD-19")
async def test_a_deleted_video_stops_at_once_and_is_forgotten_after_thirty_days(cinema: Cinema) -> None:
    asset = await cinema.ready("silent.mp4")
    plan = await cinema.plan(asset=asset)
    browser = cinema.browser(cinema.teacher)
    assert (await browser.delete(f"/api/v1/assets/{asset.id}")).status_code == 204
    cinema.clock.advance(1)
    refused = await browser.get(plan.mp4)
    assert (refused.status_code, refused.json()["detail"]) == (403, "This video was deleted.")
    objects, below = cinema.vod.uploads._ground.objects, prefix(asset.id, 1)
    assert await objects.page(below)
    async with cinema.house.premises.database.pool.driver() as driver:
        aged = "update vod.asset set deleted_at = deleted_at - interval '31 days' where id = $1"
        await driver.execute(aged, asset.id)
    with cinema.as_(cinema.house_itself):
        await cinema.assets.delete(DeleteAsset(asset_id=asset.id))
        await cinema.run(SweepOrphans())
    assert await objects.page(below) == []
    assert (await browser.get(f"/api/v1/assets/{asset.id}")).status_code == 404
    cinema.tickets.clear()


@covers("VOD-23")
async def test_a_video_that_plays_is_found_well(screening: Cinema) -> None:
    assert screening.film is not None
    found = await screening.vod.diagnose(screening.film.id)
    assert {one.state for one in found} <= {"well", "note"}
    assert {one.name for one in found} >= {"asset", "scan", "encoder", "objects", "grant", "events", "room"}


@covers("VOD-23")
async def test_each_thing_that_stops_a_video_is_named_with_what_helps(cinema: Cinema) -> None:
    (unknown,) = await wrong(cinema, IDS.new())
    assert unknown.effect == "There is no video of this id. Look up the id again."
    body = b"words " * 200
    ticket = await cinema.ticket(body)
    await cinema.send(ticket, body)
    texts = " ".join(one.effect for one in await wrong(cinema, ticket.id))
    assert "This file is text, not a video." in texts
    halted = await cinema.uploaded("silent.mp4")
    await cinema.look(halted)
    cinema.clock.advance(700)
    assert "has not moved since" in (await wrong(cinema, halted.id))[0].effect
    with cinema.as_(cinema.teacher):
        await cinema.assets.cancel(CancelEncoding(asset_id=halted.id))
    assert "Encoding was cancelled." in " ".join(one.effect for one in await wrong(cinema, halted.id))
    assert all(one.remedy for one in await wrong(cinema, halted.id))


@covers("VOD-19", "VOD-23")
async def test_lost_files_are_found(cinema: Cinema) -> None:
    asset = await cinema.ready("silent.mp4")
    objects = cinema.vod.uploads._ground.objects
    key = f"{prefix(asset.id, 1)}/180p/seg-00000.m4s"
    whole = b"".join([block async for block in objects.get(key)])
    for damage in (None, whole[:-1]):
        await objects.delete(key)
        if damage is not None:
            await objects.put(key, damage, "video/iso.segment")
        (finding,) = await wrong(cinema, asset.id)
        assert (finding.name, key in finding.effect) == ("objects", True)


@covers("VOD-23")
async def test_without_an_encoder_the_finding_names_the_setting(open_cinema: OpenCinema) -> None:
    async with open_cinema(vod_ffmpeg="/nowhere/ffmpeg", vod_reserve_bytes=str(10**15)) as cinema:
        asset_id = IDS.new()
        async with cinema.house.premises.database.pool.driver() as driver:
            values = "$1, $1, 'x', 'preparing', now(), now(), 'video', 0, 'rights', '', null"
            await driver.execute(f"insert into vod.asset values ({values})", asset_id)
        parts = {one.name: one.remedy for one in await wrong(cinema, asset_id)}
        assert "SUUUPRA_VOD_FFMPEG" in parts["encoder"]
        assert "Make room" in parts["room"]


@covers("VOD-11", "VOD-21")
async def test_figures_count_plays_minutes_uploads_and_encodings(open_cinema: OpenCinema) -> None:
    async with open_cinema() as cinema:
        asset = await cinema.ready("silent.mp4")
        plan = await cinema.plan(cinema.learner, asset, right=PlayRight(allowed=True))
        with cinema.as_(cinema.learner):
            await cinema.playback.renew(RenewPlayback(id=plan.id, intervals=((0, 1500),), position_ms=1500))
        figures: Figures = cinema.vod.figures
        wanted = {
            "plays": 1.0,
            "minutes_watched": 1500 / 60_000,
            "watching_now": 1.0,
            "uploads_accepted": 1.0,
            "uploads_rejected": None,
            "uploads_running": 0.0,
            "encodings_ready": 1.0,
            "encodings_failed": None,
            "encodings_running": 0.0,
        }
        names = [figure.name for figure in (await figures.names(Query())).figures]
        assert set(names) == set(wanted)
        for name, value in wanted.items():
            series = await figures.series(SeriesQuery(name=name, days=7))
            assert series.now == value, name
            assert len(series.points) == int(value is not None and not name.endswith(("running", "_now")))
        with pytest.raises(Invalid):
            await figures.series(SeriesQuery(name="revenue"))


@covers("VOD-11")
async def test_a_process_sweeps_what_dead_ones_left_and_never_a_living_ones_work(tmp_path: Path) -> None:
    settings = VodSettings(encode_folder=str(tmp_path))
    (tmp_path / "p-4711-dead").mkdir()
    (tmp_path / "p-4711-dead" / "half.mp4").write_bytes(b"half")
    living = Workroom(settings)
    mine = (await living.shop()).temp
    assert not (tmp_path / "p-4711-dead").exists()
    other = (await Workroom(settings).shop()).temp
    assert other != mine
    assert mine.exists()


@covers("VOD-11")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give rights away")
async def test_encoders_run_as_an_account_without_rights(open_cinema: OpenCinema) -> None:
    async with open_cinema(vod_encode_account="nobody") as cinema:
        asset = await cinema.ready("silent.mp4")
        digest = hashlib.sha256(film("silent.mp4").read_bytes()).hexdigest()
        async with cinema.house.premises.database.pool.driver() as driver:
            kept = await driver.fetchval(
                "select source_sha256 from vod.revision where asset_id = $1", asset.id
            )
        assert kept == digest
    async with open_cinema(vod_encode_account="nobody-of-this-name") as cinema:
        ticket = await cinema.uploaded("silent.mp4")
        with pytest.raises(Exception, match="no account"):
            await cinema.look(ticket)
