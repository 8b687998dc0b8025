"""Encoding in steps: what is done stays, what fails says why, and a new version switches by one pointer."""

import asyncio
import signal
import sys
from typing import Any

import pytest

from suuupra.engines.media.problems import ChildDied
from suuupra.kernel.problems import Forbidden, Problem
from suuupra.services.vod.api import (
    AssetQuery,
    AssetUnknown,
    CancelEncoding,
    NothingToEncode,
    QueueQuery,
    ReplaceSource,
    RetryEncoding,
)
from suuupra.services.vod.service.orders import DropRevision, EncodeAudio, EncodeFirst, TendEncodings
from tests.covers import covers
from tests.services.vod.cinema import Cinema, somebody
from tests.services.vod.conftest import OpenCinema
from tests.services.vod.films import film


async def rows(cinema: Cinema, query: str, *values: object) -> list[dict[str, Any]]:
    async with cinema.house.premises.database.pool.driver() as driver:
        return [dict(row) for row in await driver.fetch(query, *values)]


@covers("VOD-5", "VOD-11", "VOD-13")
async def test_the_beginning_plays_before_the_rest_is_made(open_cinema: OpenCinema) -> None:
    async with open_cinema() as cinema:
        ticket = await cinema.uploaded("long.mp4")
        await cinema.look(ticket)
        while not await cinema.events("vod.first_rung_ready.v1", ticket.id):
            assert await cinema.house.worker._claim()
            await asyncio.gather(*(task for _, _, task in cinema.house.worker._running.values()))
            await cinema.house.worker._flush()
        asset = await cinema.asset(ticket.id)
        assert (asset.state, asset.revision) == ("playable", 1)
        assert 0 < asset.permille < 1000
        plan = await cinema.plan(asset=asset)
        assert plan.is_growing
        master = await cinema.browser(cinema.teacher).get(plan.hls)
        track = plan.hls.replace("master", "90p/index")
        listed = (await cinema.browser(cinema.teacher).get(track)).text
        assert "#EXT-X-PLAYLIST-TYPE:EVENT" in listed
        assert "#EXT-X-ENDLIST" not in listed
        assert master.text.count("#EXT-X-STREAM-INF") == 1
        await cinema.house.run_until_idle()
        assert "#EXT-X-ENDLIST" in (await cinema.browser(cinema.teacher).get(track)).text
        ready = await cinema.events("vod.asset_ready.v1", ticket.id)
        assert [(one["revision"], one["duration_ms"]) for one in ready] == [(1, asset.duration_ms)]
        assert abs(asset.duration_ms - 66_000) < 100


@covers("VOD-5")
@pytest.mark.parametrize(("name", "tracks"), [("voice.m4a", 0), ("silent.mp4", 1), ("stream.ts", 1)])
async def test_sound_alone_pictures_alone_and_a_stream_without_index_play(
    cinema: Cinema, name: str, tracks: int
) -> None:
    asset = await cinema.ready(name)
    assert (len(asset.rungs), asset.has_audio) == (tracks, name == "voice.m4a")
    plan = await cinema.plan(asset=asset)
    client = cinema.browser(cinema.teacher)
    master = (await client.get(plan.hls)).text
    assert master.count("#EXT-X-STREAM-INF") == 1
    assert (await client.get(plan.mp4)).status_code == 200
    assert (await client.get(plan.poster)).status_code == 200


@covers("VOD-11", "VOD-19")
async def test_a_replacement_is_made_beside_and_switches_at_its_end(cinema: Cinema) -> None:
    first = await cinema.ready("silent.mp4")
    old = await cinema.plan(asset=first)
    ticket = await cinema.uploaded("other.mp4", replaces=first.id)
    assert (ticket.asset_id, ticket.id != first.id) == (first.id, True)
    await cinema.look(ticket)
    meanwhile = await cinema.asset(first.id)
    assert (meanwhile.state, meanwhile.revision, meanwhile.making) == ("ready", 1, 2)
    assert meanwhile.replacing == ticket.id
    assert (await cinema.plan(asset=first)).duration_ms == 2000
    await cinema.house.run_until_idle()
    after = await cinema.asset(first.id)
    assert (after.state, after.revision, after.duration_ms, after.replacing) == ("ready", 2, 3000, None)
    assert (await cinema.plan(asset=first)).duration_ms == 3000
    client = cinema.browser(cinema.teacher)
    assert (await client.get(old.hls)).status_code == 200
    cinema.clock.advance(25 * 3600)
    await cinema.run(DropRevision(asset_id=first.id, revision=1))
    found = await cinema.vod.uploads._ground.objects.page(f"vod/{first.id}/1/")
    assert found == []
    assert (await client.get((await cinema.plan(asset=first)).hls)).status_code == 200


