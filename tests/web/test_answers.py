"""Pages as answers: caching, fragments, and a sentence carried over a redirect."""

import json
from urllib.parse import quote

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from suuupra.web.answers import PRIVATE, PUBLIC, flashes_of, page, see_other, theme_of, wants_fragment
from suuupra.web.frame import Flash
from tests.covers import covers
from tests.web.drawing import frame


async def show(request: Request) -> Response:
    seen = flashes_of(request)
    said = json.dumps([wants_fragment(request), theme_of(request), [(one.kind, one.text) for one in seen]])
    return page(said, frame=frame().on("", flashes=seen))


async def public(request: Request) -> Response:
    return page("open", cache=PUBLIC)


async def send(request: Request) -> Response:
    return see_other(request, "/", Flash("Saved “it”", "good"))


APP = Starlette(
    routes=[
        Route("/", show),
        Route("/public", public),
        Route("/send", send, methods=["POST"]),
        Route("/x", PlainTextResponse("x")),
    ]
)


def client(scheme: str = "http") -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=APP), base_url=f"{scheme}://site.localhost")


@covers("PORT-34")
async def test_pages_of_people_are_never_stored_and_public_ones_briefly() -> None:
    async with client() as web:
        own, shared = await web.get("/"), await web.get("/public")
    assert own.headers["cache-control"] == PRIVATE == "private, no-store"
    assert shared.headers["cache-control"] == PUBLIC
    assert "HX-Request" in own.headers["vary"]


@covers("PORT-30")
@pytest.mark.parametrize(
    ("headers", "fragment"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-Boosted": "true"}, False),
        ({"HX-Request": "true", "HX-Request-Type": "full"}, False),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
    ],
)
async def test_htmx_asks_for_fragments_and_browsers_for_pages(
    headers: dict[str, str], *, fragment: bool
) -> None:
    async with client() as web:
        assert (await web.get("/", headers=headers)).json()[0] is fragment


@covers("PORT-30")
async def test_a_sentence_is_shown_once_after_the_redirect() -> None:
    async with client() as web:
        sent = await web.post("/send")
        first = await web.get("/")
        second = await web.get("/")
    assert sent.status_code == 303
    assert sent.headers["location"] == "/"
    assert first.json()[2] == [["good", "Saved “it”"]]
    assert second.json()[2] == []


@covers("PORT-30")
async def test_htmx_is_told_where_to_go() -> None:
    async with client() as web:
        answer = await web.post("/send", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/")


@covers("PORT-34")
async def test_the_flash_cookie_is_out_of_reach_of_scripts_and_secure_over_https() -> None:
    async with client("https") as web:
        cookie = (await web.post("/send")).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" in cookie


@covers("PORT-34")
@pytest.mark.parametrize(
    "value", ["", "x", "[1]", '["loud", "text"]', '["good", 3]', '["good", "a", "b"]', "{}", "null"]
)
async def test_a_forged_flash_is_nothing(value: str) -> None:
    async with client() as web:
        answer = await web.get("/", headers={"Cookie": f"flash={quote(value)}"})
    assert answer.json()[2] == []


@covers("PORT-33")
@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ("auto", "auto"), ("<b>", "auto")]
)
async def test_the_theme_is_the_browsers_choice(cookie: str, theme: str) -> None:
    async with client() as web:
        assert (await web.get("/", headers={"Cookie": f"theme={quote(cookie)}"})).json()[1] == theme
