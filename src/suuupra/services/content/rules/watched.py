"""What was watched, as sets of half-open intervals in milliseconds, and when a lesson counts as done.

A multirange is kept normal: sorted, disjoint, not touching, nothing empty. Union is commutative,
associative and idempotent, so that acts may come in any order and any number of times.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

Interval = tuple[int, int]
Multirange = tuple[Interval, ...]

VIDEO_SHARE_PERMILLE = 900
READING_WORDS_PER_MINUTE = 240
READING_SHARE = 0.4
CLAIM_SPEED = 2.2
CLAIM_SLACK_S = 30
CLOCK_SLACK = timedelta(minutes=5)


def union(*ranges: Iterable[Interval]) -> Multirange:
    """All of them together, normal."""
    found: list[list[int]] = []
    for start, end in sorted((start, end) for group in ranges for start, end in group if start < end):
        if found and start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([start, end])
    return tuple((start, end) for start, end in found)


def covered_ms(ranges: Iterable[Interval]) -> int:
    """Distinct time in a normal multirange."""
    return sum(end - start for start, end in ranges)


def within(ranges: Iterable[Interval], duration_ms: int) -> Multirange:
    """Cut to the length of the video; a length of 0 is not known yet and cuts nothing."""
    if duration_ms <= 0:
        return union((max(0, start), end) for start, end in ranges)
    return union((max(0, start), min(end, duration_ms)) for start, end in ranges)


def share_permille(ranges: Iterable[Interval], duration_ms: int) -> int:
    """Watched share, 0 to 1000; 0 while the length is not known."""
    if duration_ms <= 0:
        return 0
    return min(1000, covered_ms(within(ranges, duration_ms)) * 1000 // duration_ms)


def is_watched(ranges: Iterable[Interval], duration_ms: int) -> bool:
    """Nine tenths of the distinct time of a video."""
    return share_permille(ranges, duration_ms) >= VIDEO_SHARE_PERMILLE


def reading_s(words: int) -> int:
    """How long an article takes a steady reader."""
    return round(words * 60 / READING_WORDS_PER_MINUTE)


def is_read(words: int, opened_at: datetime, ended_at: datetime) -> bool:
    """Its end was reached, no faster than two fifths of a steady reader's time."""
    return (ended_at - opened_at).total_seconds() >= reading_s(words) * READING_SHARE


def allowance_ms(elapsed_s: float) -> int:
    """New time that a claim may bring: 2.2 times the time that passed on the server, plus 30 s."""
    return int(max(0.0, elapsed_s) * CLAIM_SPEED * 1000) + CLAIM_SLACK_S * 1000


def credit(claimed: Sequence[Interval], known: Multirange, left: int) -> tuple[Multirange, Multirange]:
    """Split a device's claim into what the `left` milliseconds allow and the excess.

    What was known before is free; the allowance is spent from the earliest second on.
    """
    left = max(0, left)
    credited: list[Interval] = []
    excess: list[Interval] = []
    for start, end in minus(union(claimed), known):
        took = min(left, end - start)
        left -= took
        credited.append((start, start + took))
        excess.append((start + took, end))
    return union(credited), union(excess)


def minus(ranges: Multirange, other: Multirange) -> Multirange:
    """What is in the first and not in the second, both normal."""
    found: list[Interval] = []
    for start, end in ranges:
        at = start
        for cut_start, cut_end in other:
            if cut_end <= at or cut_start >= end:
                continue
            if cut_start > at:
                found.append((at, cut_start))
            at = max(at, cut_end)
        if at < end:
            found.append((at, end))
    return union(found)


def clamped(client_at: datetime, received_at: datetime) -> datetime:
    """A device's clock, cut at five minutes past receipt."""
    return min(client_at, received_at + CLOCK_SLACK)


@dataclass(frozen=True, order=True)
class Mark:
    """A place or a tick with when and where it was made; of two, the greater wins on every machine."""

    at: datetime
    device: str
    value: int


def latest(first: Mark | None, second: Mark) -> Mark:
    """The last writer by (clock, device)."""
    return second if first is None else max(first, second)


def permille_of(done: int, total: int) -> int:
    """Progress of a course; 1000 only when every lesson is done."""
    return done * 1000 // total if total else 0
