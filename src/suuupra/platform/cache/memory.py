"""A bounded cache: the least recently used value goes first, and one maker fills for all who wait."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

SIZE_MAX_BYTES = 64 * 1024 * 1024


class ProcessCache:
    """Implements the kernel's `Cache`."""

    def __init__(self, size_max_bytes: int = SIZE_MAX_BYTES) -> None:
        self._values: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._making: dict[str, asyncio.Future[bytes]] = {}
        self._size_bytes = 0
        self._size_max_bytes = size_max_bytes

    async def get(self, key: str) -> bytes | None:
        found = self._values.get(key)
        if found is None:
            return None
        if found[0] <= time.monotonic():
            self._drop(key)
            return None
        self._values.move_to_end(key)
        return found[1]

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        self._drop(key)
        self._values[key] = (time.monotonic() + ttl_s, value)
        self._size_bytes += len(key) + len(value)
        while self._size_bytes > self._size_max_bytes and self._values:
            self._drop(next(iter(self._values)))

    async def delete(self, key: str) -> None:
        self._drop(key)

    async def fill(self, key: str, ttl_s: float, make: Callable[[], Awaitable[bytes]]) -> bytes:
        found = await self.get(key)
        if found is not None:
            return found
        waiting = self._making.get(key)
        if waiting is not None:
            return await asyncio.shield(waiting)
        promise = self._making[key] = asyncio.get_running_loop().create_future()
        try:
            value = await make()
        except BaseException as error:
            promise.set_exception(error if isinstance(error, Exception) else RuntimeError("not made"))
            promise.exception()
            raise
        else:
            promise.set_result(value)
            await self.set(key, value, ttl_s)
            return value
        finally:
            del self._making[key]

    def _drop(self, key: str) -> None:
        found = self._values.pop(key, None)
        if found is not None:
            self._size_bytes -= len(key) + len(found[1])
