"""Laws of watch time: what was seen is a set, and nobody sees more than the clock allows."""

import itertools
from collections.abc import Iterable
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from suuupra.services.vod.rules.watching import (
    GRACE_MS,
    SPEED_MAX,
    TOLERANCE,
    Purse,
    beginning,
    is_completed,
    length_ms,
    merged,
    resume_at,
    within,
)
from tests.covers import covers

Intervals = list[tuple[int, int]]
Beats = list[tuple[float, float, Intervals]]
MOMENTS = st.integers(-50, 900)
INTERVALS = st.lists(st.tuples(MOMENTS, MOMENTS), max_size=12)
BEATS = st.lists(st.tuples(st.floats(0, 60), st.floats(0.25, 4), INTERVALS), max_size=12)

LAW = settings(deadline=None)


def moments(intervals: Iterable[tuple[int, int]]) -> set[int]:
    return set(itertools.chain.from_iterable(range(start, end) for start, end in intervals))


@covers("VOD-21")
@LAW
@given(INTERVALS, st.randoms())
def test_neither_order_nor_repetition_of_intervals_matters(intervals: Intervals, random: Random) -> None:
    shuffled = intervals + intervals[:3]
    random.shuffle(shuffled)
    assert merged(shuffled) == merged(intervals)
    assert moments(merged(intervals)) == moments(intervals)


@covers("VOD-21")
@LAW
@given(INTERVALS)
def test_merged_intervals_are_disjoint_and_in_order(intervals: Intervals) -> None:
    found = merged(intervals)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(found))
    assert all(start < end for start, end in found)
    assert merged(found) == found
    assert length_ms(found) == len(moments(found))


@covers("VOD-21")
@LAW
@given(INTERVALS, st.integers(1, 800))
def test_nothing_outside_the_medium_counts(intervals: Intervals, duration_ms: int) -> None:
    assert moments(within(intervals, duration_ms)) == moments(intervals) & set(range(duration_ms))


@covers("VOD-21")
@LAW
@given(INTERVALS, st.integers(0, 1_000))
def test_a_beginning_is_as_long_as_allowed(intervals: Intervals, allowed_ms: int) -> None:
    whole = merged(intervals)
    kept = beginning(whole, allowed_ms)
    assert moments(kept) <= moments(whole)
    assert length_ms(kept) == min(allowed_ms, length_ms(whole))


@covers("VOD-21")
@LAW
@given(BEATS)
def test_nobody_is_credited_more_than_wall_times_speed_and_a_grace(beats: Beats) -> None:
    purse, ceiling_ms = Purse(), float(GRACE_MS)
    for wall_s, speed, claimed in beats:
        ceiling_ms += wall_s * min(speed, SPEED_MAX) * TOLERANCE * 1000
        purse, accepted = purse.after(wall_s, speed).credit(claimed, 20_000)
        assert moments(accepted) <= moments(claimed)
        assert purse.credited_ms <= ceiling_ms


@covers("VOD-21")
def test_an_honest_viewer_loses_nothing() -> None:
    purse = Purse()
    seen: Intervals = []
    for start in range(0, 60_000, 10_000):
        purse, accepted = purse.after(10.0, 1.0).credit([(start, start + 10_000)], 60_000)
        seen += accepted
    assert merged(seen) == ((0, 60_000),)
    assert is_completed(merged(seen), 60_000)


@covers("VOD-21")
def test_a_forged_hour_is_credited_with_what_the_clock_allows() -> None:
    purse, accepted = Purse().after(10.0, 100.0).credit([(0, 3_600_000)], 3_600_000)
    assert length_ms(accepted) == GRACE_MS + 22_000
    assert purse.credit([(1_000_000, 2_000_000)], 3_600_000)[1] == ()


@covers("VOD-21")
def test_who_was_all_but_at_the_end_starts_anew() -> None:
    assert (resume_at(30_000, 60_000), resume_at(59_000, 60_000), resume_at(-1, 60_000)) == (30_000, 0, 0)
