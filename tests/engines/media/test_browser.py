"""A real browser with hls.js: pictures from 0, sound beside them, switching and seeking without an error."""

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from suuupra.engines.media.workshop import Workshop
from tests.covers import covers
from tests.engines.media.conftest import Opener
from tests.engines.media.test_package import make

VENDOR = Path(__file__).parents[3] / "src/suuupra/web/static/vendor/hls.min.mjs"
PLAYER = """<!doctype html><video muted playsinline></video><script type="module">
import Hls from "/hls.mjs";
const video = document.querySelector("video");
window.errors = [];
window.firstFrame = new Promise((resolve) =>
  video.requestVideoFrameCallback((now, frame) => resolve(frame.mediaTime)));
const hls = (window.hls = new Hls({ startLevel: 1, maxBufferLength: 8 }));
const own = Hls.ErrorDetails.INTERNAL_ABORTED; // a request the seek made useless
hls.on(Hls.Events.ERROR, (event, data) => data.details !== own && window.errors.push(data.details));
hls.on(Hls.Events.LEVEL_SWITCHED, (event, data) => (window.level = data.level));
hls.loadSource("/master.m3u8");
hls.attachMedia(video);
</script>"""


class Quiet(SimpleHTTPRequestHandler):
    """A folder on loopback, without a word."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "player.html").write_text(PLAYER)
    shutil.copy(VENDOR, tmp_path / "hls.mjs")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        serving.join()


async def reaches(page: Page, condition: str) -> None:
    await page.wait_for_function(condition, timeout=15_000)


@covers("ENG-4", "VOD-5")
async def test_it_plays_from_the_first_frame_switches_and_seeks(
    shop: Workshop, opened: Opener, tmp_path: Path, site: str, chromium: Browser
) -> None:
    made = await make(shop, opened, "flash.mp4", tmp_path)
    page = await chromium.new_page()
    await page.goto(f"{site}/player.html")
    assert await page.evaluate("window.firstFrame") == 0
    await page.evaluate("document.querySelector('video').play()")
    await reaches(page, "document.querySelector('video').currentTime > 0.3 && window.level === 1")
    assert await page.evaluate("document.querySelector('video').buffered.start(0)") < 0.03
    length_s = await page.evaluate("document.querySelector('video').duration")
    assert abs(length_s - float(made.grid.duration_s)) < 0.03
    assert await page.evaluate("document.querySelector('video').videoHeight") == 96
    await page.evaluate("window.hls.nextLevel = 0")  # hls.js counts from the lowest
    await page.evaluate("document.querySelector('video').currentTime = 8.5")
    await reaches(page, "document.querySelector('video').currentTime > 8.7 && window.level === 0")
    assert await page.evaluate("document.querySelector('video').videoHeight") == 48
    await reaches(page, "document.querySelector('video').ended")
    assert await page.evaluate("window.errors") == []
    await page.close()
