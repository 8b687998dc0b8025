"""The uploader against a small tus server: cut, closed, resumed at the byte; another file refused."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, expect
from playwright.async_api import Route as BrowserRoute
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from suuupra.web.parts import Uploader
from tests.covers import covers
from tests.web.site import Site, serving, snippet

CHUNK = 64 * 1024
BODY = bytes(range(256)) * 1500
VERSION = {"Tus-Resumable": "1.0.0"}


class Shelf:
    """One upload as tus 1.0.0 keeps it; `gate` holds PATCHes back, `broken` makes them fail."""

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []
        self.stored = b""
        self.length = 0
        self.there = True
        self.refusal = ""
        self.gate = asyncio.Event()
        self.gate.set()
        self.tokens: set[str] = set()
        self.offsets: list[int] = []

    async def ticket(self, request: Request) -> Response:
        body = json.loads(await request.body())
        self.asked.append(body)
        if self.refusal:
            return JSONResponse({"title": "Refused", "detail": self.refusal}, 422)
        self.length, self.there = body["length_bytes"], True
        return JSONResponse({"id": "a1", "address": "/tus/a1", "chunk_bytes": CHUNK})

    async def tus(self, request: Request) -> Response:
        self.tokens.add(request.headers.get("x-csrf-token", ""))
        if request.method == "DELETE":
            self.there, self.stored = False, b""
        if not self.there:
            return Response(status_code=204 if request.method == "DELETE" else 404, headers=VERSION)
        if request.method == "PATCH":
            self.offsets.append(int(request.headers["upload-offset"]))
            assert self.offsets[-1] == len(self.stored)
            body = await request.body()
            if len(self.stored) >= 2 * CHUNK:
                await self.gate.wait()
            self.stored += body
        sizes = {"Upload-Offset": str(len(self.stored)), "Upload-Length": str(self.length)}
        return Response(status_code=204 if request.method == "PATCH" else 200, headers=VERSION | sizes)


@pytest.fixture
async def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def site(shelf: Shelf) -> AsyncIterator[Site]:
    view = Uploader("/ticket", "Choose a video", max_bytes=1_000_000, replaces="old")
    routes = [
        snippet("/editor", "{{ media.uploader(view) }}", view=view),
        Route("/ticket", shelf.ticket, methods=["POST"]),
        Route("/tus/a1", shelf.tus, methods=["HEAD", "PATCH", "DELETE"]),
    ]
    async with serving(routes) as running:
        yield running


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    opened = await chromium.new_context()
    yield opened
    await opened.close()


def video(name: str = "lecture.mp4", body: bytes = BODY) -> FilePayload:
    return {"name": name, "mimeType": "video/mp4", "buffer": body}


async def editor(context: BrowserContext, site: Site) -> Page:
    page = await context.new_page()
    await page.goto(f"{site.address}/editor")
    await page.locator("su-upload:defined").wait_for()
    return page


async def held(shelf: Shelf) -> None:
    """Two chunks are there, the page knows it, and the third waits at the gate."""
    async with asyncio.timeout(10):
        while 2 * CHUNK not in shelf.offsets:  # noqa: ASYNC110 - the browser decides when
            await asyncio.sleep(0.02)


@covers("VOD-1", "VOD-2")
async def test_a_file_arrives_whole_in_chunks_with_the_token(
    context: BrowserContext, site: Site, shelf: Shelf
) -> None:
    page = await editor(context, site)
    await page.evaluate("addEventListener('su:uploaded', (e) => (document.title = `done ${e.detail.id}`))")
    await page.locator("su-upload input").set_input_files(video())
    await expect(page).to_have_title("done a1")
    assert shelf.stored == BODY
    assert shelf.offsets == list(range(0, len(BODY), CHUNK))
    assert shelf.tokens == {"token-7"}
    asked = shelf.asked[0]
    assert (asked["name"], asked["length_bytes"], asked["type"], asked["replaces"]) == (
        "lecture.mp4", len(BODY), "video/mp4", "old",
    )  # fmt: skip
    assert len(str(asked["head_sha256"])) == 64
    await expect(page.get_by_text("Uploaded")).to_be_visible()


@covers("VOD-1")
async def test_a_file_chosen_before_the_script_is_there_is_sent_too(
    context: BrowserContext, site: Site, shelf: Shelf
) -> None:
    page, chosen = await context.new_page(), asyncio.Event()

    async def slow(route: BrowserRoute) -> None:
        await chosen.wait()
        await route.continue_()

    await page.route("**/su-upload*", slow)
    await page.goto(f"{site.address}/editor", wait_until="commit")
    await page.locator("su-upload input").set_input_files(video())
    chosen.set()
    await expect(page.get_by_text("Uploaded")).to_be_visible()
    assert shelf.stored == BODY


@covers("VOD-1")
async def test_after_a_closed_tab_it_goes_on_at_the_byte(
    context: BrowserContext, site: Site, shelf: Shelf
) -> None:
    shelf.gate.clear()
    page = await editor(context, site)
    await page.locator("su-upload input").set_input_files(video())
    await held(shelf)
    await page.close()
    again = await editor(context, site)
    await expect(again.get_by_text("“lecture.mp4” waits at 34%")).to_be_visible()
    shelf.gate.set()
    await again.locator("su-upload input").set_input_files(video())
    await expect(again.get_by_text("Uploaded")).to_be_visible()
    assert shelf.stored == BODY
    assert len(shelf.asked) == 1


@covers("VOD-1")
async def test_another_file_is_refused_while_the_bytes_wait(
    context: BrowserContext, site: Site, shelf: Shelf
) -> None:
    shelf.gate.clear()
    page = await editor(context, site)
    await page.locator("su-upload input").set_input_files(video())
    await held(shelf)
    await page.close()
    again = await editor(context, site)
    other = video(body=b"x" * len(BODY))
    await again.locator("su-upload input").set_input_files(other)
    await expect(again.get_by_role("alert")).to_contain_text(
        "This is another file. “lecture.mp4” still waits"
    )
    assert len(shelf.asked) == 1
    assert len(shelf.stored) == 2 * CHUNK
    shelf.gate.set()
    await again.get_by_role("button", name="Drop it").first.click()
    await expect(again.locator('[data-part="waiting"]')).to_be_hidden()
    await again.locator("su-upload input").set_input_files(other)
    await expect(again.get_by_text("Uploaded")).to_be_visible()
    assert shelf.stored == b"x" * len(BODY)


@covers("VOD-1")
async def test_it_pauses_and_goes_on(context: BrowserContext, site: Site, shelf: Shelf) -> None:
    shelf.gate.clear()
    page = await editor(context, site)
    await page.locator("su-upload input").set_input_files(video())
    await held(shelf)
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("status").get_by_text("Paused")).to_be_visible()
    shelf.gate.set()
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_text("Uploaded")).to_be_visible()
    assert shelf.stored == BODY


@covers("VOD-1")
async def test_what_the_server_refuses_is_said_in_its_own_words(
    context: BrowserContext, site: Site, shelf: Shelf
) -> None:
    shelf.refusal = "The disk is nearly full. Please try again later."
    page = await editor(context, site)
    await page.locator("su-upload input").set_input_files(video())
    await expect(page.get_by_role("alert")).to_have_text(shelf.refusal)
    await page.locator("su-upload input").set_input_files(video(body=b"x" * 1_000_001))
    await expect(page.get_by_role("alert")).to_have_text("This file has 1 MB; at most 1 MB fit.")
    assert len(shelf.asked) == 1


@covers("VOD-1")
async def test_an_upload_that_the_server_has_dropped_is_begun_anew(
    context: BrowserContext, site: Site, shelf: Shelf
) -> None:
    shelf.gate.clear()
    page = await editor(context, site)
    await page.locator("su-upload input").set_input_files(video())
    await held(shelf)
    await page.close()
    shelf.there, shelf.stored = False, b""
    shelf.gate.set()
    again = await editor(context, site)
    await again.locator("su-upload input").set_input_files(video())
    await expect(again.get_by_role("alert")).to_contain_text("Please start anew")
    await again.locator("su-upload input").set_input_files(video())
    await expect(again.get_by_text("Uploaded")).to_be_visible()
    assert shelf.stored == BODY
