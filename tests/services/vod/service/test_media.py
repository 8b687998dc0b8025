"""What players read: manifests, segments, ranges; nothing without a grant, nothing above it."""

import asyncio

import m3u8
import pytest

from suuupra.services.vod.api import PlaybackPlan, PlayRight, RevokePlayback
from tests.covers import covers
from tests.services.vod.cinema import Cinema, somebody


def below(plan: PlaybackPlan, name: str) -> str:
    return plan.hls.removesuffix("master.m3u8") + name


async def get(cinema: Cinema, address: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    answer = await cinema.browser(cinema.learner).get(address, headers=headers)
    return answer.status_code, answer.content, dict(answer.headers)


@covers("VOD-5")
async def test_the_manifest_is_read_by_a_foreign_parser_and_sums_to_the_film(screening: Cinema) -> None:
    plan = await screening.plan(screening.learner)
    client = screening.browser(screening.learner)
    answer = await client.get(plan.hls)
    assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert answer.headers["cache-control"] == "private, no-cache"
    master = m3u8.loads(answer.text)
    heights = [one.stream_info.resolution[1] for one in master.playlists]
    assert heights == [360, 240]
    assert all("mp4a.40.2" in one.stream_info.codecs for one in master.playlists)
    tracks = [one.uri for one in master.playlists] + [one.uri for one in master.media]
    for track in tracks:
        listed = m3u8.loads((await client.get(below(plan, track))).text)
        assert (listed.playlist_type, listed.is_endlist) == ("vod", True)
        assert abs(sum(one.duration for one in listed.segments) - 4) < 0.05
        folder = track.removesuffix("index.m3u8")
        for name in (listed.segment_map[0].uri, *(one.uri for one in listed.segments)):
            assert (await client.get(below(plan, folder + name))).status_code == 200


@covers("VOD-6", "VOD-8")
async def test_mp4_and_poster_are_whole_files_with_ranges(screening: Cinema) -> None:
    plan = await screening.plan(screening.learner)
    status, whole, said = await get(screening, plan.mp4)
    assert (status, said["content-type"], said["accept-ranges"]) == (200, "video/mp4", "bytes")
    assert whole[4:8] == b"ftyp"
    assert whole.index(b"moov") < whole.index(b"mdat")
    for wanted, piece in (
        ("bytes=0-9", whole[:10]),
        ("bytes=100-", whole[100:]),
        ("bytes=-7", whole[-7:]),
        ("bytes=5-999999999", whole[5:]),
    ):
        status, body, said = await get(screening, plan.mp4, range=wanted)
        assert (status, body) == (206, piece)
        assert said["content-range"].endswith(f"/{len(whole)}")
    stale = {"range": "bytes=0-9", "if-range": '"another"'}
    assert (await get(screening, plan.mp4, **stale))[:2] == (200, whole)
    status, _, said = await get(screening, plan.mp4, range=f"bytes={len(whole)}-")
    assert (status, said["content-range"]) == (416, f"bytes */{len(whole)}")
    _, _, said = await get(screening, f"{plan.mp4}?download=1")
    assert said["content-disposition"].startswith("attachment")
    _, poster, said = await get(screening, plan.poster)
    assert (poster[:3], said["content-type"]) == (b"\xff\xd8\xff", "image/jpeg")
    head = await screening.browser().head(plan.poster)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(poster)))


@covers("VOD-14")
async def test_without_its_grant_nothing_is_read(screening: Cinema) -> None:
    plan = await screening.plan(screening.learner)
    forged = plan.grant[:-1] + ("A" if plan.grant[-1] != "A" else "B")
    for grant in (forged, "x", plan.grant.replace(".", ":"), "%C3%A9"):
        for name in ("master.m3u8", "240p/seg-00000.m4s", "poster.jpg"):
            address = below(plan, name).replace(plan.grant, grant)
            status, body, _ = await get(screening, address)
            assert status == 403
            assert b'"code":"forged"' in body


@covers("VOD-14")
async def test_a_grant_is_for_one_asset_and_revision_and_for_ten_minutes(screening: Cinema) -> None:
    plan = await screening.plan(screening.learner)
    other = plan.hls.replace("/1/master", "/2/master")
    assert (await get(screening, other))[0] == 403
    segment = below(plan, "240p/seg-00000.m4s")
    screening.clock.advance(599)
    assert (await get(screening, segment))[0] == 200
    screening.clock.advance(1)
    status, body, _ = await get(screening, segment)
    assert status == 403
    assert b'"code":"expired"' in body


