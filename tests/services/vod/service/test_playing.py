"""Rights, grants, beats: who plays, until when, and what is believed of what was watched."""

import asyncio
from datetime import timedelta

import pytest

from suuupra.services.vod.api import (
    AssetUnknown,
    NotEntitled,
    NotReady,
    OpenPlayback,
    PlayRight,
    RenewPlayback,
    RevokePlayback,
    SetPolicy,
    WatchedQuery,
)
from tests.covers import covers
from tests.services.vod.cinema import Cinema, somebody

NO = PlayRight(allowed=False, reason="This lesson opens on Monday.")
LENGTH_MS = 4000


async def beat(
    cinema: Cinema, address: str, who: object = None, **said: object
) -> tuple[int, dict[str, object]]:
    """One beat of a player of the learner."""
    client = cinema.browser(cinema.learner)
    answer = await client.post(address, json=said)
    return answer.status_code, answer.json()


@covers("VOD-14")
async def test_the_owner_of_the_context_decides_and_her_reason_is_read(screening: Cinema) -> None:
    screening.lessons.right = NO
    with pytest.raises(NotEntitled) as caught:
        await screening.plan(screening.learner)
    assert caught.value.detail == "This lesson opens on Monday."
    (asked,) = screening.lessons.asked
    assert (asked.context_ref, asked.subject) == ("lesson:1", screening.learner.subject)
    screening.lessons.right = PlayRight(allowed=True)
    assert (await screening.plan(screening.learner)).duration_ms == LENGTH_MS


@covers("VOD-14")
async def test_the_owner_and_a_handed_right_ask_nobody(screening: Cinema) -> None:
    screening.lessons.right = NO
    await screening.plan(screening.teacher)
    await screening.plan(screening.learner, right=PlayRight(allowed=True))
    with pytest.raises(NotEntitled):
        await screening.plan(screening.learner, right=NO)
    assert screening.lessons.asked == []


@covers("VOD-14")
async def test_a_public_video_plays_for_everybody_once_its_owner_says_so(screening: Cinema) -> None:
    assert screening.film is not None
    screening.lessons.right = NO
    place = f"/api/v1/assets/{screening.film.id}"
    assert (
        await screening.browser(somebody()).patch(place, json={"visibility": "public"})
    ).status_code == 404
    shown = await screening.browser(screening.teacher).patch(place, json={"visibility": "public"})
    assert shown.json()["visibility"] == "public"
    opened = await screening.browser().post("/api/v1/playbacks", json={"asset_id": str(screening.film.id)})
    assert opened.status_code == 201
    with screening.as_(screening.teacher):
        await screening.assets.set_policy(SetPolicy(asset_id=screening.film.id, visibility="rights"))


@covers("VOD-14")
async def test_a_right_and_a_start_are_never_taken_from_outside(screening: Cinema) -> None:
    assert screening.film is not None
    client = screening.browser(screening.learner)
    for more in ({"right": {"allowed": True}}, {"resume_ms": 1000}, {"purpose": "offline"}):
        asked = {"asset_id": str(screening.film.id), "context_ref": "lesson:1"} | more
        assert (await client.post("/api/v1/playbacks", json=asked)).status_code == 422


@covers("VOD-14")
async def test_what_is_not_there_or_not_ready_says_so(cinema: Cinema) -> None:
    with cinema.as_(cinema.learner), pytest.raises(AssetUnknown):
        await cinema.playback.open(OpenPlayback(asset_id=somebody().person(), context_ref=""))
    ticket = await cinema.ticket(bytes(1000))
    with cinema.as_(cinema.learner), pytest.raises(NotReady):
        await cinema.playback.open(OpenPlayback(asset_id=ticket.id, context_ref=""))


@covers("VOD-21")
async def test_beats_are_credited_told_and_completed_once(screening: Cinema) -> None:
    assert screening.film is not None
    plan = await screening.plan(screening.learner)
    for start in (0, 1000, 2000, 3000):
        screening.clock.advance(1)
        status, answer = await beat(
            screening, plan.beat_url, intervals=[[start, start + 1000]], position_ms=start + 1000
        )
        assert (status, answer["position_ms"]) == (200, start + 1000)
    with screening.as_(screening.house_itself):
        query = WatchedQuery(subject=screening.learner.person(), asset_id=screening.film.id)
        assert (await screening.playback.watched(query)).intervals == ((0, LENGTH_MS),)
    about = [
        [
            one
            for one in await screening.events(f"vod.playback_{what}.v1", screening.film.id)
            if one["playback_id"] == str(plan.id)
        ]
        for what in ("started", "progressed", "completed")
    ]
    assert [len(events) for events in about] == [1, 4, 1]
    assert about[1][-1]["intervals"] == [[3000, 4000]]
    assert about[1][-1]["subject"] == str(screening.learner.subject)


@covers("VOD-21")
async def test_a_forged_beat_is_credited_with_what_the_clock_allows(screening: Cinema) -> None:
    plan = await screening.plan(screening.learner)
    credited_ms = 0
    for _ in range(3):
        with screening.as_(screening.learner):
            command = RenewPlayback(id=plan.id, intervals=((0, 10**9),), position_ms=10**9, speed=4)
            renewed = await screening.playback.renew(command)
        credited_ms += renewed.credited_ms
        assert renewed.resume_ms == LENGTH_MS
    assert credited_ms == 5000


