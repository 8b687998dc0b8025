"""Drawing inside a request: the visitor's frame, and what of it is still on its way."""

import asyncio
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from suuupra.web.answers import PUBLIC
from suuupra.web.assets import read_assets
from suuupra.web.draw import LatePage, draw
from suuupra.web.frame import Bell, Flash, Frame
from suuupra.web.pages import Renderer
from tests.covers import covers
from tests.web.drawing import NOW


def frame(request: Request) -> Frame:
    return Frame(NOW, flashes=(Flash("Saved"),), bell=getattr(request.state, "bell", None))


async def show(request: Request) -> Response:
    answer = draw(
        request, "demo/page.html", {"word": "<b>"}, title="Hello", status=201, cache=PUBLIC, robots="noindex"
    )
    answer.set_cookie("seen", "yes")
    answer.headers["vary"] = "Accept"
    return answer


class Coming:
    """Something in front that finds out what the bell says while the page is made."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def bell() -> None:
            await asyncio.sleep(0.01)
            scope["state"]["bell"] = Bell(7)

        scope["state"] = {"coming": asyncio.ensure_future(bell())}
        await self._app(scope, receive, send)


def app(folder: Path) -> Starlette:
    words = ("frame.full_title", "frame.robots", "view.word", "frame.bell.count if frame.bell else 0")
    (folder / "page.html").write_text("|".join(f"{{{{ {word} }}}}" for word in words))
    made = Starlette(routes=[Route("/", show)])
    made.state.pages, made.state.frames = Renderer(read_assets(), {"demo": folder}), frame
    return made


async def get(asked: ASGIApp) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=asked)
    async with httpx2.AsyncClient(transport=transport, base_url="http://site.localhost") as web:
        return await web.get("/")


@covers("PORT-30")
@pytest.mark.parametrize(("is_late", "bell"), [(False, 0), (True, 7)])
async def test_a_page_is_drawn_in_the_frame_of_its_visitor(
    tmp_path: Path, bell: int, *, is_late: bool
) -> None:
    answer = await get(Coming(app(tmp_path)) if is_late else app(tmp_path))
    assert answer.text == f"Hello · Suuupra|noindex|&lt;b&gt;|{bell}"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, PUBLIC)
    assert answer.headers.get_list("vary") == ["Accept"]
    assert answer.headers.get_list("content-type") == ["text/html; charset=utf-8"]


@covers("PORT-30")
@pytest.mark.parametrize("is_late", [False, True])
async def test_a_flash_that_was_shown_is_cleared_beside_other_cookies(
    tmp_path: Path, *, is_late: bool
) -> None:
    answer = await get(Coming(app(tmp_path)) if is_late else app(tmp_path))
    cookies = sorted(line.split(";")[0] for line in answer.headers.get_list("set-cookie"))
    assert cookies == ['flash=""', "seen=yes"]


@covers("PORT-30")
async def test_what_breaks_while_a_late_page_is_drawn_is_an_error_as_any_other(tmp_path: Path) -> None:
    def broken() -> Response:
        raise KeyError("no such field")

    async def late(_: Request) -> Response:
        async def nothing() -> None: ...

        return LatePage(nothing(), broken, 200)  # type: ignore[arg-type]

    async def sorry(_: Request, error: Exception) -> Response:
        return Response(f"sorry: {type(error).__name__}", 500)

    made = Starlette(routes=[Route("/", late)], exception_handlers={KeyError: sorry})
    assert (await get(made)).text == "sorry: KeyError"
