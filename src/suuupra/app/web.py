"""The ASGI application of a web process: all routes in one router, hot paths first, behind the door."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from suuupra.app.faces import Faces, Saw, problem_pages, wants_page
from suuupra.app.house import House
from suuupra.app.paths import PathTable
from suuupra.app.settings import PlatformSettings
from suuupra.kernel.call import Call, calling, current_call
from suuupra.kernel.problems import Problem
from suuupra.platform.forward import Forwarder, read_forwarded
from suuupra.platform.keys import Seals
from suuupra.platform.mail import refuse_strangers
from suuupra.platform.observe.spans import trace_of
from suuupra.services.gateway.service import Gateway
from suuupra.services.notifications.api import Feed, FeedCounts, FeedCountsQuery
from suuupra.web.assets import own_assets, static_app
from suuupra.web.draw import frame_of
from suuupra.web.pages import Renderer
from suuupra.web.showcase import showcase

log = structlog.get_logger()
BELL_S = 0.2
INTERNAL = ("/ports/", "/metrics", "/health")
HOT = ("/static", "/media", "/objects", "/realtime", "/api/v1/uploads/tus", "/api/v1/playbacks")


@dataclass(frozen=True)
class Surroundings:
    """What an application needs besides its services."""

    own_routes: Sequence[BaseRoute]
    templates: Mapping[str, Path]
    saw: Saw
    seals: Seals
    forwarder: Forwarder


def make_app(house: House, around: Surroundings) -> ASGIApp:
    """The public application: all routes of the services that stand here, behind the gateway."""
    app, faces = assemble(house, around)
    door: Gateway = house.built["gateway"].service
    if house.ground.shared.configuration.get(PlatformSettings).limits == "off":
        door = door.without_limits()
    feed = house.optional(Feed, "portal")
    table = PathTable(tuple(house.manifests.values()))
    addresses = house.placement.addresses

    def elsewhere(path: str) -> ASGIApp | None:
        name = table.service_of(path)
        return around.forwarder.to(name, addresses[name]) if name and name in addresses else None

    return door.wrap(app if feed is None else Belled(app, feed), _drawer(app, faces), elsewhere)


def make_inner_app(house: House, around: Surroundings, port_routes: Sequence[BaseRoute]) -> ASGIApp:
    """The application behind another process's gateway: ports, and routes for forwarded visitors alone."""
    app, faces = assemble(house, around)
    ports = Starlette(routes=port_routes)
    return InnerDoor(app, ports, around.seals, PathTable(tuple(house.manifests.values())), faces)


def assemble(house: House, around: Surroundings) -> tuple[FastAPI, Faces]:
    """One router over everything that stands here, with the faces of the house."""
    shared = house.ground.shared
    assets = own_assets()
    faces = Faces(tuple(house.manifests.values()), shared.site, shared.clock, around.saw)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.pages, app.state.frames = Renderer(assets, around.templates), faces.frame
    app.state.house = house
    app.add_exception_handler(Problem, faces.problem)
    app.add_exception_handler(RequestValidationError, faces.validation)
    app.add_exception_handler(ValidationError, faces.validation)
    app.add_exception_handler(HTTPException, faces.http)
    app.add_exception_handler(Exception, faces.bug)
    mount = Mount("/static", app=static_app(assets))
    add_routes(app, [mount, *around.own_routes, *service_routes(house), *problem_pages(), *dev_pages(house)])
    return app, faces


class InnerDoor:
    """Believes who a visitor is only from the signed statement of the gateway that forwarded them."""

    def __init__(self, app: FastAPI, ports: ASGIApp, seals: Seals, table: PathTable, faces: Faces) -> None:
        self._app = app
        self._ports = ports
        self._seals = seals
        self._table = table
        self._faces = faces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or path.startswith(INTERNAL):
            await self._ports(scope, receive, send)
            return
        headers = Headers(scope=scope)
        name = self._table.service_of(path)
        found = read_forwarded(self._seals, headers, name) if name else None
        if found is None:
            await Response(status_code=404)(scope, receive, send)
            return
        scope["scheme"] = found.scheme
        state = scope.setdefault("state", {})
        state.update(identified=found.identified, csrf=found.csrf, address=found.client, request_id="")
        call = Call(
            principal=found.identified.principal,
            deadline=_deadline(headers),
            idempotency_key=headers.get("idempotency-key"),
            trace=trace_of(headers.get("traceparent", "")),
            operation=f"{scope['method']} {path}",
        )
        with calling(call):
            await self._app(scope, receive, send)


def _deadline(headers: Headers) -> float | None:
    left_ms = headers.get("suuupra-deadline-ms", "")
    return time.monotonic() + int(left_ms) / 1000 if left_ms.isdigit() else None


class Belled:
    """Asks how many notifications wait, for a page of somebody signed in; late: a bell without a number.

    It asks while the page asks for its own parts.
    """

    def __init__(self, app: ASGIApp, feed: Feed) -> None:
        self._app = app
        self._feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and wants_page(Request(scope)) and current_call().principal.is_person:
            asking = asyncio.create_task(self._ask(scope["state"]))
            scope["state"]["coming"] = asking
            try:
                await self._app(scope, receive, send)
            finally:
                del scope["state"]["coming"]
                asking.cancel()
        else:
            await self._app(scope, receive, send)

    async def _ask(self, state: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(BELL_S):
                state["bell"] = await self._feed.counts(FeedCountsQuery())
        except Exception as error:  # noqa: BLE001 - no page fails for its bell, nor the page about the failure
            state["bell"] = FeedCounts()
            if not isinstance(error, Problem | TimeoutError):
                await log.aerror("page.bell_failed", exc_info=error)


def service_routes(house: House) -> list[Any]:
    """Routes of every service that stands here."""
    return [route for built in house.built.values() for route in built.routes()]


def add_routes(app: FastAPI, routes: Sequence[Any]) -> None:
    """Routers are flattened; hot paths come first, since matching is linear."""
    for route in routes:
        app.router.routes.extend(route.routes if isinstance(route, APIRouter) else [route])
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
