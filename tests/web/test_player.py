"""The player with a real film in a real browser: resume, beats, grants, renditions, keys, narrow screens."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from suuupra.web.parts import Player
from tests.covers import covers
from tests.web import film
from tests.web.site import Site, serving, snippet

TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".m4s": "video/iso.segment", ".mp4": "video/mp4"}


class Cinema:
    """Media under grants, and the beats it was told; `answer` is what a beat gets back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.grants = {"g1"}
        self.reason = "Your invitation was withdrawn."
        self.answer: dict[str, object] = {}
        self.status = 200
        self.beats: list[dict[str, Any]] = []
        self.served: list[str] = []

    async def media(self, request: Request) -> Response:
        grant, path = request.path_params["grant"], request.path_params["path"]
        if grant not in self.grants:
            return JSONResponse({"title": "No grant", "detail": self.reason}, 403)
        self.served.append(f"{grant}/{path}")
        return FileResponse(self.folder / path, media_type=TYPES[Path(path).suffix])

    async def beat(self, request: Request) -> Response:
        assert request.headers["x-csrf-token"] == "token-7"
        self.beats.append(json.loads(await request.body()))
        return JSONResponse(self.answer, self.status)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not holds():  # noqa: ASYNC110 - the browser decides when
                await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film.make(tmp_path_factory.mktemp("film"))


@pytest.fixture
async def cinema(reel: Path) -> Cinema:
    return Cinema(reel)


@pytest.fixture
async def site(cinema: Cinema) -> AsyncIterator[Site]:
    view = Player(
        "/media/g1/master.m3u8", film.LENGTH_S * 1000, "Waves", resume_ms=8000, beat_url="/beat", beat_s=1,
        previous="/before", next="/after",
    )  # fmt: skip
    routes = [
        snippet("/lesson", "{{ media.player(view) }}", view=view),
        Route("/media/{grant}/{path:path}", cinema.media),
        Route("/beat", cinema.beat, methods=["POST"]),
    ]
    async with serving(routes) as running:
        yield running


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    opened = await chromium.new_context()
    yield opened
    await opened.close()


async def lesson(context: BrowserContext, site: Site) -> Page:
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    await page.goto(f"{site.address}/lesson")
    await page.locator("su-player:defined").wait_for()
    await page.locator(".player-controls").wait_for()
    return page


async def at(page: Page) -> float:
    return float(await page.locator("video").evaluate("(video) => video.currentTime"))


async def passed(page: Page, seconds: float) -> None:
    async with asyncio.timeout(15):
        while await at(page) < seconds:  # noqa: ASYNC110 - the film decides when
            await asyncio.sleep(0.05)


@covers("VOD-5", "PORT-11")
async def test_frames_decode_from_where_she_was_and_beats_tell_what_was_watched(
    context: BrowserContext, site: Site, cinema: Cinema
) -> None:
    page = await lesson(context, site)
    await expect(page.locator("[data-time]")).to_have_text("0:08")
    await page.get_by_role("button", name="Play").first.click()
    await passed(page, 9.6)
    size = "(video) => [video.videoWidth > 0, video.getVideoPlaybackQuality().totalVideoFrames > 5]"
    assert await page.locator("video").evaluate(size) == [True, True]
    await page.get_by_role("button", name="Pause").click()
    await cinema.until(lambda: bool(cinema.beats) and cinema.beats[-1]["position_ms"] >= 9500)
    stretches = [stretch for beat in cinema.beats for stretch in beat["intervals"]]
    assert 7900 <= stretches[0][0] <= 8300
    assert stretches[-1][1] >= 9500
    assert all(begin < end for begin, end in stretches)
    assert cinema.beats[0]["speed"] == 1


@covers("VOD-6", "VOD-8")
async def test_a_renewed_grant_is_taken_over_while_it_plays(
    context: BrowserContext, site: Site, cinema: Cinema
) -> None:
    page = await lesson(context, site)
    await page.get_by_role("button", name="Play").first.click()
    await passed(page, 8.5)
    cinema.answer = {"grant": "g2"}
    cinema.grants.add("g2")
    before = len(cinema.beats)
    await cinema.until(lambda: len(cinema.beats) > before)
    cinema.grants.discard("g1")
    await page.locator("video").evaluate("(video) => (video.currentTime = 0)")
    await cinema.until(lambda: any(path.startswith("g2/") for path in cinema.served))
    await expect(page.locator(".player-note")).to_be_hidden()
    await passed(page, 0.5)


@covers("VOD-6")
async def test_a_grant_that_ran_out_while_the_lid_was_closed_is_renewed_by_a_beat(
    context: BrowserContext, site: Site, cinema: Cinema
) -> None:
    cinema.grants, cinema.answer = {"g2"}, {"grant": "g2"}
    page = await lesson(context, site)
    await page.get_by_role("button", name="Play").first.click()
    await passed(page, 8.5)
    assert cinema.served[0] == "g2/master.m3u8"


@covers("VOD-6", "PORT-37")
async def test_a_refusal_is_said_with_its_reason(context: BrowserContext, site: Site, cinema: Cinema) -> None:
    page = await lesson(context, site)
    await page.get_by_role("button", name="Play").first.click()
    await passed(page, 8.3)
    cinema.answer, cinema.status = {"title": "Removed", "detail": "You were removed from this course."}, 403
    await expect(page.get_by_role("alert")).to_have_text("You were removed from this course.")
    assert await page.locator("video").evaluate("(video) => video.paused")


