"""One request on its way in and out: its steps stand in a fixed order, cheapest first."""

import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suuupra.kernel.auth import Identified
from suuupra.kernel.call import Call, calling
from suuupra.kernel.logs import REQUESTS, RequestLine
from suuupra.kernel.manifest import Site
from suuupra.kernel.metrics import METRICS, Labels
from suuupra.kernel.problems import Problem
from suuupra.services.gateway import rules
from suuupra.services.gateway.api import BodyTooLarge, ForeignOrigin, LimitReached, TokenMissing
from suuupra.services.gateway.service import checks, outward
from suuupra.services.gateway.service.arrival import Fields
from suuupra.services.gateway.service.body import Body
from suuupra.services.gateway.service.compress import Compressor, reads_gzip
from suuupra.services.gateway.service.counting import BEFORE_IDENTITY, Counting
from suuupra.services.gateway.service.visitors import NAME, Visitors
from suuupra.services.gateway.settings import GatewaySettings

TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$")
DEADLINE_S = 10.0
TIMED = frozenset({"api", "page", "sign_in", "playback"})
FREE = frozenset({"static", "health"})
UNLIMITED_BODIES = frozenset({"upload", "media"})
BY_GRANT = frozenset({"media", "playback"})
BAD_GRANTS = frozenset({401, 403, 404, 410})
NOBODY = Identified()
IDS_AT_ONCE = 256
TOO_SLOW = 408
Drawer = Callable[[Request, Exception], Awaitable[Response]]


def _request_ids() -> Iterator[str]:
    """128 random bits each; the system is asked for many at once, since asking costs more than they do."""
    while True:
        bits = secrets.token_hex(16 * IDS_AT_ONCE)
        yield from (bits[start : start + 32] for start in range(0, len(bits), 32))


REQUEST_IDS = _request_ids()


class Answered(Exception):
    """The answer of the door where no part need be asked."""

    def __init__(self, answer: ASGIApp) -> None:
        super().__init__()
        self.answer = answer


class Edge(Protocol):
    """What a passage asks the gateway of its process."""

    site: Site
    settings: GatewaySettings
    visitors: Visitors | None

    @property
    def counting(self) -> Counting | None:
        """The limits; None where nobody is counted."""
        ...

    async def identify(self, fields: Mapping[str, str], address: str) -> Identified:
        """Who calls."""
        ...


