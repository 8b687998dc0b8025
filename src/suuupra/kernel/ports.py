"""Ports: a `Protocol` of an `api.py` with two bindings, and callers cannot tell which they hold.

One method is one frozen message in and one out. This module reads the type hints of a port once and
makes the local binding; `suuupra.platform.http` makes the remote one from the same reading.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast, get_type_hints

from pydantic import TypeAdapter

from suuupra.kernel.call import current_call
from suuupra.kernel.messages import Command, Message, Query
from suuupra.kernel.problems import KERNEL_ACROSS_PORTS, Late, Problem, all_problems, home_of
from suuupra.kernel.work import refuse_open_scope

P = TypeVar("P")
Method = Callable[[Any], Awaitable[Any]]


class UndeclaredProblem(RuntimeError):
    """A Problem came out of a port whose `api.py` does not declare it: our mistake (500)."""


@dataclass(frozen=True)
class Operation:
    """One method of a port. `is_query` may be retried freely."""

    name: str
    request: type[Message]
    reply: TypeAdapter[Any]
    is_query: bool


@cache
def operations(port: Any) -> dict[str, Operation]:
    """Every public method of the port, read from its hints once."""
    found = {}
    for name, function in inspect.getmembers(port, inspect.isfunction):
        if name.startswith("_"):
            continue
        hints = get_type_hints(function)
        reply = hints.pop("return")
        (request,) = hints.values()
        if not (isinstance(request, type) and issubclass(request, Query | Command)):
            raise TypeError(f"{port.__name__}.{name} must take one Query or Command")
        found[name] = Operation(name, request, TypeAdapter(reply), issubclass(request, Query))
    return found


def port_name(port: type, owner: str | None = None) -> str:
    """`content/Access`; the kernel's own Protocols are named by the service that answers them."""
    return f"{owner or home_of(port)}/{port.__name__}"


@cache
def declared(port: Any) -> frozenset[type[Problem]]:
    """The Problems that may come out: those of the `api` of the port, and the kernel's few."""
    head, mark, _ = f"{port.__module__}.".partition(".api.")
    door = head + mark if mark else f"{port.__module__}."
    own = {cls for cls in all_problems() if f"{cls.__module__}.".startswith(door)}
    return frozenset(own) | frozenset(KERNEL_ACROSS_PORTS)


def checked(port: type, operation: str, problem: Problem) -> Problem:
    """The Problem itself if the port declares it, else an `UndeclaredProblem` to raise."""
    if type(problem) in declared(port):
        return problem
    raise UndeclaredProblem(f"{port_name(port)}.{operation} let out {type(problem).__name__}") from problem


def local(port: type[P], resolve: Callable[[], object], *, through_json: bool = False) -> P:
    """The local binding: the owner itself, refusing what a remote one could not do.

    `resolve` is asked at the first call, so services may be built in any order. `through_json` sends
    both messages through JSON, as tests do.
    """

    def bind(operation: Operation) -> Method:
        target: list[Method] = []

        async def call(request: Message) -> Any:
            refuse_open_scope(f"{port.__name__}.{operation.name}")
            if not target:
                target.append(cast("Method", getattr(resolve(), operation.name)))
            at = current_call().deadline
            if at is not None and current_call().remaining_s() <= 0:
                raise Late
            if through_json:
                request = operation.request.from_wire(request.to_wire())
            try:
                reply = await target[0](request)
            except Problem as problem:
                raise checked(port, operation.name, problem) from problem.__cause__
            if through_json:
                reply = operation.reply.validate_json(operation.reply.dump_json(reply, exclude_defaults=True))
            return reply

        return call

    contract: Any = port
    bound = {name: staticmethod(bind(operation)) for name, operation in operations(contract).items()}
    return cast("P", type(f"Local{port.__name__}", (), bound)())
