"""The unit of work: rows, events and jobs of one use case commit together or not at all.

While a unit or a read is open, no port is called and nothing outside is touched: the kernel refuses it
in both bindings, so a laptop fails the way a cluster would.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from suuupra.kernel.jobs import Job
from suuupra.kernel.messages import Command, Event, Message
from suuupra.kernel.session import Session

R = TypeVar("R", bound=Message)
T = TypeVar("T")


class TransactionOpen(RuntimeError):
    """A port, an outside call or an object write inside a unit or a read: our mistake."""


class NestedUnit(RuntimeError):
    """A use case inside a use case, or inside a handler: our mistake."""


@dataclass
class Scope:
    """An open unit or read. Tasks born in it inherit the object, so `closed` tells them it is over."""

    kind: str
    closed: bool = False


_scope: ContextVar[Scope | None] = ContextVar("suuupra_scope", default=None)


def open_scope() -> Scope | None:
    """The unit or read that is open here, if any."""
    scope = _scope.get()
    return None if scope is None or scope.closed else scope


def refuse_open_scope(what: str) -> None:
    """Raise `TransactionOpen` if a unit or a read is open here."""
    if (scope := open_scope()) is not None:
        raise TransactionOpen(f"{what} inside an open {scope.kind}")


@contextmanager
def scoped(kind: str) -> Iterator[Scope]:
    """Mark a block as an open unit or read; `NestedUnit` if one is open already."""
    if (outer := open_scope()) is not None:
        raise NestedUnit(f"{kind} inside an open {outer.kind}")
    scope = Scope(kind)
    token = _scope.set(scope)
    try:
        yield scope
    finally:
        scope.closed = True
        _scope.reset(token)


class Unit(Protocol):
    """An open unit of work. Steps take it; nobody commits it by hand."""

    @property
    def session(self) -> Session:
        """The session of this transaction."""
        ...

    @property
    def now(self) -> datetime:
        """The moment the unit began, the same for every row of it."""
        ...

    def new_id(self) -> UUID:
        """A UUIDv7."""
        ...

    def publish(self, event: Event) -> None:
        """Write the event to the outbox at the end of this unit."""
        ...

    def enqueue(
        self,
        job: Job,
        *,
        at: datetime | None = None,
        unique: str | None = None,
        fair: str | None = None,
        priority: int = 0,
    ) -> UUID:
        """Write the job at the end of this unit.

        One of the same `unique` key that waits stands for both; one that runs runs once more afterwards,
        with the newest arguments.
        Lower `priority` runs first; of one priority, the `fair` key that waited longest is next.
        """
        ...

    async def once(self, command: Command, reply: type[R]) -> R | None:
        """The stored answer if this command came before under its idempotency key.

        Without a key on the call: None, always. A twin that still runs is waited for; another body under
        the key is `KeyReused`.
        """
        ...

    def answer(self, reply: R) -> R:
        """Store the answer for twins of the command given to `once`, and return it."""
        ...

    def finish(self) -> None:
        """Mark the job at hand done in this very commit, if its epoch still holds."""
        ...

    def announce(self, topic: str, message: Mapping[str, Any]) -> None:
        """Tell the hub after the commit, best effort."""
        ...


class Work(Protocol):
    """Opens units and reads. Every service gets its own, acting as its own database role."""

    def begin(self) -> AbstractAsyncContextManager[Unit]:
        """Open a unit; it commits at the end of the block and rolls back on any exception."""
        ...

    def read(self) -> AbstractAsyncContextManager[Session]:
        """A read-only transaction."""
        ...

    async def attempt(self, function: Callable[[Unit], Awaitable[T]]) -> T:
        """Run the function in SERIALIZABLE units, up to five times while they collide (40001, 40P01)."""
        ...
