"""One drawing for all strangers; nobody else's page is ever among them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from suuupra.kernel.auth import Identified, Principal
from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.ids import TimeIds
from suuupra.platform.cache import ProcessCache
from suuupra.services.portal.pages.strangers import LIFE_S, for_strangers
from tests.covers import covers

ASHA = Identified(principal=Principal(subject=TimeIds().new(), kind="person"), name="Asha")


class Stage:
    """A page that says for the how-manieth time it was drawn, for whom and how."""

    def __init__(self) -> None:
        self.clock = FrozenClock(datetime(2026, 11, 21, 12, tzinfo=UTC))
        self.drawn = 0
        cache = ProcessCache(clock=self.clock)
        self.app = as_whoever(
            Starlette(
                routes=[
                    Route("/courses/{slug}", for_strangers(cache, self.page)),
                    Route("/old", for_strangers(cache, self.moved)),
                ]
            )
        )

    async def page(self, request: Request) -> Response:
        self.drawn += 1
        who = request.state.identified.name or "nobody"
        theme = request.cookies.get("theme", "auto")
        return HTMLResponse(f"{who} {theme} {request.url.query} {self.drawn}", headers={"x-kept": "yes"})

    async def moved(self, _: Request) -> Response:
        self.drawn += 1
        return RedirectResponse("/courses/waves", 301)


def as_whoever(app: ASGIApp) -> ASGIApp:
    """The cookie `suuupra=hers` is Asha's."""

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        cookies = dict(scope["headers"]).get(b"cookie", b"")
        scope["state"] = {"identified": ASHA if b"suuupra=hers" in cookies else Identified()}
        await app(scope, receive, send)

    return door


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=stage.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://suuupra.test") as made:
        yield made


@covers("PORT-32")
async def test_strangers_share_one_drawing_for_a_moment(stage: Stage, client: httpx2.AsyncClient) -> None:
    answers = [await client.get("/courses/waves") for _ in range(20)]
    assert {answer.text for answer in answers} == {"nobody auto  1"}
    assert {answer.headers["x-kept"] for answer in answers} == {"yes"}
    stage.clock.advance(LIFE_S + 0.01)
    assert (await client.get("/courses/waves")).text == "nobody auto  2"


@covers("PORT-32", "PORT-34")
@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/courses/waves", {"cookie": "suuupra=hers"}),
        ("/courses/waves", {"cookie": "flash=%5B%22good%22%2C%22Hello%22%5D"}),
        ("/courses/waves", {"cookie": "theme=dark"}),
        ("/courses/waves?q=tide", {}),
        ("/courses/tides", {}),
        ("/courses/waves", {"hx-request": "true"}),
        ("/courses/waves", {"host": "other.test"}),
    ],
)
async def test_whoever_sees_another_page_is_drawn_another_one(
    stage: Stage, client: httpx2.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    shared = await client.get("/courses/waves")
    own = await client.get(path, headers=headers)
    assert own.text != shared.text
    assert stage.drawn == 2
    assert (await client.get("/courses/waves")).text == shared.text


@covers("PORT-32")
async def test_a_visitors_cookie_changes_nothing_and_a_redirect_is_not_kept(
    stage: Stage, client: httpx2.AsyncClient
) -> None:
    shared = await client.get("/courses/waves")
    assert (await client.get("/courses/waves", headers={"cookie": "suuupra_visitor=x"})).text == shared.text
    for times in (2, 3):
        assert (await client.get("/old")).headers["location"] == "/courses/waves"
        assert stage.drawn == times
