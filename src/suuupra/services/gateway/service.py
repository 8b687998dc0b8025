"""The gateway as middleware: each request passes its steps in a fixed order, then the app is called."""

import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suuupra.kernel.auth import Identified, ResolveCookie
from suuupra.kernel.call import Call, calling
from suuupra.kernel.manifest import Site
from suuupra.kernel.metrics import METRICS
from suuupra.kernel.problems import Problem, Unavailable
from suuupra.kernel.stores import Limits, Verdict
from suuupra.services.gateway import rules
from suuupra.services.gateway.api import (
    BodyTooLarge,
    ForeignOrigin,
    HeadersTooLarge,
    LimitReached,
    RequestMalformed,
    TokenMissing,
    Verifier,
)
from suuupra.services.gateway.settings import GatewaySettings
from suuupra.web.headers import Kind
from suuupra.web.headers import headers as security_headers

log = structlog.get_logger(service="gateway")
TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$")
DEADLINE_S = 10.0
TOKEN_SCAN_BYTES = 64 * 1024
FACES: dict[str, Kind] = {"static": "asset", "media": "media", "page": "page", "sign_in": "page"}
Drawer = Callable[[Request, Exception], Awaitable[Response]]


class Gateway:
    """Edge policies of one process. `trusted` are networks of proxies whose forwarded address is believed."""

    def __init__(
        self,
        site: Site,
        settings: GatewaySettings,
        limits: Limits | None,
        verifier: Verifier | None,
        trusted: tuple[str, ...] = (),
    ) -> None:
        self.site = site
        self.settings = settings
        self._limits = limits
        self._verifier = verifier
        self.trusted = trusted

    def wrap(self, app: ASGIApp, draw_problem: Drawer) -> ASGIApp:
        """The app behind its door. `draw_problem` answers what the door itself refuses."""

        async def door(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] not in {"http", "websocket"}:
                await app(scope, receive, send)
                return
            await Passage(self, app, draw_problem).pass_through(scope, receive, send)

        return door

    async def identify(self, headers: Headers, address: str) -> Identified:
        """Who calls, by cookie. Identity away: nobody, so that public pages still stand."""
        secret = rules.cookie_of(headers.get("cookie", ""))
        if not secret or self._verifier is None:
            return Identified()
        query = ResolveCookie(
            secret=secret, address_prefix=rules.prefix_of(address), agent=headers.get("user-agent", "")[:200]
        )
        return await self._verifier.resolve_cookie(query)

    async def limit(self, kind: str, who: Identified, address: str) -> tuple[rules.Policy, Verdict] | None:
        """Count the request against its limit, if it has one."""
        person = str(who.principal.subject) if who.principal.is_person else ""
        policy = rules.policy_of(kind, person, self.settings)
        if policy is None or self._limits is None:
            return None
        counted = person if policy.by == "person" and person else rules.limit_key(address)
        key = f"gateway:{policy.name}:{counted}"
        return policy, await self._limits.take(key, policy.rate)


