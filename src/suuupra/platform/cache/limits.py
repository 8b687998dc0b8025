"""Rate limits: GCRA for buckets (one moment a key), a ring of arrivals for exact windows. Both are O(1)."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from suuupra.kernel.clock import Clock
from suuupra.kernel.stores import Rate, Verdict

KEYS_MAX = 200_000
WINDOW_MAX = 1000


@dataclass
class Cell:
    """What is known of a key: the theoretical arrival time of a bucket, or the last arrivals of a window."""

    arrival_s: float = 0.0
    arrivals: deque[float] = field(default_factory=deque)


class ProcessLimits:
    """Implements the kernel's `Limits`; the clock's monotonic side counts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cells: OrderedDict[str, Cell] = OrderedDict()

    async def take(self, key: str, rate: Rate, cost: int = 1) -> Verdict:
        return self._ask(key, rate, cost, keep=True)

    async def peek(self, key: str, rate: Rate) -> Verdict:
        return self._ask(key, rate, 1, keep=False)

    async def forget(self, key: str) -> None:
        self._cells.pop(key, None)

    def _ask(self, key: str, rate: Rate, cost: int, *, keep: bool) -> Verdict:
        now = self._clock.monotonic()
        cell = self._cells.get(key) or Cell()
        ask = window if rate.window else bucket
        verdict = ask(cell, rate, now, cost, keep=keep)
        if keep:
            self._cells[key] = cell
            self._cells.move_to_end(key)
            while len(self._cells) > KEYS_MAX:
                self._cells.popitem(last=False)
        return verdict


def bucket(cell: Cell, rate: Rate, now: float, cost: int, *, keep: bool) -> Verdict:
    """GCRA (ATM Forum): allowed iff now >= TAT - (burst - cost) tau; then TAT = max(now, TAT) + cost tau."""
    tau = rate.period_s / rate.count
    burst = rate.burst or rate.count
    arrival = max(cell.arrival_s, now)
    wait_s = arrival - (burst - cost) * tau - now
    if wait_s > 0:
        return Verdict(
            allowed=False,
            remaining=max(0, int((now + burst * tau - arrival) / tau)),
            reset_s=arrival - now,
            retry_after_s=wait_s,
        )
    arrival += cost * tau
    if keep:
        cell.arrival_s = arrival
    return Verdict(
        allowed=True, remaining=int((now + burst * tau - arrival) / tau + 1e-9), reset_s=arrival - now
    )


def window(cell: Cell, rate: Rate, now: float, cost: int, *, keep: bool) -> Verdict:
    """Exactly `count` arrivals in any period: the n-th last must be older than the period."""
    if rate.count > WINDOW_MAX:
        raise ValueError(f"a window remembers at most {WINDOW_MAX} arrivals")
    arrivals = cell.arrivals
    while arrivals and arrivals[0] <= now - rate.period_s:
        arrivals.popleft()
    free = rate.count - len(arrivals)
    if cost > free:
        oldest = arrivals[min(cost - free, len(arrivals)) - 1] if arrivals else now
        wait_s = oldest + rate.period_s - now
        return Verdict(
            allowed=False,
            remaining=max(0, free),
            reset_s=arrivals[-1] + rate.period_s - now if arrivals else 0.0,
            retry_after_s=wait_s,
        )
    if keep:
        arrivals.extend([now] * cost)
    reset_s = arrivals[-1] + rate.period_s - now if arrivals else rate.period_s
    return Verdict(allowed=True, remaining=free - cost, reset_s=reset_s)
