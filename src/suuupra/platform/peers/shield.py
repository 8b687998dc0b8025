"""What keeps one sick neighbour from making all sick: breaker, retry budget, bulkhead. One set a peer."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable

from suuupra.kernel.problems import Late, Unavailable

WINDOW_S = 10.0
CALLS_MIN = 20
FAILED_SHARE = 0.5
OPEN_S = 5.0
IN_FLIGHT_MAX = 64
WAITING_MAX = 64
RETRY_SHARE = 0.2
RETRIES_AT_REST = 3.0
RETRIES_SAVED_MAX = 10.0

Now = Callable[[], float]


class Breaker:
    """Opens at half of 20 or more calls failed within 10 s; after 5 s one probe decides.

    The states of M. Nygard, "Release It!": closed, open, half-open.
    """

    def __init__(self, now: Now = time.monotonic) -> None:
        self._now = now
        self._calls: deque[tuple[float, bool]] = deque()
        self._failed = 0
        self._opened_at: float | None = None
        self._is_probing = False

    @property
    def is_open(self) -> bool:
        return self._opened_at is not None

    def enter(self) -> bool:
        """`Unavailable` while open; True if this call is the probe of the half-open state."""
        if self._opened_at is None:
            return False
        left = self._opened_at + OPEN_S - self._now()
        if left > 0 or self._is_probing:
            raise Unavailable(retry_after_s=max(left, 0.1))
        self._is_probing = True
        return True

    def leave(self, *, probe: bool, failed: bool | None) -> None:
        """How the call ended; None where it says nothing about the peer (it was cancelled)."""
        if probe:
            self._is_probing = False
            if failed is False:
                self._opened_at = None
            elif failed:
                self._opened_at = self._now()
        elif failed is not None and self._opened_at is None:
            self._count(failed=failed)

    def _count(self, *, failed: bool) -> None:
        now = self._now()
        self._calls.append((now, failed))
        self._failed += failed
        while self._calls[0][0] < now - WINDOW_S:
            self._failed -= self._calls.popleft()[1]
        if len(self._calls) >= CALLS_MIN and self._failed >= FAILED_SHARE * len(self._calls):
            self._opened_at = now
            self._calls.clear()
            self._failed = 0


class RetryBudget:
    """At most one retry for five calls, and a few when all is quiet."""

    def __init__(self) -> None:
        self._saved = RETRIES_AT_REST

    def earn(self) -> None:
        """A first try."""
        self._saved = min(RETRIES_SAVED_MAX, self._saved + RETRY_SHARE)

    def spend(self) -> bool:
        """Whether one more try is allowed."""
        if self._saved < 1:
            return False
        self._saved -= 1
        return True


class Bulkhead:
    """At most 64 calls in flight; as many may wait for their turn, the next is turned away."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(IN_FLIGHT_MAX)
        self._waiting = 0

    @contextlib.asynccontextmanager
    async def place(self, wait_max_s: float) -> AsyncIterator[None]:
        """A place for the block; `Unavailable` without room to wait, `Late` when the wait was too long."""
        if self._free.locked():
            if self._waiting >= WAITING_MAX:
                raise Unavailable(retry_after_s=0.1)
            self._waiting += 1
            try:
                async with asyncio.timeout(wait_max_s):
                    await self._free.acquire()
            except TimeoutError:
                raise Late from None
            finally:
                self._waiting -= 1
        else:
            await self._free.acquire()
        try:
            yield
        finally:
            self._free.release()


class Shield:
    """The three of one peer."""

    def __init__(self, now: Now = time.monotonic) -> None:
        self.breaker = Breaker(now)
        self.budget = RetryBudget()
        self.bulkhead = Bulkhead()
