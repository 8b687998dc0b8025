"""The ambient `Call`: what travels beside a message. A contextvar here, headers between processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from suuupra.kernel.auth import ANONYMOUS, Principal
from suuupra.kernel.problems import Late

DEFAULT_DEADLINE_S = 2.0
CHILD_MARGIN_S = 0.010


@dataclass(frozen=True)
class Call:
    """Principal, deadline (a monotonic second), idempotency key and trace of the work at hand."""

    principal: Principal = ANONYMOUS
    deadline: float | None = None
    idempotency_key: str | None = None
    trace: str = ""
    operation: str = ""

    def remaining_s(self) -> float:
        """Seconds left, `DEFAULT_DEADLINE_S` where none was set; may be negative."""
        return DEFAULT_DEADLINE_S if self.deadline is None else self.deadline - monotonic()

    def child_s(self) -> float:
        """What a call further down may take: the rest less a margin, or `Late`."""
        left = min(self.remaining_s(), DEFAULT_DEADLINE_S) - CHILD_MARGIN_S
        if left <= 0:
            raise Late
        return left


NO_CALL = Call()
_call: ContextVar[Call] = ContextVar("suuupra_call", default=NO_CALL)


def current_call() -> Call:
    """The call at hand; read it once at the door and pass values on."""
    return _call.get()


def principal() -> Principal:
    """Who asks."""
    return _call.get().principal


@contextmanager
def calling(call: Call) -> Iterator[Call]:
    """Run a block as that call."""
    token = _call.set(call)
    try:
        yield call
    finally:
        _call.reset(token)


@contextmanager
def changed_call(**changes: Any) -> Iterator[Call]:
    """Run a block with the present call changed in some fields."""
    with calling(replace(_call.get(), **changes)) as call:
        yield call
