"""One request on its way in and out: its steps stand in a fixed order, cheapest first."""

import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

import structlog
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suuupra.kernel.auth import Identified
from suuupra.kernel.call import Call, calling
from suuupra.kernel.manifest import Site
from suuupra.kernel.metrics import METRICS
from suuupra.kernel.problems import Problem
from suuupra.services.gateway import rules
from suuupra.services.gateway.api import BodyTooLarge, ForeignOrigin, LimitReached, TokenMissing
from suuupra.services.gateway.service import checks, outward
from suuupra.services.gateway.service.body import Body
from suuupra.services.gateway.settings import GatewaySettings

log = structlog.get_logger(service="gateway")
TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$")
DEADLINE_S = 10.0
TIMED = frozenset({"api", "page", "sign_in"})
UNLIMITED_BODIES = frozenset({"upload", "media"})
BAD_GRANTS = frozenset({401, 403, 404, 410})
Drawer = Callable[[Request, Exception], Awaitable[Response]]


class Answered(Exception):
    """The answer of the door where no part need be asked."""

    def __init__(self, answer: ASGIApp) -> None:
        super().__init__()
        self.answer = answer


class Edge(Protocol):
    """What a passage asks the gateway of its process."""

    site: Site
    settings: GatewaySettings

    async def identify(self, headers: Headers, address: str) -> Identified:
        """Who calls."""
        ...

    async def limit(self, kind: str, who: Identified, address: str) -> outward.Counted | None:
        """Whether they may, if this class has a limit."""
        ...

    async def count_bad_grant(self, address: str) -> None:
        """Somebody guesses media addresses."""
        ...


