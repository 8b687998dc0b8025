"""The caller's side of a remote port: the same Protocol, spoken over HTTP.

Refuses inside a unit as the local binding does. A query is tried again, a command only under an
idempotency key; retries stay within a fifth of all calls, and within the deadline.
"""

import asyncio
import json
import random
import time
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any, TypeVar, cast
from urllib.parse import quote

from pydantic import ValidationError

from suuupra.kernel.auth import ANONYMOUS, Principal
from suuupra.kernel.call import Call, current_call
from suuupra.kernel.messages import Message
from suuupra.kernel.metrics import METRICS
from suuupra.kernel.ports import Method, Operation, declared, operations, port_name
from suuupra.kernel.problems import ContractMismatch, Late, OutcomeUnknown, Problem, TooLarge, Unavailable
from suuupra.kernel.work import refuse_open_scope
from suuupra.platform.http import wire
from suuupra.platform.keys import Seals
from suuupra.platform.observe.spans import span, traceparent_of
from suuupra.platform.peers import MESSAGE_MAX_BYTES, Answer, Broken, NotReached, Peer

P = TypeVar("P")
PAUSES_S = (0.01, 0.02, 0.0)
AWAY = Unavailable.wire_type().encode()


class RemoteFault(RuntimeError):
    """The owner's bug, or ours: it answered what its port does not declare (500)."""


class RemotePorts:
    """All remote bindings of a process; peers are shared by the ports of one address."""

    def __init__(self, seals: Seals) -> None:
        self._seals = seals
        self._peers: dict[str, Peer] = {}

    def bind(self, port: type[P], owner: str, address: str, caller: str) -> P:
        """The port of `owner` at `address`, as the service `caller` may use it."""
        peer = self._peers.setdefault(address, Peer(address))
        contract: Any = port
        bound = {
            name: staticmethod(self._method(port, operation, _Line(peer, owner, caller)))
            for name, operation in operations(contract).items()
        }
        return cast("P", type(f"Remote{port.__name__}", (), bound)())

    def _method(self, port: type, operation: Operation, line: "_Line") -> Method:
        return RemoteOperation(port, operation, line, self._seals).call

    async def close(self) -> None:
        """End the connections of all peers."""
        for peer in self._peers.values():
            await peer.close()


@dataclass(frozen=True)
class _Line:
    """From one service to another."""

    peer: Peer
    owner: str
    caller: str


class RemoteOperation:
    """One operation of one port, bound to a peer."""

    def __init__(self, port: type, operation: Operation, line: _Line, seals: Seals) -> None:
        contract: Any = port
        self._operation = operation
        self._line = line
        self._seals = seals
        self._short = f"{port.__name__}.{operation.name}"
        self._name = f"{port_name(port, line.owner)}.{operation.name}"
        path = wire.path_of(port, line.owner, operation.name)
        self._start = f"POST {path} HTTP/1.1\r\nhost: {line.peer.host}\r\n"
        self._problems = {cls.wire_type(): cls for cls in declared(contract)}

    async def call(self, request: Message) -> Any:
        """What the Protocol's method says."""
        refuse_open_scope(self._short)
        call = current_call()
        until = time.monotonic() + call.child_s()
        body = request.to_wire()
        if len(body) > MESSAGE_MAX_BYTES:
            raise TooLarge
        started, outcome = time.perf_counter(), "ok"
        try:
            with span(f"port {self._name}"):
                answer = await self._tries(call, body, until)
                return self._read(answer)
        except Problem as problem:
            outcome = type(problem).__name__
            raise
        except Exception:
            outcome = "fault"
            raise
        finally:
            METRICS.time("port_called", time.perf_counter() - started, operation=self._name, outcome=outcome)

    async def _tries(self, call: Call, body: bytes, until: float) -> Answer:
        """The answer, after up to two more tries where that is safe."""
        shield = self._line.peer.shield
        shield.budget.earn()
        async with shield.bulkhead.place(_left_s(until)):
            ending: Answer | Problem = Late()
            for pause_s in PAUSES_S:
                ending = await self._once(call, body, until)
                if not self._is_worth_a_try(ending, call):
                    break
                jittered_s = pause_s * random.uniform(0.5, 1.5)  # noqa: S311 - spreads tries, guards nothing
                if not pause_s or _left_s(until) <= jittered_s or not shield.budget.spend():
                    break
                METRICS.count("port_retried", operation=self._name)
                await asyncio.sleep(jittered_s)
        if isinstance(ending, Problem):
            raise ending
        return ending

    async def _once(self, call: Call, body: bytes, until: float) -> Answer | Problem:
        """One try: what was answered, or what to say where nobody did."""
        left_s = _left_s(until)
        try:
            return await self._line.peer.post(self._head(call, left_s, len(body)) + body, left_s)
        except NotReached as error:
            away = Unavailable(retry_after_s=1)
            away.__cause__ = error
            return away
        except Broken as error:
            lost = (
                Unavailable(retry_after_s=1) if self._operation.is_query else OutcomeUnknown(retry_after_s=1)
            )
            lost.__cause__ = error
            return lost

    def _is_worth_a_try(self, ending: Answer | Problem, call: Call) -> bool:
        """Nobody was there, or was there and away; and a second time would do no harm."""
        if not self._operation.is_query and call.idempotency_key is None:
            return False
        return isinstance(ending, Problem) or (ending.status == Unavailable.status and AWAY in ending.body)

    def _head(self, call: Call, left_s: float, size_bytes: int) -> bytes:
        line, seals = self._line, self._seals
        headers = {
            "content-length": str(size_bytes),
            wire.SERVICE: seals.write(line.caller, line.owner, wire.SERVICE),
            wire.DEADLINE: str(max(1, int(left_s * 1000))),
        }
        if call.principal.kind != ANONYMOUS.kind:
            body = _written(call.principal)
            headers[wire.PRINCIPAL] = seals.write(line.caller, line.owner, wire.PRINCIPAL, body)
        if call.idempotency_key is not None:
            headers[wire.KEY] = quote(call.idempotency_key)
        if call.operation:
            headers[wire.OPERATION] = quote(call.operation)
        if traceparent := traceparent_of(call.trace):
            headers[wire.TRACE] = traceparent
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self._start}{lines}\r\n".encode("ascii")

    def _read(self, answer: Answer) -> Any:
        if answer.status == HTTPStatus.OK:
            try:
                return self._operation.reply.validate_json(answer.body)
            except ValidationError as error:
                raise ContractMismatch(retry_after_s=5) from error
        try:
            document = json.loads(answer.body)
            kind = self._problems[document["type"]]
        except (ValueError, KeyError, TypeError):
            raise RemoteFault(f"{self._name} answered {answer.status}: {_title(answer.body)}") from None
        raise kind.from_document(document)


@lru_cache(maxsize=1024)
def _written(principal: Principal) -> str:
    return principal.to_wire().decode()


def _left_s(until: float) -> float:
    left_s = until - time.monotonic()
    if left_s <= 0:
        raise Late
    return left_s


def _title(body: bytes) -> str:
    try:
        return str(json.loads(body)["title"])[:200]
    except (ValueError, KeyError, TypeError):
        return "no Problem"
