"""How far the relay has looked: a high-water mark, and the ids below it that were not there yet.

Pure arithmetic, so that its law can be tried on thousands of schedules.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

GAP_KEPT_S = 60.0


@dataclass(frozen=True)
class Gap:
    """When an id was found missing, and the transaction that moved what was found above it."""

    noticed_s: float
    mover: int

    def is_closed(self, xmin: int, now_s: float) -> bool:
        """Whoever drew the id has ended without it: it was rolled back.

        They drew it before the mover got its xid, so theirs is lower, and below `xmin` every transaction has
        ended. (The `xmax` of the look will not do: it is one more than the last xid that *ended*, and whoever
        drew the id may be younger than that.) The minute covers one that had no xid yet.
        """
        return xmin >= self.mover and now_s - self.noticed_s >= GAP_KEPT_S


@dataclass
class Marks:
    """Every id up to `high` was moved, is one of `gaps`, or will never come."""

    high: int = 0
    gaps: dict[int, Gap] = field(default_factory=dict)

    @classmethod
    def restored(cls, high: int, gaps: Iterable[int]) -> "Marks":
        """From what the last relay left; who drew those ids is not known, so they are kept a minute."""
        return cls(high, {gap: Gap(float("inf"), 0) for gap in gaps})

    def saw(self, ids: Sequence[int], xmin: int, mover: int | None, now_s: float) -> None:
        """Account for what one look found: rising ids, all that one snapshot showed from the marks on.

        `xmin` is the snapshot's, `mover` the transaction that moved these ids; None where there were none.
        """
        for filled in self.gaps.keys() & set(ids):
            del self.gaps[filled]
        for missing, gap in list(self.gaps.items()):
            if gap.noticed_s <= now_s and gap.is_closed(xmin, now_s):
                del self.gaps[missing]
            elif gap.noticed_s > now_s and mover is not None:
                self.gaps[missing] = Gap(now_s, mover)
        for found in ids:
            if found > self.high and mover is not None:
                self.gaps.update({missing: Gap(now_s, mover) for missing in range(self.high + 1, found)})
                self.high = found
