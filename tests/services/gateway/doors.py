"""A door over a small app, with no database behind it: callers are known by heart, the clock stands still."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from suuupra.kernel.auth import Identified, Principal, ResolveCookie
from suuupra.kernel.call import current_call
from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.manifest import Site
from suuupra.kernel.problems import Problem, Unavailable
from suuupra.platform.cache import ProcessLimits
from suuupra.services.gateway import rules
from suuupra.services.gateway.service import Gateway
from suuupra.services.gateway.service.visitors import Visitors
from suuupra.services.gateway.settings import GatewaySettings

SECRET = "of-her-session"
ASHA = Identified(
    principal=Principal(subject=UUID(int=7), kind="person", strength=1), name="Asha", csrf_secret=SECRET
)
COOKIE = {"cookie": "suuupra=hers"}
TOKEN = {"x-csrf-token": rules.csrf_token(SECRET)}
TEXT = {"words": "neel " * 400}


@dataclass
class Doorkeeper:
    """Knows the cookie `hers`, and any `pupil-<n>`; counts how often it was asked."""

    asked: int = 0
    is_away: bool = False

    async def resolve_cookie(self, query: ResolveCookie) -> Identified:
        self.asked += 1
        if self.is_away:
            raise Unavailable
        if query.secret.startswith("pupil-"):
            who = Principal(subject=UUID(int=1000 + int(query.secret[6:])), kind="person")
            return Identified(principal=who, csrf_secret=query.secret)
        return ASHA if query.secret == "hers" else Identified()


async def mirror(request: Request) -> Response:
    """What arrived behind the door."""
    body = await request.body()
    call = current_call()
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    return JSONResponse(
        {
            "path": request.scope["path"],
            "headers": headers,
            "address": request.state.address,
            "who": call.principal.name,
            "trace": call.trace,
            "scheme": request.scope["scheme"],
            "body": body.decode("latin-1"),
            "bytes": len(body),
        }
    )


async def long_text(_: Request) -> Response:
    return JSONResponse(TEXT, headers={"etag": '"7"'})


async def page(_: Request) -> Response:
    return HTMLResponse("<p>" + "mor " * 600)


async def kept_page(_: Request) -> Response:
    return HTMLResponse("<p>for everybody", headers={"cache-control": "public, max-age=60"})


async def events(_: Request) -> Response:
    async def lines() -> AsyncIterator[bytes]:
        for number in range(3):
            yield f"id: {number}\ndata: {'x' * 600}\n\n".encode()
            await asyncio.sleep(0)

    return StreamingResponse(lines(), media_type="text/event-stream")


async def broken(_: Request) -> Response:
    raise Unavailable(retry_after_s=1)


async def media(request: Request) -> Response:
    is_good = request.path_params["grant"] == "good"
    return Response(b"\0" * 4096, 200 if is_good else 403, media_type="video/mp4")


async def draw_problem(_: Request, error: Exception) -> Response:
    problem = error if isinstance(error, Problem) else Problem()
    after = {} if problem.retry_after_s is None else {"retry-after": f"{problem.retry_after_s:.0f}"}
    return JSONResponse(problem.document(), problem.status, after)


def small_app() -> ASGIApp:
    everything = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return Starlette(
        routes=[
            Route("/api/v1/long", long_text),
            Route("/api/v1/events", events),
            Route("/api/v1/broken", broken),
            Route("/page", page),
            Route("/kept", kept_page),
            Route("/api/v1/playbacks/{grant}/beats", media, methods=["POST"]),
            Route("/media/{grant}/{rest:path}", media),
            Route("/{rest:path}", mirror, methods=everything),
        ],
        exception_handlers={Problem: draw_problem},
    )


@dataclass
class Doors:
    """One gateway and its browsers."""

    settings: dict[str, Any] = field(default_factory=dict)
    site: Site = field(default_factory=lambda: Site(base_url="http://suuupra.test"))
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(datetime(2026, 1, 5, tzinfo=UTC)))
    keeper: Doorkeeper = field(default_factory=Doorkeeper)

    def __post_init__(self) -> None:
        chosen = GatewaySettings(**self.settings)
        visitors = Visitors(b"k" * 32, self.clock)
        self.gateway = Gateway(self.site, chosen, ProcessLimits(self.clock), self.keeper, visitors)
        self.app = self.gateway.wrap(small_app(), draw_problem)

    def client(self, address: str = "203.0.113.9", **headers: str) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=self.app, client=(address, 40_000))
        return httpx2.AsyncClient(transport=transport, base_url=self.site.base_url, headers=headers)


async def handshake(doors: Doors, path: str, *headers: tuple[bytes, bytes], **extras: Any) -> list[Any]:
    """What a socket gets that asks at the door; the app behind accepts everybody."""
    sent: list[Any] = []

    async def accept(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    scope = {
        "type": "websocket", "path": path, "raw_path": path.encode(), "scheme": "ws", "query_string": b"",
        "client": ("203.0.113.9", 1), "headers": [(b"host", b"suuupra.test"), *headers], **extras,
    }  # fmt: skip
    await doors.gateway.wrap(accept, draw_problem)(scope, receive, send)
    return sent