class Passage:
    """One request on its way in and out."""

    __slots__ = (
        "_app", "_counted", "_draw_problem", "_fields", "_gateway", "_is_gift", "_kind", "_origin",
        "_request_id", "_send", "_status",
    )  # fmt: skip

    def __init__(self, gateway: Edge, app: ASGIApp, draw_problem: Drawer, scope: Scope, send: Send) -> None:
        self._gateway = gateway
        self._app = app
        self._draw_problem = draw_problem
        self._fields = Fields(scope["headers"])
        accepted = self._fields.get("accept-encoding")
        if accepted and scope["type"] == "http" and scope["method"] != "HEAD" and reads_gzip(accepted):
            send = Compressor(send).send
        self._send = send
        self._kind = ""
        self._request_id = next(REQUEST_IDS)
        self._status = 0
        self._counted: outward.Counted | None = None
        self._origin: str | None = None
        self._is_gift = False

    async def pass_through(self, scope: Scope, receive: Receive) -> None:
        """From the first byte in to the last one out; figures and the line in the log at the end."""
        started, fields = time.monotonic(), self._fields
        method = scope.get("method", "WS")
        wrong = checks.wrong_syntax(scope, fields)
        kind = self._kind = rules.kind_of(scope["path"], method)
        trace = _trace_of(fields) or self._request_id
        state = scope.setdefault("state", {})
        state.update(identified=NOBODY, csrf="", request_id=self._request_id, address="unknown")
        call = Call(
            deadline=started + DEADLINE_S if kind in TIMED else None,
            idempotency_key=fields.get("idempotency-key"),
            trace=trace,
            operation=f"{method} {scope['path']}",
        )
        with calling(call):
            try:
                receive = await self._check(scope, state, receive, wrong)
                await self._go_on(scope, state, receive, call)
            except Answered as answered:
                await answered.answer(scope, receive, self._dress)
            except Problem as problem:
                if self._status:
                    raise
                await self._refuse(scope, receive, problem)
            except Exception:
                if not self._status:  # an answered bug was logged where it was drawn
                    raise
        if kind in BY_GRANT and self._status in BAD_GRANTS and self._gateway.counting is not None:
            await self._gateway.counting.count_bad_grant(state["address"])
        self._record(scope, state, time.monotonic() - started, trace)

    async def _go_on(self, scope: Scope, state: dict[str, Any], receive: Receive, call: Call) -> None:
        """To the part that answers, as whoever called."""
        who, counting = state["identified"].principal, self._gateway.counting
        is_sending = self._kind == "upload" and counting is not None and scope["method"] not in rules.SAFE
        if not who.is_person and not is_sending:
            await self._app(scope, receive, self._dress)
            return
        place = counting.sending(who, state["address"]) if counting and is_sending else nullcontext()
        with place, calling(replace(call, principal=who)):
            await self._app(scope, receive, self._dress)

    async def _check(
        self, scope: Scope, state: dict[str, Any], receive: Receive, wrong: Problem | None
    ) -> Receive:
        """Syntax, transport, address, CORS, limit, identity, origin, size, token: cheapest first."""
        if wrong is not None:
            raise wrong
        method = scope.get("method", "WS")
        gateway, fields, kind = self._gateway, self._fields, self._kind
        address = state["address"] = checks.believe(scope, fields, gateway.settings.trusted_proxies)
        secure = checks.secure_location(scope, fields, gateway.site, kind)
        if secure is not None:
            raise Answered(RedirectResponse(secure, 308))
        if "origin" in fields:
            self._look_at_origin(method)
        if "authorization" in fields:
            checks.refuse_tokens(fields, kind)
        who = await self._identify(scope, state, address)
        if method not in rules.SAFE or (method == "WS" and "origin" in fields):
            others = gateway.settings.origins if kind == "api" else ()
            if not rules.is_own_origin(fields, gateway.site.base_url, others):
                raise ForeignOrigin
        return await self._check_body(receive, method, who) if method != "WS" else receive

    def _look_at_origin(self, method: str) -> None:
        """Scripts of the named origins may read the API; a preflight is answered here."""
        fields = self._fields
        origin = fields["origin"]
        if self._kind not in {"api", "sign_in"} or origin not in self._gateway.settings.origins:
            return
        if method == "OPTIONS" and "access-control-request-method" in fields:

            async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
                for message in outward.preflight(origin):
                    await send(message)

            raise Answered(answer)
        self._origin = origin

    async def _identify(self, scope: Scope, state: dict[str, Any], address: str) -> Identified:
        """Limits by address come before identity, limits by person after it."""
        counting, kind = self._gateway.counting, self._kind
        if counting is not None and kind in BEFORE_IDENTITY:
            self._count(await counting.by_address(kind, scope["path"], address))
        if kind in FREE:
            return NOBODY
        cookies = self._fields.get("cookie", "")
        who = await self._gateway.identify(self._fields, address) if cookies else NOBODY
        if who.csrf_secret:
            state["csrf"] = rules.csrf_token(who.csrf_secret)
        state["identified"] = who
        if counting is not None and kind not in BEFORE_IDENTITY:
            self._count(await counting.by_caller(kind, who.principal, address, cookies))
        self._is_gift = kind == "page" and not who.principal.is_person and NAME not in cookies
        return who

    def _count(self, counted: outward.Counted | None) -> None:
        self._counted = counted
        if counted is not None and not counted[1].allowed:
            policy, verdict = counted
            METRICS.count("limit_refusals", policy=policy.name)
            raise LimitReached(retry_after_s=verdict.retry_after_s, policy=policy.name)

    async def _check_body(self, receive: Receive, method: str, who: Identified) -> Receive:
        settings, fields = self._gateway.settings, self._fields
        is_write = method not in rules.SAFE
        if not is_write and "content-length" not in fields and "transfer-encoding" not in fields:
            return receive
        media_type = fields.get("content-type", "")
        limit = None
        if self._kind not in UNLIMITED_BODIES:
            has_file = media_type.startswith(("multipart/form-data", "image/"))
            limit = settings.form_max_bytes if has_file else settings.body_max_bytes
            if int(fields.get("content-length") or 0) > limit:
                raise BodyTooLarge
        body = Body(receive, limit)
        if is_write and who.csrf_secret:
            given = fields.get("x-csrf-token") or await body.find_token(media_type)
            if not rules.is_token(who.csrf_secret, given):
                raise TokenMissing
        return body.receive

    async def _dress(self, message: Message) -> None:
        """In the place of the server's `send`: what every answer of this house carries."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            site, kind = self._gateway.site, self._kind
            fixed = outward.fixed_headers(kind, is_secure=site.environment == "prod")
            own = [(b"x-request-id", self._request_id.encode())]
            if self._counted is not None:
                own += outward.limit_headers(self._counted)
            if self._origin is not None:
                own += outward.cors_headers(self._origin)
            if self._gateway.settings.origins and kind in {"api", "sign_in"}:
                own.append((b"vary", b"Origin"))
            if self._status == TOO_SLOW:
                own.append((b"connection", b"close"))
            message = outward.dressed(message, fixed, own)
            if self._is_gift and self._gateway.visitors is not None and outward.may_carry_cookie(message):
                cookie = self._gateway.visitors.cookie(is_secure=site.base_url.startswith("https"))
                message["headers"].append((b"set-cookie", cookie))
        await self._send(message)

    async def _refuse(self, scope: Scope, receive: Receive, problem: Problem) -> None:
        if scope["type"] == "websocket":
            await self._refuse_socket(scope, problem)
            return
        response = await self._draw_problem(Request(scope, receive), problem)
        await response(scope, receive, self._dress)

    async def _refuse_socket(self, scope: Scope, problem: Problem) -> None:
        """Before the handshake a server can still answer in HTTP; where it cannot, a close code says it."""
        self._status, send = problem.status, self._dress
        if "websocket.http.response" not in scope.get("extensions", {}):
            code = 4400 + problem.status % 100
            await send({"type": "websocket.close", "code": code, "reason": problem.title})
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        start = {"type": "websocket.http.response.start", "status": problem.status, "headers": headers}
        await send(start)
        await send({"type": "websocket.http.response.body", "body": problem.title.encode()})

    def _record(self, scope: Scope, state: dict[str, Any], seconds: float, trace: str) -> None:
        route = getattr(scope.get("route"), "path", self._kind)
        METRICS.time_at("http_request_seconds", seconds, _labels(route, self._status // 100))
        if self._kind == "page" and scope["type"] == "http":
            METRICS.time_at("page_seconds", seconds, ())
        line = RequestLine(
            route,
            scope.get("method", "WS"),
            self._status,
            round(seconds * 1000, 1),
            state["identified"].principal.name,
            trace,
            self._request_id,
        )
        REQUESTS.write(line)


@lru_cache(maxsize=2048)
def _labels(route: str, family: int) -> Labels:
    return (("route", route), ("status", f"{family}xx"))


def _trace_of(fields: Mapping[str, str]) -> str:
    """The trace id of the caller's `traceparent` (W3C Trace Context); empty without one."""
    found = TRACEPARENT.match(fields["traceparent"]) if "traceparent" in fields else None
    return found.group(1) if found else ""