@covers("VOD-21")
async def test_beats_at_once_lose_and_invent_nothing(screening: Cinema) -> None:
    assert screening.film is not None
    plan = await screening.plan(screening.learner)
    screening.clock.advance(10)
    pieces = [[[place * 200, place * 200 + 200]] for place in range(20)]
    answers = await asyncio.gather(
        *(beat(screening, plan.beat_url, intervals=piece, position_ms=1) for piece in pieces)
    )
    assert {status for status, _ in answers} == {200}
    with screening.as_(screening.house_itself):
        query = WatchedQuery(subject=screening.learner.person(), asset_id=screening.film.id)
        assert (await screening.playback.watched(query)).intervals == ((0, LENGTH_MS),)


@covers("VOD-14", "VOD-21")
async def test_a_beat_is_its_sessions_own(screening: Cinema) -> None:
    plan = await screening.plan(screening.learner)
    for who, words in ((somebody(), "You may not watch"), (None, "Please sign in again")):
        answer = await screening.browser(who).post(plan.beat_url, json={"position_ms": 1})
        assert answer.status_code == 403
        assert answer.json()["detail"].startswith(words)


@covers("VOD-14")
async def test_a_right_is_asked_anew_each_half_minute_and_its_end_is_said(screening: Cinema) -> None:
    plan = await screening.plan(screening.learner)
    asked = len(screening.lessons.asked)
    for _ in range(6):
        screening.clock.advance(10)
        assert (await beat(screening, plan.beat_url, position_ms=1))[0] == 200
    assert len(screening.lessons.asked) - asked == 2
    screening.lessons.right = PlayRight(allowed=False, reason="You were removed from this course.")
    screening.clock.advance(30)
    for _ in range(2):
        status, answer = await beat(screening, plan.beat_url, position_ms=1)
        assert (status, answer["detail"]) == (403, "You were removed from this course.")


@covers("VOD-14")
async def test_a_neighbour_that_is_away_stops_nobody_for_a_while(screening: Cinema) -> None:
    plan = await screening.plan(screening.learner)
    screening.lessons.is_away = True
    screening.clock.advance(60)
    assert (await beat(screening, plan.beat_url, position_ms=1))[0] == 200
    screening.clock.advance(600)
    assert (await beat(screening, plan.beat_url, position_ms=1))[0] == 503


@covers("VOD-14")
async def test_a_right_with_an_end_bounds_the_grant_and_the_session(screening: Cinema) -> None:
    until = screening.clock.now() + timedelta(seconds=100)
    plan = await screening.plan(screening.learner, right=PlayRight(allowed=True, until_at=until))
    assert plan.expires_at == until
    screening.lessons.right = PlayRight(allowed=True, until_at=until + timedelta(seconds=100))
    screening.clock.advance(101)
    assert (await beat(screening, plan.beat_url, position_ms=1))[0] == 200
    screening.lessons.right = PlayRight(allowed=False)
    screening.clock.advance(101)
    status, answer = await beat(screening, plan.beat_url, position_ms=1)
    assert (status, answer["detail"]) == (403, "Your right to watch this video has ended.")


@covers("VOD-14")
async def test_a_revoked_session_ends_with_the_reason_and_others_go_on(screening: Cinema) -> None:
    assert screening.film is not None
    mine = await screening.plan(screening.learner)
    other = await screening.plan(somebody())
    with screening.as_(screening.house_itself):
        await screening.playback.revoke(
            RevokePlayback(
                subject=screening.learner.person(), assets=(screening.film.id,), reason="Refunded."
            )
        )
    status, answer = await beat(screening, mine.beat_url, position_ms=1)
    assert (status, answer["detail"]) == (403, "Refunded.")
    segment = "180p/seg-00000.m4s"
    base = mine.hls.removesuffix("master.m3u8")
    for name in ("master.m3u8", "360p/index.m3u8", segment):
        refused = await screening.browser(screening.learner).get(base + name)
        assert (refused.status_code, refused.json()["detail"]) == (403, "Refunded.")
    elsewhere = other.mp4
    assert (await screening.browser().get(elsewhere)).status_code == 200


@covers("VOD-21")
async def test_outside_lessons_the_next_device_starts_where_this_one_stopped(screening: Cinema) -> None:
    plan = await screening.plan(screening.learner)
    screening.clock.advance(3)
    await beat(screening, plan.beat_url, intervals=[[0, 2000]], position_ms=2000)
    assert (await screening.plan(screening.learner)).resume_ms == 2000
    handed = await screening.plan(screening.learner, right=PlayRight(allowed=True))
    assert handed.resume_ms == 0
    assert (await screening.plan(screening.learner, resume_ms=1000)).resume_ms == 1000
    screening.clock.advance(3)
    await beat(screening, plan.beat_url, position_ms=3990)
    assert (await screening.plan(screening.learner)).resume_ms == 0


@covers("VOD-21")
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"{", ""),
        (b'{"intervals": [[1]]}', "/intervals"),
        (b'{"position_ms": "far"}', "/position_ms"),
        (b'{"grant": "mine"}', "/"),
    ],
)
async def test_a_beat_that_is_none_is_named(screening: Cinema, body: bytes, pointer: str) -> None:
    plan = await screening.plan(screening.learner)
    answer = await screening.browser(screening.learner).post(plan.beat_url, content=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)
    unknown = await screening.browser(screening.learner).post("/api/v1/playbacks/x/beats", json={})
    assert unknown.status_code == 404
