"""How far the relay has looked: a high-water mark, and the ids below it that were not there yet.

Pure arithmetic, so that its law can be tried on thousands of schedules.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

GAP_KEPT_S = 60.0


@dataclass(frozen=True)
class Snapshot:
    """Below `xmin` every transaction has ended; from `xmax` on none had begun."""

    xmin: int
    xmax: int


@dataclass(frozen=True)
class Gap:
    """When an id was found missing, and the `xmax` of that moment."""

    noticed_s: float
    xmax: int

    def is_closed(self, snapshot: Snapshot, now_s: float) -> bool:
        """Whoever drew the id has ended: it was rolled back. The minute covers one that had no xid yet."""
        return snapshot.xmin >= self.xmax and now_s - self.noticed_s >= GAP_KEPT_S


@dataclass
class Marks:
    """Every id up to `high` was moved, is one of `gaps`, or will never come."""

    high: int = 0
    gaps: dict[int, Gap] = field(default_factory=dict)

    @classmethod
    def restored(cls, high: int, gaps: Iterable[int]) -> "Marks":
        """From what the last relay left; who drew those ids is not known, so they are kept a minute."""
        return cls(high, {gap: Gap(float("inf"), 0) for gap in gaps})

    def saw(self, ids: Sequence[int], snapshot: Snapshot, now_s: float) -> None:
        """Account for what one look found: rising ids, all that one snapshot showed from the marks on."""
        for filled in self.gaps.keys() & set(ids):
            del self.gaps[filled]
        for missing, gap in list(self.gaps.items()):
            if gap.noticed_s > now_s:
                self.gaps[missing] = Gap(now_s, snapshot.xmax)
            elif gap.is_closed(snapshot, now_s):
                del self.gaps[missing]
        for found in ids:
            if found > self.high:
                for missing in range(self.high + 1, found):
                    self.gaps[missing] = Gap(now_s, snapshot.xmax)
                self.high = found
