"""Rate limits: a bucket is one moment a key (GCRA), a window the moments of the last arrivals.

Whole numbers throughout, so that what is promised (`retry_after_s`) is what is kept, to the nanosecond.
Sources: ATM Forum Traffic Management 4.0, 4.4.2 (virtual scheduling); https://en.wikipedia.org/wiki/GCRA.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from suuupra.kernel.clock import Clock
from suuupra.kernel.stores import Rate, Verdict

KEYS_MAX = 100_000
NS = 1_000_000_000


class Bucket:
    """`burst` at once, then one each `period / count`; the unit of time is 1 / count of a nanosecond."""

    def __init__(self, rate: Rate) -> None:
        self._count = rate.count
        self._step = round(rate.period_s * NS)
        self._burst = rate.burst or rate.count
        self._arrival = 0

    def ask(self, now_ns: int, cost: int, *, take: bool) -> Verdict:
        now = now_ns * self._count
        backlog = max(0, self._arrival - now)
        wait = backlog + (cost - self._burst) * self._step
        if wait > 0:
            return self._verdict(backlog, wait)
        if take:
            backlog += cost * self._step
            self._arrival = now + backlog
        return self._verdict(backlog, 0)

    def is_idle(self, now_ns: int) -> bool:
        return self._arrival <= now_ns * self._count

    def _verdict(self, backlog: int, wait: int) -> Verdict:
        return Verdict(
            allowed=wait == 0,
            remaining=(self._burst * self._step - backlog) // self._step,
            reset_s=backlog / self._count / NS,
            retry_after_s=wait / self._count / NS,
        )


class Window:
    """At most `count` in any stretch of time as long as the period: exact, O(1) a call over time."""

    def __init__(self, rate: Rate) -> None:
        self._count = rate.count
        self._period = round(rate.period_s * NS)
        self._arrivals: deque[int] = deque()

    def ask(self, now_ns: int, cost: int, *, take: bool) -> Verdict:
        arrivals = self._arrivals
        while arrivals and arrivals[0] <= now_ns - self._period:
            arrivals.popleft()
        excess = len(arrivals) + cost - self._count
        if excess <= 0:
            if take:
                arrivals.extend([now_ns] * cost)
            return self._verdict(now_ns, 0)
        first_free = arrivals[min(excess, len(arrivals)) - 1] if arrivals else now_ns
        return self._verdict(now_ns, first_free + self._period - now_ns)

    def is_idle(self, now_ns: int) -> bool:
        return not self._arrivals or self._arrivals[-1] <= now_ns - self._period

    def _verdict(self, now_ns: int, wait_ns: int) -> Verdict:
        arrivals = self._arrivals
        return Verdict(
            allowed=wait_ns == 0,
            remaining=self._count - len(arrivals),
            reset_s=(arrivals[-1] + self._period - now_ns) / NS if arrivals else 0.0,
            retry_after_s=wait_ns / NS,
        )


@dataclass
class Cell:
    """All limits of one key, by rate."""

    by_rate: dict[Rate, Bucket | Window] = field(default_factory=dict)

    def limit(self, rate: Rate) -> Bucket | Window:
        found = self.by_rate.get(rate)
        if found is None:
            found = self.by_rate[rate] = Window(rate) if rate.window else Bucket(rate)
        return found


class ProcessLimits:
    """Implements the kernel's `Limits` for one process; durations come from the clock's monotonic side."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cells: OrderedDict[str, Cell] = OrderedDict()

    async def take(self, key: str, rate: Rate, cost: int = 1) -> Verdict:
        cell = self._cells.get(key)
        if cell is None:
            self._make_room()
            cell = self._cells[key] = Cell()
        self._cells.move_to_end(key)
        return cell.limit(rate).ask(self._now_ns(), cost, take=True)

    async def peek(self, key: str, rate: Rate) -> Verdict:
        cell = self._cells.get(key) or Cell()
        return cell.limit(rate).ask(self._now_ns(), 1, take=False)

    async def forget(self, key: str) -> None:
        self._cells.pop(key, None)

    def _make_room(self) -> None:
        """Idle keys go, two for each new one, longest unused first; a full house drops its oldest."""
        now_ns = self._now_ns()
        for _ in range(2):
            oldest = next(iter(self._cells.items()), None)
            if oldest is None:
                return
            key, cell = oldest
            is_full = len(self._cells) >= KEYS_MAX
            if not is_full and not all(limit.is_idle(now_ns) for limit in cell.by_rate.values()):
                return
            del self._cells[key]

    def _now_ns(self) -> int:
        return round(self._clock.monotonic() * NS)