class Passage:
    """One request on its way in and out."""

    def __init__(self, gateway: Gateway, app: ASGIApp, draw_problem: Drawer) -> None:
        self._gateway = gateway
        self._app = app
        self._draw_problem = draw_problem
        self._status = 0
        self._verdict: tuple[rules.Policy, Verdict] | None = None

    async def pass_through(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic()
        headers = Headers(scope=scope)
        trace, request_id = _trace_of(headers)
        scope.setdefault("state", {})
        scope["state"].update(identified=Identified(), csrf="", request_id=request_id)
        kind = rules.kind_of(scope["path"], scope.get("method", "GET"))
        call = Call(
            deadline=started + DEADLINE_S if kind in {"api", "page", "sign_in"} else None,
            idempotency_key=headers.get("idempotency-key"),
            trace=trace,
            operation=f"{scope.get('method', 'WS')} {scope['path']}",
        )
        outward = self._outward(send, kind, request_id)
        with calling(call):
            try:
                receive = await self._check(scope, headers, receive, kind)
                state = scope["state"]
                with calling(_as(call, state["identified"])):
                    await self._app(scope, receive, outward)
            except Problem as problem:
                await self._refuse(scope, receive, outward, problem)
        self._record(scope, kind, time.monotonic() - started, trace)

    async def _check(self, scope: Scope, headers: Headers, receive: Receive, kind: str) -> Receive:
        """Syntax, address, identity, limit, origin, token, size: in this order, cheapest first."""
        path = rules.normalise(scope["path"])
        if path is None or headers.getlist("content-length")[1:]:
            raise RequestMalformed
        if "content-length" in headers and "transfer-encoding" in headers:
            raise RequestMalformed
        if len(scope.get("raw_path") or b"") + len(scope.get("query_string", b"")) > rules.URL_MAX_BYTES:
            raise RequestMalformed("The address is too long.")
        raw = scope["headers"]
        if len(raw) > rules.HEADERS_MAX or sum(len(n) + len(v) for n, v in raw) > rules.HEADERS_MAX_BYTES:
            raise HeadersTooLarge
        scope["path"] = path
        gateway = self._gateway
        peer = scope["client"][0] if scope.get("client") else "unknown"
        address = rules.client_address(peer, headers.get("x-forwarded-for", ""), gateway.trusted)
        scope["state"]["address"] = address
        if kind != "static":
            try:
                who = await gateway.identify(headers, address)
            except Unavailable:
                who = Identified()
            token = rules.csrf_token(who.csrf_secret) if who.csrf_secret else ""
            scope["state"].update(identified=who, csrf=token)
        who = scope["state"]["identified"]
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
        if kind in {"upload", "media"}:
            limit = None
        else:
            is_file_form = media_type.startswith("multipart/form-data")
            limit = gateway.settings.form_max_bytes if is_file_form else gateway.settings.body_max_bytes
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
        METRICS.time("http_request", seconds, route=route, status=f"{self._status // 100}xx")
        if kind == "page" and scope["type"] == "http":
            METRICS.time("page", seconds)
        who: Identified = scope["state"]["identified"]
        log.info(
            "request",
            route=route,
            method=scope.get("method", "WS"),
            status=self._status,
            ms=round(seconds * 1000, 1),
            principal=who.principal.name,
            trace_id=trace,
            request_id=scope["state"]["request_id"],
        )


class Body:
    """A request body that is counted, and whose beginning may be read for the token and given back."""

    def __init__(self, receive: Receive, limit: int | None) -> None:
        self._receive = receive
        self._limit = limit
        self._seen = 0
        self._kept: list[Message] = []

    async def receive(self) -> Message:
        """What the app reads: first what was kept, then the rest, up to the limit."""
        return self._kept.pop(0) if self._kept else await self._next()

    async def find_token(self, media_type: str) -> str:
        """The `csrf_token` field of a form, looked for in its beginning; empty where there is none."""
        if not media_type.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
            return ""
        pattern = (
            re.compile(rb'name="csrf_token"\r\n\r\n([0-9a-f]*)\r\n')
            if media_type.startswith("multipart")
            else re.compile(rb"(?:^|&)csrf_token=([0-9a-f]*)(?:&|$)")
        )
        head, more = b"", True
        while more:
            message = await self._next()
            self._kept.append(message)
            head += message.get("body", b"")
            more = message.get("more_body", False) and message["type"] == "http.request"
            found = pattern.search(head)
            if found and (media_type.startswith("multipart") or not more or found.end() < len(head)):
                return found.group(1).decode()
            if media_type.startswith("multipart") and len(head) > TOKEN_SCAN_BYTES:
                break
        return ""

    async def _next(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._limit is not None and self._seen > self._limit:
            raise BodyTooLarge
        return message


def _trace_of(headers: Headers) -> tuple[str, str]:
    """The trace id (of the caller's `traceparent`, else new) and a request id."""
    found = TRACEPARENT.match(headers.get("traceparent", ""))
    request_id = secrets.token_hex(16)
    return (found.group(1) if found else request_id), request_id


def _as(call: Call, who: Identified) -> Call:
    return replace(call, principal=who.principal)