@covers("VOD-6", "PORT-37")
async def test_a_manifest_without_grant_says_why_before_anything_plays(
    context: BrowserContext, site: Site, cinema: Cinema
) -> None:
    cinema.grants = set()
    page = await context.new_page()
    await page.goto(f"{site.address}/lesson")
    await expect(page.get_by_role("alert")).to_have_text(cinema.reason)
    assert len(cinema.beats) == 1


@covers("PORT-11", "PORT-33")
async def test_keys_move_the_film_and_speed_is_remembered(context: BrowserContext, site: Site) -> None:
    page = await lesson(context, site)
    await page.keyboard.press("k")
    await passed(page, 8.2)
    await page.keyboard.press("k")
    await expect(page.locator("su-player")).to_have_attribute("data-state", "paused")
    before = await at(page)
    await page.keyboard.press("l")
    assert await at(page) == pytest.approx(before + 10, abs=0.1)
    await page.keyboard.press("j")
    await page.keyboard.press("ArrowRight")
    assert await at(page) == pytest.approx(before + 5, abs=0.1)
    await page.keyboard.press(">")
    await page.keyboard.press("m")
    await expect(page.get_by_role("button", name="Unmute")).to_have_attribute("aria-pressed", "true")
    again = await lesson(context, site)
    assert await again.locator("video").evaluate("(video) => [video.playbackRate, video.muted]") == [
        1.25,
        True,
    ]


@covers("PORT-11", "PORT-33")
async def test_the_slider_seeks_by_keyboard_and_says_where_it_is(context: BrowserContext, site: Site) -> None:
    page = await lesson(context, site)
    slider = page.get_by_role("slider", name="Seek")
    await expect(slider).to_have_attribute("aria-valuetext", "0:08 of 0:24")
    await page.get_by_role("button", name="Play").first.click()
    await passed(page, 8.2)
    await slider.press("Home")
    await passed(page, 0.2)
    assert await at(page) < 6
    await slider.press("End")
    await expect(page.locator("su-player")).to_have_attribute("data-state", "ended")


@covers("VOD-5")
async def test_renditions_are_offered_and_switched(
    context: BrowserContext, site: Site, cinema: Cinema
) -> None:
    page = await lesson(context, site)
    quality = page.get_by_label("Quality")
    await expect(quality.locator("option")).to_have_text(["Auto", "180p", "90p"])
    await page.get_by_role("button", name="Play").first.click()
    await passed(page, 8.2)
    await page.locator(".player-menu summary").click()
    await quality.select_option("90p")
    await page.locator("video").evaluate("(video) => (video.currentTime = 16)")
    await passed(page, 16.3)
    assert await page.locator("video").evaluate("(video) => video.videoHeight") == 90
    await expect(page.get_by_role("link", name="Next lesson")).to_have_attribute("href", "/after")


@covers("VOD-8", "PORT-10")
async def test_leaving_the_page_tells_the_last_position(
    context: BrowserContext, site: Site, cinema: Cinema
) -> None:
    page = await lesson(context, site)
    await page.get_by_role("button", name="Play").first.click()
    await passed(page, 8.4)
    await page.goto("about:blank")
    await cinema.until(lambda: bool(cinema.beats) and cinema.beats[-1]["position_ms"] >= 8400)


@covers("VOD-8")
async def test_what_a_lost_beat_said_is_said_again(
    context: BrowserContext, site: Site, cinema: Cinema
) -> None:
    cinema.status = 503
    page = await lesson(context, site)
    await page.get_by_role("button", name="Play").first.click()
    await cinema.until(lambda: len(cinema.beats) >= 2)
    cinema.status = 200
    lost = len(cinema.beats)
    await cinema.until(lambda: len(cinema.beats) > lost)
    assert cinema.beats[lost]["intervals"][0][0] == cinema.beats[0]["intervals"][0][0]


@covers("VOD-8")
async def test_a_beat_that_was_malformed_or_too_early_does_not_stop_the_film(
    context: BrowserContext, site: Site, cinema: Cinema
) -> None:
    cinema.status = 422
    page = await lesson(context, site)
    await page.get_by_role("button", name="Play").first.click()
    await cinema.until(lambda: len(cinema.beats) >= 2)
    await expect(page.locator(".player-note")).to_be_hidden()
    assert all(len(beat["intervals"]) <= 100 for beat in cinema.beats)


@covers("PORT-33")
@pytest.mark.parametrize("width", [320, 390])
async def test_on_a_phone_the_controls_fold_and_nothing_is_cut(
    context: BrowserContext, site: Site, width: int
) -> None:
    page = await lesson(context, site)
    await page.set_viewport_size({"width": width, "height": 800})
    frame = await page.locator("su-player").bounding_box()
    full = await page.get_by_role("button", name="Full screen").bounding_box()
    assert frame
    assert full
    assert full["x"] + full["width"] <= frame["x"] + frame["width"]
    await expect(page.locator('[data-act="back"]')).to_be_hidden()
    await page.locator(".player-menu summary").click()
    panel = await page.locator(".player-panel").bounding_box()
    assert panel
    assert panel["x"] == 0
    assert panel["width"] == width
    assert panel["y"] + panel["height"] == 800
    await expect(page.get_by_label("Speed")).to_be_visible()
