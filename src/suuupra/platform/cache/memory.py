"""A bounded cache: what was not used for longest goes first, and one maker fills for all who wait."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from suuupra.kernel.clock import Clock, SystemClock

SIZE_MAX_BYTES = 64 * 1024 * 1024
ENTRY_BYTES = 200  # what a key and a value cost beside their own bytes


@dataclass(eq=False)
class Flight:
    """A value that is being made, and how many wait for it."""

    task: asyncio.Task[bytes]
    waiting: int = 0


class ProcessCache:
    """Implements the kernel's `Cache`; one value larger than all the room is not kept."""

    def __init__(self, size_max_bytes: int = SIZE_MAX_BYTES, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._values: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._flights: dict[str, Flight] = {}
        self._size_bytes = 0
        self._size_max_bytes = size_max_bytes

    async def get(self, key: str) -> bytes | None:
        found = self._values.get(key)
        if found is None:
            return None
        if found[0] <= self._clock.monotonic():
            self._drop(key)
            return None
        self._values.move_to_end(key)
        return found[1]

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        self._flights.pop(key, None)  # whoever is making a value makes an older one
        self._keep(key, value, ttl_s)

    async def delete(self, key: str) -> None:
        self._flights.pop(key, None)
        self._drop(key)

    async def fill(self, key: str, ttl_s: float, make: Callable[[], Awaitable[bytes]]) -> bytes:
        found = await self.get(key)
        if found is not None:
            return found
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = Flight(asyncio.create_task(_made(make)))
            flight.task.add_done_callback(lambda task: self._land(key, ttl_s, flight, task))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if flight.waiting == 0 and not flight.task.done():
                flight.task.cancel()  # nobody wants it any more
                self._flights.pop(key, None)

    def _land(self, key: str, ttl_s: float, flight: Flight | None, task: asyncio.Task[bytes]) -> None:
        """Keep what was made, unless the key was set or deleted meanwhile."""
        is_current = self._flights.get(key) is flight
        if is_current:
            del self._flights[key]
        if not task.cancelled() and task.exception() is None and is_current:
            self._keep(key, task.result(), ttl_s)

    def _keep(self, key: str, value: bytes, ttl_s: float) -> None:
        self._drop(key)
        self._values[key] = (self._clock.monotonic() + ttl_s, value)
        self._size_bytes += _size(key, value)
        while self._size_bytes > self._size_max_bytes:
            self._drop(next(iter(self._values)))

    def _drop(self, key: str) -> None:
        found = self._values.pop(key, None)
        if found is not None:
            self._size_bytes -= _size(key, found[1])


async def _made(make: Callable[[], Awaitable[bytes]]) -> bytes:
    return await make()


def _size(key: str, value: bytes) -> int:
    return len(key) + len(value) + ENTRY_BYTES
