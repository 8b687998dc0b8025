"""The bell of a page: asked for while the page asks for its own parts, and never waited for long."""

import asyncio

import pytest
from starlette.types import Receive, Scope, Send

from suuupra.app import web
from suuupra.app.web import Belled
from suuupra.kernel.auth import Principal
from suuupra.kernel.call import Call, calling
from suuupra.kernel.ids import TimeIds
from suuupra.services.notifications.api import FeedCounts, FeedCountsQuery
from tests.covers import covers

PERSON = Principal(kind="person", subject=TimeIds().new())


class Feed:
    """Answers once the page has begun."""

    def __init__(self) -> None:
        self.asked, self.page_began = asyncio.Event(), asyncio.Event()
        self.was_cancelled = False

    async def counts(self, _: FeedCountsQuery) -> FeedCounts:
        self.asked.set()
        try:
            await self.page_began.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        return FeedCounts(unread=3)


def scope() -> Scope:
    return {"type": "http", "method": "GET", "path": "/", "headers": [(b"accept", b"text/html")], "state": {}}


async def visit(belled: Belled, asked: Scope) -> None:
    async def receive() -> dict[str, str]:
        return {}

    async def send(_: object) -> None: ...

    with calling(Call(principal=PERSON, trace="0" * 32)):
        await asyncio.wait_for(belled(asked, receive, send), 5)


@covers("PORT-30", "NT-11")
async def test_bell_and_page_are_asked_at_the_same_time() -> None:
    feed, asked = Feed(), scope()

    async def page(scope: Scope, _receive: Receive, _send: Send) -> None:
        await feed.asked.wait()
        feed.page_began.set()
        await scope["state"]["coming"]

    await visit(Belled(page, feed), asked)  # type: ignore[arg-type]  # one door of it is asked
    assert asked["state"]["bell"].unread == 3


@covers("PORT-30", "NT-11")
async def test_a_silent_bell_is_drawn_without_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "BELL_S", 0.01)
    feed, asked = Feed(), scope()

    async def page(scope: Scope, _receive: Receive, _send: Send) -> None:
        await scope["state"]["coming"]

    await visit(Belled(page, feed), asked)  # type: ignore[arg-type]
    assert asked["state"]["bell"] == FeedCounts()


@covers("PORT-30")
async def test_nobody_goes_on_asking_for_a_page_that_is_gone() -> None:
    feed = Feed()

    async def page(_scope: Scope, _receive: Receive, _send: Send) -> None:
        await feed.asked.wait()

    await visit(Belled(page, feed), scope())  # type: ignore[arg-type]
    await asyncio.sleep(0)
    assert feed.was_cancelled


@covers("PORT-30", "NT-11")
async def test_a_bell_that_breaks_costs_a_page_its_number_and_no_more() -> None:
    class Broken(Feed):
        async def counts(self, _: FeedCountsQuery) -> FeedCounts:
            raise KeyError("a bug of theirs")

    asked = scope()

    async def page(scope: Scope, _receive: Receive, _send: Send) -> None:
        await scope["state"]["coming"]

    await visit(Belled(page, Broken()), asked)  # type: ignore[arg-type]
    assert asked["state"] == {"bell": FeedCounts()}
