"""The owner's side of a remote port: one route an operation, generated from the hints of the Protocol.

Served on the internal listener alone. A caller proves which service it is, and only services whose
manifest names the port are admitted.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast
from urllib.parse import unquote

from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from suuupra.kernel.auth import ANONYMOUS, Principal
from suuupra.kernel.call import DEFAULT_DEADLINE_S, Call, calling
from suuupra.kernel.logs import logger
from suuupra.kernel.metrics import METRICS
from suuupra.kernel.ports import Method, Operation, checked, operations, port_name
from suuupra.kernel.problems import Forbidden, Invalid, Late, Problem, TooLarge, Unauthenticated
from suuupra.platform.http import wire
from suuupra.platform.keys import BadSeal, Seals
from suuupra.platform.observe.spans import span, trace_of
from suuupra.platform.peers import MESSAGE_MAX_BYTES

log = logger("ports")
JSON = (b"content-type", b"application/json")
PROBLEM_JSON = (b"content-type", b"application/problem+json")


class CallerRefused(Forbidden):
    """The calling service does not name this port in its manifest."""

    title = "This service may not call this port"


@dataclass(frozen=True)
class Admission:
    """Who may call the ports of `owner`."""

    owner: str
    seals: Seals
    callers: frozenset[str]

    def admit(self, headers: Headers) -> Principal:
        """The principal that an admitted service acts for; `Unauthenticated`, `CallerRefused`."""
        try:
            caller = self.seals.read(headers.get(wire.SERVICE, ""), self.owner, wire.SERVICE).issuer
            token = headers.get(wire.PRINCIPAL)
            seal = self.seals.read(token, self.owner, wire.PRINCIPAL) if token else None
        except BadSeal as error:
            raise Unauthenticated(str(error)) from None
        if caller not in self.callers or (seal is not None and seal.issuer != caller):
            raise CallerRefused
        return ANONYMOUS if seal is None else _principal(seal.body)


@lru_cache(maxsize=1024)
def _principal(body: str) -> Principal:
    return Principal.from_wire(body)


def serve_port(
    port: type, resolve: Callable[[], object], owner: str, seals: Seals, callers: frozenset[str]
) -> list[Route]:
    """Routes of every operation; `resolve` is asked at the first call, as in the local binding."""
    admission = Admission(owner, seals, callers)
    contract: Any = port
    return [
        Route(
            wire.path_of(port, owner, operation.name),
            PortOperation(port, operation, resolve, admission),
            methods=["POST"],
        )
        for operation in operations(contract).values()
    ]


class PortOperation:
    """One operation as an ASGI application."""

    def __init__(
        self, port: type, operation: Operation, resolve: Callable[[], object], admission: Admission
    ) -> None:
        self._port = port
        self._operation = operation
        self._resolve = resolve
        self._admission = admission
        self._name = f"{port_name(port, admission.owner)}.{operation.name}"
        self._method: Method | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, given, call = time.perf_counter(), Headers(scope=scope), Call()
        try:
            call = self._call(given)
            status, headers, body = 200, [JSON], await self._run(call, given, receive)
        except Problem as problem:
            status, headers, body = written(problem)
        except Exception:
            log.exception("port.failed", operation=self._name)
            status, headers, body = written(Problem())
        taken_s = time.perf_counter() - started
        METRICS.time("port_served", taken_s, operation=self._name, status=str(status))
        log.debug(  # a line costs a seventh of a call; the visitor's request has one at the door
            "port.served",
            operation=self._name,
            status=status,
            ms=round(taken_s * 1000, 1),
            principal=call.principal.name,
            trace_id=call.trace,
        )
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _call(self, headers: Headers) -> Call:
        """What travels beside the message, once the caller is admitted."""
        key = headers.get(wire.KEY)
        return Call(
            principal=self._admission.admit(headers),
            deadline=time.monotonic() + _left_s(headers),
            idempotency_key=None if key is None else unquote(key),
            trace=trace_of(headers.get(wire.TRACE, "")),
            operation=unquote(headers.get(wire.OPERATION, "")),
        )

    async def _run(self, call: Call, headers: Headers, receive: Receive) -> bytes:
        body = await _read(headers, receive)
        try:
            request = self._operation.request.from_wire(body)
        except ValidationError as error:
            raise wire.refused(error) from None
        with calling(call), span(f"served {self._name}", traceparent=headers.get(wire.TRACE)):
            reply = await self._in_time(request, call.remaining_s())
        written = self._operation.reply.dump_json(reply, exclude_defaults=True)
        if len(written) > MESSAGE_MAX_BYTES:
            raise TooLarge("The answer is larger than a message may be.")
        return written

    async def _in_time(self, request: Any, left_s: float) -> Any:
        if self._method is None:
            self._method = cast("Method", getattr(self._resolve(), self._operation.name))
        limit = asyncio.timeout(left_s)
        try:
            async with limit:
                return await self._method(request)
        except TimeoutError:
            if limit.expired():
                raise Late from None
            raise
        except Problem as problem:
            raise checked(self._port, self._operation.name, problem) from problem.__cause__


def written(problem: Problem) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body (RFC 9457) of a Problem."""
    headers = [PROBLEM_JSON]
    if problem.retry_after_s is not None:
        headers.append((b"retry-after", str(max(1, round(problem.retry_after_s))).encode()))
    return problem.status, headers, json.dumps(problem.document(), default=str).encode()


def _left_s(headers: Headers) -> float:
    """What is left of the caller's time; `Late` where nothing is, and then nothing runs."""
    try:
        left_s = float(headers.get(wire.DEADLINE, DEFAULT_DEADLINE_S * 1000)) / 1000
    except ValueError:
        raise Invalid(f"{wire.DEADLINE} is not a number of milliseconds") from None
    if not left_s > 0:
        raise Late
    return min(left_s, DEFAULT_DEADLINE_S)


async def _read(headers: Headers, receive: Receive) -> bytes:
    """The whole message, `TooLarge` at the byte that exceeds."""
    announced = headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > MESSAGE_MAX_BYTES:
        raise TooLarge
    parts, size, more = [], 0, True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Late("The caller went away.")
        parts.append(event.get("body", b""))
        size += len(parts[-1])
        if size > MESSAGE_MAX_BYTES:
            raise TooLarge
        more = event.get("more_body", False)
    return b"".join(parts)
