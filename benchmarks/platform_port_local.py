"""Local binding against the direct call: what the guard, the deadline and the call's context cost.

Claim (platform, section 11): the local port adds at most 10 microseconds of CPU. CPU of this process,
best of several rounds, since another process on the machine only ever adds.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import uvloop

from suuupra.kernel.call import Call, calling
from suuupra.kernel.messages import Message, Query
from suuupra.kernel.ports import local

BAR_US = 10.0
ROUNDS, CALLS = 9, 20_000


class FindBook(Query):
    title: str


class Book(Message):
    title: str
    pages: int


class Shelves(Protocol):
    async def find(self, query: FindBook) -> Book: ...


class Librarian:
    def __init__(self) -> None:
        self._books = {"Gitanjali": Book(title="Gitanjali", pages=300)}

    async def find(self, query: FindBook) -> Book:
        return self._books[query.title]


async def cpu_us(call: Callable[[FindBook], Awaitable[Book]]) -> float:
    query = FindBook(title="Gitanjali")
    started = time.process_time_ns()
    for _ in range(CALLS):
        await call(query)
    return (time.process_time_ns() - started) / CALLS / 1000


async def measure() -> tuple[float, float]:
    librarian = Librarian()
    bound = local(Shelves, lambda: librarian)
    with calling(Call(deadline=time.monotonic() + 600)):
        rounds = [(await cpu_us(librarian.find), await cpu_us(bound.find)) for _ in range(ROUNDS)]
        await asyncio.sleep(0)
    return min(one for one, _ in rounds), min(one for _, one in rounds)


def main() -> int:
    direct_us, port_us = uvloop.run(measure())
    added_us = port_us - direct_us
    print(
        f"platform_port_local: direct {direct_us:.2f} us, local port {port_us:.2f} us, "
        f"adds {added_us:.2f} us (bar {BAR_US:.0f})"
    )
    return 0 if added_us <= BAR_US else 1


if __name__ == "__main__":
    sys.exit(main())
