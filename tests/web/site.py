"""A small site of the design system alone, served by uvicorn on a port of this machine's loopback."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from suuupra.web.answers import theme_of
from suuupra.web.assets import static_app
from suuupra.web.frame import Frame, Item, Section
from suuupra.web.headers import headers
from suuupra.web.showcase import showcase
from tests.web.drawing import NOW, PAGES

IMPORTS = "".join(
    f'{{% import "web/components/{kind}.html" as {kind} %}}'
    for kind in ("basics", "forms", "surfaces", "lists", "navigation", "media", "charts")
)


def frame_for(request: Request) -> Frame:
    return Frame(NOW, csrf="token-7", theme=theme_of(request), title="Test")


def secured(text: str, status: int = 200) -> HTMLResponse:
    """A page under the product's own security headers."""
    return HTMLResponse(text, status, dict(headers("page")))


def draw_page(frame: Frame, source: str, base: str = "base", block: str = "main", **names: object) -> str:
    """A whole page around a snippet, in one block of one of the bases."""
    template = f'{{% extends "web/{base}.html" %}}{IMPORTS}{{% block {block} %}}{source}{{% endblock %}}'
    return PAGES._environment.from_string(template).render({"frame": frame, "view": None, **names})


def snippet(path: str, source: str, **names: Any) -> Route:
    """A route that shows one snippet; names may hold `tickets` for the frame, `base` and `block`."""
    tickets = names.pop("tickets", {})

    async def show(request: Request) -> Response:
        rail = (Section("Run", (Item("Overview", "/admin", "grid", current=True, count=3),)),)
        frame = replace(frame_for(request), tickets=tickets, rail=rail)
        return secured(draw_page(frame, source, **names))

    return Route(path, show)


async def components(request: Request) -> Response:
    return secured(showcase(PAGES, frame_for(request)))


@dataclass(frozen=True)
class Site:
    address: str
    server: uvicorn.Server


@contextlib.asynccontextmanager
async def serving(routes: Sequence[BaseRoute]) -> AsyncIterator[Site]:
    """Runs the routes and the static files until the block ends."""
    every = [*routes, Mount("/static", static_app(PAGES.assets)), Route("/dev/components", components)]
    door = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        Starlette(routes=every), log_level="warning", ws="websockets-sansio", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    running = asyncio.create_task(server.serve([door]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield Site(f"http://127.0.0.1:{door.getsockname()[1]}", server)
    finally:
        server.should_exit = True
        await running
        door.close()
