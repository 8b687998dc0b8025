"""A small port, as an `api.py` would declare it, and a service that answers it."""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from suuupra.kernel.call import Call, current_call
from suuupra.kernel.clock import Moment
from suuupra.kernel.messages import Command, Message, Query
from suuupra.kernel.pagination import Page
from suuupra.kernel.problems import Conflict, Forbidden, NotFound, Unavailable


class ShelfLocked(Forbidden):
    title = "This shelf is locked"


class Elsewhere(NotFound):
    """Stands in another module's door in the tests that use it."""


class FindBook(Query):
    title: str
    pages_min: int = 0
    at: Moment | None = None
    weight: float = 0.0


class LendBook(Command):
    title: str
    to: str = "nobody"


class Book(Message):
    title: str
    pages: int = 0
    lent_to: str | None = None


class Shelves(Protocol):
    async def find(self, query: FindBook) -> Book | None: ...

    async def every(self, query: Query) -> Page[Book]: ...

    async def lend(self, command: LendBook) -> Book:
        """`ShelfLocked`."""
        ...


@dataclass
class Librarian:
    """Answers, and remembers each call it got."""

    calls: list[Call] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    delay_s: float = 0.0

    async def find(self, query: FindBook) -> Book | None:
        await self._begin()
        return Book(title=query.title, pages=max(100, query.pages_min)) if query.title else None

    async def every(self, query: Query) -> Page[Book]:
        await self._begin()
        return Page[Book](items=(Book(title="Gitanjali"), Book(title="Godan", pages=384)), next="2")

    async def lend(self, command: LendBook) -> Book:
        await self._begin()
        return Book(title=command.title, lent_to=command.to)

    async def _begin(self) -> None:
        self.calls.append(current_call())
        await asyncio.sleep(self.delay_s)
        if self.failures:
            raise self.failures.pop(0)


UNDECLARED = Conflict
AWAY = Unavailable