@covers("VOD-11", "VOD-19")
async def test_of_two_replacements_the_later_one_wins_and_the_other_leaves_nothing(cinema: Cinema) -> None:
    first = await cinema.ready("silent.mp4")
    for name in ("other.mp4", "short.mp4"):
        await cinema.look(await cinema.uploaded(name, replaces=first.id))
        if name == "other.mp4":
            with cinema.as_(cinema.house_itself):
                await cinema.vod.encoding.audio(EncodeAudio(asset_id=first.id, revision=2))
    await cinema.house.run_until_idle()
    after = await cinema.asset(first.id)
    assert (after.state, after.revision, after.duration_ms) == ("ready", 3, 5000)
    assert await cinema.vod.uploads._ground.objects.page(f"vod/{first.id}/2/") == []


@covers("VOD-4", "VOD-11")
async def test_a_replacement_that_is_refused_leaves_the_video_as_it_was(cinema: Cinema) -> None:
    first = await cinema.ready("silent.mp4")
    body = b"no pictures at all " * 100
    ticket = await cinema.ticket(body, replaces=first.id)
    assert (await cinema.send(ticket, body)).status_code == 422
    told = await cinema.events("vod.upload_rejected.v1", first.id)
    assert [one["is_replacement"] for one in told] == [True]
    assert (await cinema.asset(first.id)).state == "ready"


@covers("VOD-11")
async def test_an_accepted_upload_becomes_the_next_revision_of_another_asset(cinema: Cinema) -> None:
    first, second = await cinema.ready("silent.mp4"), await cinema.uploaded("other.mp4")
    await cinema.look(second)
    with cinema.as_(cinema.teacher):
        await cinema.assets.replace(ReplaceSource(asset_id=first.id, upload_id=second.id))
    after = await cinema.asset(first.id)
    assert (after.state, after.revision, after.making, after.duration_ms) == ("ready", 1, 2, 2000)
    with cinema.as_(cinema.house_itself):
        await cinema.vod.encoding.first(EncodeFirst(asset_id=first.id, revision=2))
    assert (await cinema.asset(first.id)).permille > 0
    assert (await cinema.asset(second.id)).state == "deleted"


@covers("VOD-11")
async def test_cancelled_says_so_and_begins_anew_where_it_stopped(cinema: Cinema) -> None:
    ticket = await cinema.uploaded("silent.mp4")
    await cinema.look(ticket)
    with cinema.as_(cinema.teacher):
        stopped = await cinema.assets.cancel(CancelEncoding(asset_id=ticket.id))
        assert (stopped.state, stopped.reason) == ("failed", "Encoding was cancelled.")
        with pytest.raises(NothingToEncode):
            await cinema.assets.cancel(CancelEncoding(asset_id=ticket.id))
    await cinema.house.run_until_idle()
    assert (await cinema.asset(ticket.id)).state == "failed"
    assert len(await cinema.events("vod.asset_failed.v1", ticket.id)) == 1
    with cinema.as_(cinema.teacher):
        await cinema.assets.retry(RetryEncoding(asset_id=ticket.id))
    await cinema.house.run_until_idle()
    assert (await cinema.asset(ticket.id)).state == "ready"
    with cinema.as_(cinema.teacher), pytest.raises(NothingToEncode):
        await cinema.assets.retry(RetryEncoding(asset_id=ticket.id))


