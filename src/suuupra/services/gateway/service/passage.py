"""One request on its way in and out: its steps stand in a fixed order, cheapest first."""

import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suuupra.kernel.auth import Identified
from suuupra.kernel.call import Call, calling
from suuupra.kernel.manifest import Site
from suuupra.kernel.metrics import METRICS
from suuupra.kernel.problems import Problem
from suuupra.kernel.stores import Verdict
from suuupra.services.gateway import rules
from suuupra.services.gateway.api import (
    BodyTooLarge,
    ForeignOrigin,
    HeadersTooLarge,
    LimitReached,
    RequestMalformed,
    TokenMissing,
)
from suuupra.services.gateway.service.body import Body
from suuupra.services.gateway.settings import GatewaySettings
from suuupra.web.headers import Kind
from suuupra.web.headers import headers as security_headers

log = structlog.get_logger(service="gateway")
TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$")
DEADLINE_S = 10.0
TIMED = frozenset({"api", "page", "sign_in"})
UNLIMITED_BODIES = frozenset({"upload", "media"})
FACES: dict[str, Kind] = {"static": "asset", "media": "media", "page": "page", "sign_in": "page"}
Drawer = Callable[[Request, Exception], Awaitable[Response]]


class Edge(Protocol):
    """What a passage asks the gateway of its process."""

    site: Site
    settings: GatewaySettings

    async def identify(self, headers: Headers, address: str) -> Identified:
        """Who calls."""
        ...

    async def limit(self, kind: str, who: Identified, address: str) -> tuple[rules.Policy, Verdict] | None:
        """Whether they may, if this class has a limit."""
        ...


class Passage:
    """One request on its way in and out."""

    def __init__(self, gateway: Edge, app: ASGIApp, draw_problem: Drawer) -> None:
        self._gateway = gateway
        self._app = app
        self._draw_problem = draw_problem
        self._status = 0
        self._verdict: tuple[rules.Policy, Verdict] | None = None

    async def pass_through(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic()
        headers = Headers(scope=scope)
        trace, request_id = _trace_of(headers)
        state = scope.setdefault("state", {})
        state.update(identified=Identified(), csrf="", request_id=request_id, address="unknown")
        kind = rules.kind_of(scope["path"], scope.get("method", "GET"))
        call = Call(
            deadline=started + DEADLINE_S if kind in TIMED else None,
            idempotency_key=headers.get("idempotency-key"),
            trace=trace,
            operation=f"{scope.get('method', 'WS')} {scope['path']}",
        )
        outward = self._outward(send, kind, request_id)
        with calling(call):
            try:
                receive = await self._check(scope, headers, receive, kind)
                with calling(replace(call, principal=state["identified"].principal)):
                    await self._app(scope, receive, outward)
            except Problem as problem:
                await self._refuse(scope, receive, outward, problem)
            except Exception:
                if not self._status:  # an answered bug was logged where it was drawn
                    raise
        self._record(scope, kind, time.monotonic() - started, trace)

    async def _check(self, scope: Scope, headers: Headers, receive: Receive, kind: str) -> Receive:
        """Syntax, address, identity, limit, origin, size, token: in this order, cheapest first."""
        _check_syntax(scope, headers)
        gateway, state = self._gateway, scope["state"]
        peer = scope["client"][0] if scope.get("client") else "unknown"
        forwarded = headers.get("x-forwarded-for", "")
        address = rules.client_address(peer, forwarded, gateway.settings.trusted_proxies)
        who = Identified() if kind == "static" else await gateway.identify(headers, address)
        token = rules.csrf_token(who.csrf_secret) if who.csrf_secret else ""
        state.update(address=address, identified=who, csrf=token)
        self._verdict = await gateway.limit(kind, who, address)
        if self._verdict is not None and not self._verdict[1].allowed:
            policy, verdict = self._verdict
            raise LimitReached(retry_after_s=verdict.retry_after_s, policy=policy.name)
        if scope["type"] == "http" and scope["method"] not in rules.SAFE:
            return await self._check_write(headers, receive, kind, who)
        return receive

    async def _check_write(self, headers: Headers, receive: Receive, kind: str, who: Identified) -> Receive:
        gateway = self._gateway
        if not rules.is_own_origin(headers, gateway.site.base_url):
            raise ForeignOrigin
        media_type = headers.get("content-type", "")
        limit = None
        if kind not in UNLIMITED_BODIES:
            has_file = media_type.startswith("multipart/form-data")
            limit = gateway.settings.form_max_bytes if has_file else gateway.settings.body_max_bytes
            if int(headers.get("content-length") or 0) > limit:
                raise BodyTooLarge
        body = Body(receive, limit)
        if who.csrf_secret:
            given = headers.get("x-csrf-token") or await body.find_token(media_type)
            if not rules.is_token(who.csrf_secret, given):
                raise TokenMissing
        return body.receive

    def _outward(self, send: Send, kind: str, request_id: str) -> Send:
        fixed = security_headers(FACES.get(kind, "api"))

        async def outward(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in fixed:
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = request_id
                if self._gateway.site.environment == "prod":
                    headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
                if self._verdict is not None:
                    policy, verdict = self._verdict
                    rate = policy.rate
                    headers["RateLimit-Policy"] = f'"{policy.name}";q={rate.count};w={rate.period_s:g}'
                    headers["RateLimit"] = f'"{policy.name}";r={verdict.remaining};t={verdict.reset_s:.0f}'
            await send(message)

        return outward

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, problem: Problem) -> None:
        if scope["type"] == "websocket":
            code = 4400 + problem.status % 100
            await send({"type": "websocket.close", "code": code, "reason": problem.title})
            return
        response = await self._draw_problem(Request(scope, receive), problem)
        await response(scope, receive, send)

    def _record(self, scope: Scope, kind: str, seconds: float, trace: str) -> None:
        route = getattr(scope.get("route"), "path", kind)
        METRICS.time("http_request_seconds", seconds, route=route, status=f"{self._status // 100}xx")
        if kind == "page" and scope["type"] == "http":
            METRICS.time("page_seconds", seconds)
        log.info(
            "request",
            route=route,
            method=scope.get("method", "WS"),
            status=self._status,
            ms=round(seconds * 1000, 1),
            principal=scope["state"]["identified"].principal.name,
            trace_id=trace,
            request_id=scope["state"]["request_id"],
        )


def _check_syntax(scope: Scope, headers: Headers) -> None:
    """One path, one length, bounded headers; the path goes on in its one form."""
    path = rules.normalise(scope["path"])
    lengths = headers.getlist("content-length")
    if path is None or len(lengths) > 1 or (lengths and "transfer-encoding" in headers):
        raise RequestMalformed
    if any(not length.isdigit() for length in lengths):
        raise RequestMalformed
    if len(scope.get("raw_path") or b"") + len(scope.get("query_string", b"")) > rules.URL_MAX_BYTES:
        raise RequestMalformed("The address is too long.")
    raw = scope["headers"]
    if len(raw) > rules.HEADERS_MAX or sum(len(n) + len(v) for n, v in raw) > rules.HEADERS_MAX_BYTES:
        raise HeadersTooLarge
    scope["path"] = path


def _trace_of(headers: Headers) -> tuple[str, str]:
    """The trace id (of the caller's `traceparent`, else new) and a request id."""
    found = TRACEPARENT.match(headers.get("traceparent", ""))
    request_id = secrets.token_hex(16)
    return (found.group(1) if found else request_id), request_id
