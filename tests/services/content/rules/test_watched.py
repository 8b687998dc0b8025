from datetime import UTC, datetime, timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from suuupra.services.content.rules import watched
from tests.covers import covers

EDGE = st.integers(min_value=0, max_value=200)
RANGES = st.lists(st.tuples(EDGE, EDGE), max_size=12)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def seconds(ranges: watched.Multirange) -> set[int]:
    return {at for start, end in ranges for at in range(start, end)}


@covers("CON-18")
@given(RANGES, RANGES)
def test_union_does_not_care_who_comes_first(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    assert watched.union(one, other) == watched.union(other, one)


@covers("CON-18")
@given(RANGES, RANGES, RANGES)
def test_union_does_not_care_how_it_is_grouped(
    one: list[tuple[int, int]], two: list[tuple[int, int]], three: list[tuple[int, int]]
) -> None:
    left = watched.union(watched.union(one, two), three)
    assert left == watched.union(one, watched.union(two, three))


@covers("CON-18")
@given(RANGES)
def test_what_comes_twice_changes_nothing(ranges: list[tuple[int, int]]) -> None:
    once = watched.union(ranges)
    assert watched.union(once, once, ranges) == once


@covers("CON-18")
@given(RANGES, RANGES)
def test_union_and_difference_hold_exactly_the_right_milliseconds(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    first, second = watched.union(one), watched.union(other)
    assert seconds(watched.union(first, second)) == seconds(first) | seconds(second)
    assert seconds(watched.minus(first, second)) == seconds(first) - seconds(second)
    assert watched.covered_ms(first) == len(seconds(first))


@covers("CON-18")
@given(st.lists(RANGES, max_size=6), st.randoms(use_true_random=False))
def test_any_schedule_of_beats_ends_in_the_same_place(
    beats: list[list[tuple[int, int]]], chance: object
) -> None:
    shuffled = list(beats) + beats[:2]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    start: watched.Multirange = ()
    assert reduce(watched.union, shuffled, start) == reduce(watched.union, beats, start)


@covers("CON-18")
def test_a_video_is_done_at_nine_tenths_of_its_distinct_time() -> None:
    assert not watched.is_watched([(0, 899)], 1000)
    assert watched.is_watched([(0, 900)], 1000)
    assert not watched.is_watched([(0, 500)] * 3, 1000), "the same half three times is a half"
    assert not watched.is_watched([(0, 10_000)], 0), "a length that is not known proves nothing"


@covers("CON-18")
def test_an_article_is_done_when_time_enough_passed_before_its_end() -> None:
    words = 480
    assert watched.reading_s(words) == 120
    assert not watched.is_read(words, NOW, NOW + timedelta(seconds=47))
    assert watched.is_read(words, NOW, NOW + timedelta(seconds=48))


@covers("CON-18")
def test_ten_hours_in_two_minutes_are_not_credited() -> None:
    credited, excess = watched.credit([(0, 36_000_000)], (), watched.allowance_ms(120))
    assert watched.covered_ms(credited) == int(120 * 2.2 * 1000) + 30_000
    assert watched.covered_ms(credited) + watched.covered_ms(excess) == 36_000_000


@covers("CON-18")
@given(RANGES, RANGES, st.integers(-5, 200))
def test_a_claim_is_split_without_loss(
    claim: list[tuple[int, int]], known: list[tuple[int, int]], left: int
) -> None:
    before = watched.union(known)
    credited, excess = watched.credit(claim, before, left)
    assert watched.union(credited, excess) == watched.minus(watched.union(claim), before)
    assert not seconds(credited) & seconds(excess)


@covers("CON-18")
def test_a_clock_years_ahead_is_cut_at_five_minutes() -> None:
    assert watched.clamped(NOW + timedelta(days=900), NOW) == NOW + timedelta(minutes=5)
    assert watched.clamped(NOW - timedelta(days=3), NOW) == NOW - timedelta(days=3)


@covers("CON-18")
@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abc"), st.integers(0, 99)), min_size=1), st.data()
)
def test_the_last_writer_is_the_same_in_every_order(
    acts: list[tuple[int, str, int]], data: st.DataObject
) -> None:
    marks = [watched.Mark(NOW + timedelta(seconds=at), device, value) for at, device, value in acts]
    shuffled = data.draw(st.permutations(marks))

    def last(order: list[watched.Mark]) -> watched.Mark | None:
        found: watched.Mark | None = None
        for mark in order:
            found = watched.latest(found, mark)
        return found

    assert last(marks) == last(list(shuffled)) == max(marks)
