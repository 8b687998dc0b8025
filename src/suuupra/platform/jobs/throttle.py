"""Learners first: heavy work holds still while pages are slow, at most half of each minute. Pure."""

from collections import deque
from dataclasses import dataclass, field

HEAVY = frozenset({"bulk", "encode"})
WINDOW_S = 60.0
HELD_MAX_S = 30.0


@dataclass
class Throttle:
    """Fed with the pages' p95 now and then; says whether heavy work may run at a monotonic second."""

    limit_s: float = 0.3
    is_slow: bool = False
    _held: deque[tuple[float, float]] = field(default_factory=deque)
    _asked_at: float | None = None

    def measured(self, page_p95_s: float) -> None:
        """The newest p95 of the pages, in seconds; 0 where none were drawn."""
        self.is_slow = page_p95_s > self.limit_s

    def holds(self, now: float) -> bool:
        """Whether heavy work holds still now. Ask at least each second: what is held is counted by asking."""
        while self._held and self._held[0][1] <= now - WINDOW_S:
            self._held.popleft()
        if not self.is_slow or self._spent(now) >= HELD_MAX_S:
            self._asked_at = None
            return False
        if self._asked_at is not None:
            self._held.append((self._asked_at, now))
        self._asked_at = now
        return True

    def _spent(self, now: float) -> float:
        return sum(end - max(start, now - WINDOW_S) for start, end in self._held)