@covers("VOD-14")
async def test_a_renewed_grant_reads_on(screening: Cinema) -> None:
    plan = await screening.plan(screening.learner)
    screening.clock.advance(500)
    client = screening.browser(screening.learner)
    grant = (await client.post(plan.beat_url, json={"position_ms": 1})).json()["grant"]
    screening.clock.advance(500)
    address = below(plan, "240p/seg-00000.m4s")
    assert (await client.get(address)).status_code == 403
    assert (await client.get(address.replace(plan.grant, grant))).status_code == 200


@covers("VOD-14")
async def test_a_copied_manifest_address_is_refused_to_others_and_signed_out(screening: Cinema) -> None:
    plan = await screening.plan(screening.learner)
    assert (await screening.browser(screening.learner).get(plan.hls)).status_code == 200
    for who in (None, somebody()):
        assert (await screening.browser(who).get(plan.hls)).status_code == 403


@covers("VOD-14")
async def test_what_another_process_revokes_is_known_here_within_a_second(screening: Cinema) -> None:
    plan = await screening.plan(screening.learner)
    segment = below(plan, "240p/seg-00000.m4s")
    assert (await get(screening, segment))[0] == 200
    async with screening.house.premises.database.pool.driver() as driver:
        await driver.execute(
            "update vod.playback set revoked_at = $2, revoked_reason = 'Removed.' where id = $1",
            plan.id,
            screening.clock.now(),
        )
    screening.clock.advance(1)
    status, body, _ = await get(screening, segment)
    assert status == 403
    assert b"Removed." in body


@covers("VOD-14")
async def test_a_right_that_ended_is_said_at_the_next_manifest(screening: Cinema) -> None:
    plan = await screening.plan(screening.learner)
    screening.lessons.right = PlayRight(allowed=False, reason="Your place has ended.")
    screening.clock.advance(30)
    status, body, _ = await get(screening, plan.hls)
    assert status == 403
    assert b"Your place has ended." in body


@covers("VOD-14")
async def test_a_height_bounds_lists_and_segments(screening: Cinema) -> None:
    plan = await screening.plan(screening.learner, right=PlayRight(allowed=True, height_max=240))
    client = screening.browser(screening.learner)
    master = m3u8.loads((await client.get(plan.hls)).text)
    assert [one.stream_info.resolution[1] for one in master.playlists] == [240]
    assert (await client.get(below(plan, "240p/seg-00000.m4s"))).status_code == 200
    refused = await client.get(below(plan, "360p/seg-00000.m4s"))
    assert (refused.status_code, refused.json()["code"]) == (403, "height")
    assert (await client.get(below(plan, "360p/index.m3u8"))).status_code == 403


@covers("VOD-14", "VOD-19")
@pytest.mark.parametrize(
    "name",
    ["240p/seg-99999.m4s", "720p/index.m3u8", "240p/../../2/x", "sources/x", "", "240p", "audio/seg-0.m4s"],
)
async def test_other_names_below_a_grant_are_not_there(screening: Cinema, name: str) -> None:
    plan = await screening.plan(screening.learner)
    assert (await get(screening, below(plan, name)))[0] in {403, 404}


@covers("VOD-14")
async def test_revoking_ends_only_this_persons_sessions_of_these_assets(screening: Cinema) -> None:
    assert screening.film is not None
    plan = await screening.plan(screening.learner)
    with screening.as_(screening.house_itself):
        for subject, asset in ((somebody(), screening.film.id), (screening.learner, plan.id)):
            await screening.playback.revoke(RevokePlayback(subject=subject.person(), assets=(asset,)))
    assert (await get(screening, below(plan, "240p/seg-00000.m4s")))[0] == 200


@covers("VOD-20")
async def test_sixty_viewers_at_once_are_all_served_and_strangers_among_them_are_not(
    screening: Cinema,
) -> None:
    async def watch(*, stranger: bool) -> set[int]:
        plan = await screening.plan(somebody())
        base = below(plan, "")
        if stranger:
            base = base.replace(plan.grant, plan.grant[::-1])
        client = screening.browser()
        names = [f"{track}/{piece}" for track in ("240p", "audio") for piece in ("init.mp4", "seg-00000.m4s")]
        return {(await client.get(base + name)).status_code for name in names}

    seen = await asyncio.gather(*(watch(stranger=place % 6 == 0) for place in range(60)))
    assert seen == [{403} if place % 6 == 0 else {200} for place in range(60)]
