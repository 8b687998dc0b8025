"""The ASGI application of a web process: all routes in one router, hot paths first, behind the door."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from suuupra.app.faces import Faces, Saw, problem_pages, wants_page
from suuupra.app.house import House
from suuupra.kernel.call import current_call
from suuupra.kernel.problems import NotFound, Problem
from suuupra.services.gateway.service import Gateway
from suuupra.services.notifications.api import Feed, FeedCounts, FeedCountsQuery
from suuupra.web.assets import read_assets, static_app
from suuupra.web.draw import frame_of
from suuupra.web.pages import Renderer
from suuupra.web.showcase import showcase

BELL_S = 0.2
HOT = ("/static", "/media", "/objects", "/realtime", "/api/v1/uploads/tus", "/api/v1/playbacks")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})


def make_app(house: House, own_routes: Iterable[BaseRoute], templates: dict[str, Any], saw: Saw) -> ASGIApp:
    """All routes of the services that stand here, behind the gateway where it stands here too."""
    shared = house.ground.shared
    assets = read_assets()
    pages = Renderer(assets, templates)
    faces = Faces(tuple(house.manifests.values()), shared.site, shared.clock, saw)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.pages, app.state.frames, app.state.house = pages, faces.frame, house
    app.add_exception_handler(Problem, faces.problem)
    app.add_exception_handler(RequestValidationError, faces.validation)
    app.add_exception_handler(ValidationError, faces.validation)
    app.add_exception_handler(HTTPException, faces.http)
    app.add_exception_handler(Exception, faces.bug)
    mount = Mount("/static", app=static_app(assets))
    add_routes(app, [mount, *own_routes, *service_routes(house), *problem_pages(), *dev_pages(house)])
    gateway = house.built.get("gateway")
    if gateway is None:
        return app
    door: Gateway = gateway.service
    feed = house.optional(Feed, "portal")
    return door.wrap(app if feed is None else Belled(app, feed), _drawer(app, faces))


class Belled:
    """Asks how many notifications wait, for a page of somebody signed in; late: a bell without a number."""

    def __init__(self, app: ASGIApp, feed: Feed) -> None:
        self._app = app
        self._feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and wants_page(Request(scope)) and current_call().principal.is_person:
            try:
                async with asyncio.timeout(BELL_S):
                    scope["state"]["bell"] = await self._feed.counts(FeedCountsQuery())
            except (Problem, TimeoutError):
                scope["state"]["bell"] = FeedCounts()
        await self._app(scope, receive, send)


def service_routes(house: House) -> list[Any]:
    """Routes of every service that stands here."""
    return [route for built in house.built.values() for route in built.routes]


def add_routes(app: FastAPI, routes: Sequence[Any]) -> None:
    """Routers are flattened; hot paths come first, since matching is linear."""
    for route in routes:
        if isinstance(route, APIRouter):
            app.include_router(route)
        else:
            app.router.routes.append(route)
    app.router.routes.sort(key=lambda route: not getattr(route, "path", "").startswith(HOT))


def _drawer(app: FastAPI, faces: Faces) -> Any:
    async def draw_problem(request: Request, error: Exception) -> Response:
        request.scope.setdefault("app", app)
        return await faces.problem(request, error)

    return draw_problem


def dev_pages(house: House) -> list[Route]:
    """Pages for those who build here; only in dev, and only to this machine's own browser."""
    if house.ground.shared.site.environment != "dev":
        return []

    async def components(request: Request) -> Response:
        refuse_strangers(request)
        return HTMLResponse(showcase(request.app.state.pages, frame_of(request)))

    return [Route("/dev/components", components)]


def refuse_strangers(request: Request) -> None:
    """`/dev/*` is 404 for a foreign `Host` and for whatever was forwarded."""
    host = request.headers.get("host", "").rsplit(":", 1)[0]
    forwarded = {"forwarded", "x-forwarded-for", "x-forwarded-host"} & set(request.headers.keys())
    if host not in LOOPBACK or forwarded:
        raise NotFound