@covers("VOD-11")
async def test_a_running_encoder_stops_when_it_is_cancelled(open_cinema: OpenCinema) -> None:
    async with open_cinema() as cinema:
        ticket = await cinema.uploaded("long.mp4")
        await cinema.look(ticket)
        working = asyncio.create_task(cinema.house.worker.step())
        while not await rows(cinema, "select 1 from vod.step where state = 'running'"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        with cinema.as_(cinema.teacher):
            await cinema.assets.cancel(CancelEncoding(asset_id=ticket.id))
        await working
        states = {row["state"] for row in await rows(cinema, "select state from vod.step")}
        assert states <= {"cancelled", "done"}
        assert (await cinema.asset(ticket.id)).state == "failed"


@covers("VOD-11", "VOD-23")
async def test_what_staff_does_to_others_videos_is_audited_and_others_may_not(cinema: Cinema) -> None:
    ticket = await cinema.uploaded("silent.mp4")
    await cinema.look(ticket)
    command = CancelEncoding(asset_id=ticket.id, reason="Wrong room")
    with cinema.as_(somebody()), pytest.raises(AssetUnknown):
        await cinema.assets.cancel(command)
    with cinema.as_(cinema.operator):
        await cinema.assets.cancel(command)
    found = await rows(
        cinema,
        "select payload from kernel.outbox where type = 'kernel.audited.v1' and key = $1",
        f"asset:{ticket.id}",
    )
    audited = found[0]["payload"]
    assert (audited["action"], audited["reason"]) == ("vod.encoding.cancelled", "Wrong room")
    assert audited["actor"] == str(cinema.operator.subject)


@covers("VOD-11")
async def test_operators_see_what_runs_waits_and_is_promised(cinema: Cinema) -> None:
    ticket = await cinema.uploaded("two-rungs.mp4")
    await cinema.look(ticket)
    coming = await cinema.ticket(bytes(5000))
    with cinema.as_(cinema.operator):
        queue = await cinema.assets.queue(QueueQuery())
    mine = [step for step in queue.steps if step.asset_id == ticket.id]
    assert [step.step for step in mine] == ["audio", "first 1", "rest 1", "poster", "package"]
    assert {step.state for step in mine} == {"waiting"}
    assert queue.waiting_steps >= 5
    assert coming.id in {upload.id for upload in queue.uploads}
    assert queue.reserved_bytes > 5000
    assert 0 < queue.free_bytes < queue.total_bytes
    with cinema.as_(cinema.teacher), pytest.raises(Forbidden):
        await cinema.assets.queue(QueueQuery())


@covers("VOD-11")
async def test_an_encoder_that_dies_is_tried_again_and_at_last_given_up(
    cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child is really killed, each time."""
    ticket = await cinema.uploaded("silent.mp4")
    await cinema.look(ticket)
    shop = await cinema.vod.encoding._making._workroom.shop()
    broken = film("silent.mp4").with_name("not-ffmpeg")
    broken.write_text("#!/bin/sh\nkill -9 $$\n")
    broken.chmod(0o755)
    monkeypatch.setattr(
        cinema.vod.encoding._making._workroom,
        "_shop",
        type(shop)(type(shop.ffmpeg)(str(broken), *list(vars_of(shop.ffmpeg))[1:]), shop.temp),
    )
    with cinema.as_(cinema.house_itself):
        await cinema.vod.encoding.first(EncodeFirst(asset_id=ticket.id, revision=1))
    asset = await cinema.asset(ticket.id)
    assert (asset.state, asset.reason) == (
        "failed",
        "This video could not be prepared. Try again, or upload it again.",
    )
    (step,) = await rows(
        cinema, "select error from vod.step where asset_id = $1 and state = 'failed'", ticket.id
    )
    assert ChildDied.__name__ in step["error"]


def vars_of(value: Any) -> list[Any]:
    """The fields of a slotted dataclass, in order."""
    return [getattr(value, name) for name in value.__dataclass_fields__]


@covers("VOD-11", "VOD-19")
async def test_a_worker_killed_in_mid_chunk_costs_that_chunk_and_nothing_else(
    fresh_database: str, open_cinema: OpenCinema
) -> None:
    """It dies after a chunk was encoded and before it was kept; the next process of its slot goes on."""
    async with open_cinema(slot="work-0") as cinema:
        ticket = await cinema.uploaded("long.mp4")
        await cinema.look(ticket)
        program = [sys.executable, "-m", "tests.services.vod.dying", fresh_database, str(cinema.home)]
        dying = await asyncio.create_subprocess_exec(
            *program,
            "vod.chunk.encoded=kill",
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        _, said = await dying.communicate()
        assert dying.returncode == -signal.SIGKILL, said.decode()[-2000:]
        bar = (await cinema.asset(ticket.id)).permille
        await cinema.house.run_until_idle()
        asset = await cinema.asset(ticket.id)
        assert (asset.state, asset.permille) == ("ready", 1000)
        assert bar < 1000
        steps = await rows(cinema, "select name, tries from vod.step")
        tries = {
            name: [step["tries"] for step in steps if step["name"] == name] for name in ("first", "audio")
        }
        assert sorted(tries["first"]) == [1, 2]
        assert set(tries["audio"]) <= {1}


@covers("VOD-11", "VOD-23")
async def test_steps_whose_job_died_get_another_one(cinema: Cinema) -> None:
    ticket = await cinema.uploaded("silent.mp4")
    await cinema.look(ticket)
    async with cinema.house.premises.database.pool.driver() as driver:
        await driver.execute("update kernel.job set state = 'dead' where state = 'ready'")
    await cinema.house.run_until_idle()
    assert (await cinema.asset(ticket.id)).state == "preparing"
    cinema.clock.advance(660)
    with cinema.as_(cinema.house_itself):
        await cinema.run(TendEncodings())
    await cinema.house.run_until_idle()
    assert (await cinema.asset(ticket.id)).state == "ready"


@covers("VOD-11")
async def test_a_step_that_takes_its_worker_along_is_given_up(cinema: Cinema) -> None:
    ticket = await cinema.uploaded("silent.mp4")
    await cinema.look(ticket)
    async with cinema.house.premises.database.pool.driver() as driver:
        await driver.execute(
            "update vod.step set tries = 8, state = 'running' where asset_id = $1 and name = 'first'",
            ticket.id,
        )
    with cinema.as_(cinema.house_itself):
        await cinema.run(TendEncodings())
    assert (await cinema.asset(ticket.id)).state == "failed"


@covers("VOD-11")
async def test_forty_files_of_one_teacher_hold_nobody_up(open_cinema: OpenCinema) -> None:
    async with open_cinema(vod_uploads_max="9") as cinema:
        for _ in range(3):
            await cinema.look(await cinema.uploaded("silent.mp4"))
        other = Cinema(
            cinema.house,
            cinema.doorman,
            cinema.lessons,
            cinema.clock,
            teacher=somebody(frozenset({"vod.upload.create"})),
        )
        late = await other.uploaded("silent.mp4")
        await other.look(late)
        seen: list[Any] = []
        for _ in range(4):
            await cinema.house.worker._claim()
            for _, job, task in list(cinema.house.worker._running.values()):
                await task
                seen.append(str(late.id) in job.args)
            await cinema.house.worker._flush()
        assert True in seen[:2]


@covers("VOD-11")
async def test_an_asset_is_shown_to_its_owner_and_to_staff_only(screening: Cinema) -> None:
    assert screening.film is not None
    place = f"/api/v1/assets/{screening.film.id}"
    for who, status in ((screening.teacher, 200), (screening.operator, 200), (somebody(), 404), (None, 401)):
        assert (await screening.browser(who).get(place)).status_code == status
    shown = (await screening.browser(screening.teacher).get(place)).json()
    poster = await screening.browser().get(shown["poster_url"])
    assert poster.content[:3] == b"\xff\xd8\xff"
    with screening.as_(screening.house_itself), pytest.raises(Problem):
        await screening.assets.get(AssetQuery(id=somebody().person()))
    listed = await screening.browser(somebody()).get(f"/api/v1/assets?owner_id={screening.teacher.subject}")
    assert listed.status_code == 403