class Passage:
    """One request on its way in and out."""

    def __init__(self, gateway: Edge, app: ASGIApp, draw_problem: Drawer) -> None:
        self._gateway = gateway
        self._app = app
        self._draw_problem = draw_problem
        self._status = 0
        self._counted: outward.Counted | None = None
        self._origin: str | None = None

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
        dressing = self._dressing(send, kind, request_id)
        with calling(call):
            try:
                receive = await self._check(scope, headers, receive, kind)
                who = state["identified"].principal
                if who.is_person:
                    with calling(replace(call, principal=who)):
                        await self._app(scope, receive, dressing)
                else:
                    await self._app(scope, receive, dressing)
            except Answered as answered:
                await answered.answer(scope, receive, dressing)
            except Problem as problem:
                if self._status:
                    raise
                await self._refuse(scope, receive, dressing, problem)
            except Exception:
                if not self._status:  # an answered bug was logged where it was drawn
                    raise
        if kind == "media" and self._status in BAD_GRANTS:
            await self._gateway.count_bad_grant(state["address"])
        self._record(scope, kind, time.monotonic() - started, trace)

    async def _check(self, scope: Scope, headers: Headers, receive: Receive, kind: str) -> Receive:
        """Syntax, transport, address, CORS, limit, identity, origin, size, token: cheapest first."""
        checks.check_syntax(scope, headers)
        gateway, state = self._gateway, scope["state"]
        address = state["address"] = checks.believe(scope, headers, gateway.settings.trusted_proxies)
        secure = checks.secure_location(scope, headers, gateway.site, kind)
        if secure is not None:
            raise Answered(RedirectResponse(secure, 308))
        self._look_at_origin(scope, headers, kind)
        checks.refuse_tokens(headers, kind)
        await self._identify(scope, headers, kind, address)
        method = scope.get("method", "WS")
        if method not in rules.SAFE or (method == "WS" and "origin" in headers):
            others = gateway.settings.origins if kind == "api" else ()
            if not rules.is_own_origin(headers, gateway.site.base_url, others):
                raise ForeignOrigin
        return await self._check_body(headers, receive, kind, scope) if method != "WS" else receive

    def _look_at_origin(self, scope: Scope, headers: Headers, kind: str) -> None:
        """Scripts of the named origins may read the API; a preflight is answered here."""
        origin = headers.get("origin")
        if kind not in {"api", "sign_in"} or origin is None or origin not in self._gateway.settings.origins:
            return
        if scope.get("method") == "OPTIONS" and "access-control-request-method" in headers:

            async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
                for message in outward.preflight(origin):
                    await send(message)

            raise Answered(answer)
        self._origin = origin

    async def _identify(self, scope: Scope, headers: Headers, kind: str, address: str) -> None:
        """Limits by address come before identity, limits by person after it."""
        gateway, state = self._gateway, scope["state"]
        if kind in {"sign_in", "health", "media"}:
            await self._count(kind, Identified(), address)
        if kind in {"static", "health"}:
            return
        who = await gateway.identify(headers, address)
        state.update(identified=who, csrf=rules.csrf_token(who.csrf_secret) if who.csrf_secret else "")
        if kind not in {"sign_in", "media"}:
            await self._count(kind, who, address)

    async def _count(self, kind: str, who: Identified, address: str) -> None:
        self._counted = await self._gateway.limit(kind, who, address)
        if self._counted is not None and not self._counted[1].allowed:
            policy, verdict = self._counted
            METRICS.count("limit_refusals", policy=policy.name)
            raise LimitReached(retry_after_s=verdict.retry_after_s, policy=policy.name)

    async def _check_body(self, headers: Headers, receive: Receive, kind: str, scope: Scope) -> Receive:
        settings, who = self._gateway.settings, scope["state"]["identified"]
        is_write = scope["method"] not in rules.SAFE
        if not is_write and "content-length" not in headers and "transfer-encoding" not in headers:
            return receive
        media_type = headers.get("content-type", "")
        limit = None
        if kind not in UNLIMITED_BODIES:
            has_file = media_type.startswith(("multipart/form-data", "image/"))
            limit = settings.form_max_bytes if has_file else settings.body_max_bytes
            if int(headers.get("content-length") or 0) > limit:
                raise BodyTooLarge
        body = Body(receive, limit)
        if is_write and who.csrf_secret:
            given = headers.get("x-csrf-token") or await body.find_token(media_type)
            if not rules.is_token(who.csrf_secret, given):
                raise TokenMissing
        return body.receive

    def _dressing(self, send: Send, kind: str, request_id: str) -> Send:
        site = self._gateway.site
        fixed = outward.fixed_headers(kind, is_secure=site.environment == "prod")
        varies = bool(self._gateway.settings.origins) and kind in {"api", "sign_in"}

        async def dressing(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
                own = [(b"x-request-id", request_id.encode())]
                if self._counted is not None:
                    own += outward.limit_headers(self._counted)
                if self._origin is not None:
                    own += outward.cors_headers(self._origin)
                message = outward.dressed(message, fixed, own, varies=varies)
            await send(message)

        return dressing

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, problem: Problem) -> None:
        if scope["type"] == "websocket":
            await self._refuse_socket(scope, send, problem)
            return
        response = await self._draw_problem(Request(scope, receive), problem)
        await response(scope, receive, send)

    async def _refuse_socket(self, scope: Scope, send: Send, problem: Problem) -> None:
        """Before the handshake a server can still answer in HTTP; where it cannot, a close code says it."""
        self._status = problem.status
        if "websocket.http.response" not in scope.get("extensions", {}):
            code = 4400 + problem.status % 100
            await send({"type": "websocket.close", "code": code, "reason": problem.title})
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        start = {"type": "websocket.http.response.start", "status": problem.status, "headers": headers}
        await send(start)
        await send({"type": "websocket.http.response.body", "body": problem.title.encode()})

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


def _trace_of(headers: Headers) -> tuple[str, str]:
    """The trace id (of the caller's `traceparent`, else new) and a request id."""
    found = TRACEPARENT.match(headers.get("traceparent", ""))
    request_id = secrets.token_hex(16)
    return (found.group(1) if found else request_id), request_id
