"""Watch time: intervals of the medium in ms, half open; merged, cut to the medium, credited by the clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Interval = tuple[int, int]

SPEED_MAX = 2.0  # what the player offers; a greater claim counts as this
TOLERANCE = 1.1
GRACE_MS = 5_000
COMPLETED_SHARE = 0.9
NEAR_END_SHARE = 0.97


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same moments as disjoint intervals in order. Neither order nor repetition of the input matters."""
    found: list[Interval] = []
    for start, end in sorted(intervals):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def length_ms(intervals: Iterable[Interval]) -> int:
    """Of disjoint intervals."""
    return sum(end - start for start, end in intervals)


def within(intervals: Iterable[Interval], duration_ms: int) -> tuple[Interval, ...]:
    """What of them lies in the medium, merged."""
    return merged((max(0, start), min(end, duration_ms)) for start, end in intervals)


def beginning(intervals: Sequence[Interval], allowed_ms: int) -> tuple[Interval, ...]:
    """The first `allowed_ms` of disjoint, ordered intervals."""
    kept: list[Interval] = []
    for start, end in intervals:
        if allowed_ms <= 0:
            break
        kept.append((start, min(end, start + allowed_ms)))
        allowed_ms -= kept[-1][1] - start
    return tuple(kept)


@dataclass(frozen=True)
class Purse:
    """Media time that the server's clock allowed a session so far, and what of it was credited, in ms."""

    earned_ms: int = GRACE_MS
    credited_ms: int = 0

    def after(self, wall_s: float, speed: float) -> "Purse":
        """Time passed: `wall x speed x 1.1`."""
        gained = max(0.0, wall_s) * min(speed, SPEED_MAX) * TOLERANCE * 1000
        return Purse(self.earned_ms + int(gained), self.credited_ms)

    def credit(self, claimed: Iterable[Interval], duration_ms: int) -> "tuple[Purse, tuple[Interval, ...]]":
        """What is accepted of a claim, and the purse afterwards; the rest is refused."""
        wanted = within(claimed, duration_ms)
        accepted = beginning(wanted, self.earned_ms - self.credited_ms)
        return Purse(self.earned_ms, self.credited_ms + length_ms(accepted)), accepted


def is_completed(seen: Sequence[Interval], duration_ms: int) -> bool:
    """At least 90 % of the medium."""
    return duration_ms > 0 and length_ms(seen) >= duration_ms * COMPLETED_SHARE


def resume_at(position_ms: int, duration_ms: int) -> int:
    """Where to start again: the beginning once the end was all but reached."""
    if position_ms < 0 or position_ms >= duration_ms * NEAR_END_SHARE:
        return 0
    return position_ms
