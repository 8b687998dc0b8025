"""Drawing inside a request: the visitor's frame, made once."""

from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.web.answers import PUBLIC
from suuupra.web.assets import read_assets
from suuupra.web.draw import draw, frame_of
from suuupra.web.frame import Flash, Frame
from suuupra.web.pages import Renderer
from tests.covers import covers
from tests.web.drawing import NOW


@dataclass
class Maker:
    """Makes frames and counts them."""

    made: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Frame:
        self.made.append(request.url.path)
        return Frame(NOW, flashes=(Flash("Saved"),))


async def show(request: Request) -> Response:
    frame_of(request)
    return draw(
        request, "demo/page.html", {"word": "<b>"}, title="Hello", status=201, cache=PUBLIC, robots="noindex"
    )


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
async def web(maker: Maker, tmp_path: Path) -> httpx2.AsyncClient:
    (tmp_path / "page.html").write_text("{{ frame.full_title }}|{{ frame.robots }}|{{ view.word }}")
    app = Starlette(routes=[Route("/", show)])
    app.state.pages, app.state.frames = Renderer(read_assets(), {"demo": tmp_path}), maker
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://site.localhost")


@covers("PORT-30")
async def test_a_page_is_drawn_in_the_frame_of_its_visitor_made_once(
    web: httpx2.AsyncClient, maker: Maker
) -> None:
    answer = await web.get("/")
    assert answer.text == "Hello · Suuupra|noindex|&lt;b&gt;"
    assert (answer.status_code, answer.headers["cache-control"]) == (201, PUBLIC)
    assert maker.made == ["/"]


@covers("PORT-30")
async def test_a_flash_that_was_shown_is_cleared(web: httpx2.AsyncClient) -> None:
    assert 'flash=""' in (await web.get("/")).headers["set-cookie"]
