"""How figures and times read."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.web import filters
from tests.covers import covers

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@covers("PORT-33")
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1,000"),
        (123456, "1,23,456"),
        (1234567, "12,34,567"),
        (-4200, "−4,200"),
    ],
)
def test_numbers_are_grouped_the_indian_way(value: int, text: str) -> None:
    assert filters.number(value) == text


@covers("PORT-33")
@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_grouping_loses_no_digit(value: int) -> None:
    assert int(filters.number(value).replace(",", "").replace("−", "-")) == value


@covers("PORT-33")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (filters.compact(999), "999"),
        (filters.compact(1234567), "12.3 L"),
        (filters.compact(296_00_000), "3 Cr"),
        (filters.percent(64), "64%"),
        (filters.share(0.973), "97.3%"),
        (filters.share(1), "100%"),
        (filters.rupees(179900), "₹1,799"),
        (filters.rupees(5), "₹0.05"),
        (filters.rupees(-161910), "−₹1,619.10"),
        (filters.clock(842), "14:02"),
        (filters.clock(3661), "1:01:01"),
        (filters.duration(22800), "6 h 20 min"),
        (filters.duration(3600), "1 h"),
        (filters.duration(59), "59 s"),
        (filters.duration(3599), "1 h"),
        (filters.size(999), "999 B"),
        (filters.size(8388608), "8.4 MB"),
        (filters.size(999_999), "1 MB"),
        (filters.plural(1, "lesson"), "1 lesson"),
        (filters.plural(0, "lesson"), "0 lessons"),
        (filters.plural(1204, "person", "people"), "1,204 people"),
    ],
)
def test_figures_read_as_people_say_them(text: str, expected: str) -> None:
    assert text == expected


@covers("PORT-33")
@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (-30, "just now"),
        (50, "1 minute ago"),
        (300, "5 minutes ago"),
        (-7200, "in 2 hours"),
        (86_400, "1 day ago"),
        (-172_800, "in 2 days"),
        (40 * 86_400, "1 month ago"),
        (800 * 86_400, "2 years ago"),
    ],
)
def test_distance_in_time_is_said_in_its_biggest_unit(seconds: int, text: str) -> None:
    assert filters.ago(NOW - timedelta(seconds=seconds), NOW) == text


@covers("PORT-33")
def test_a_moment_is_shown_on_the_viewers_own_calendar() -> None:
    late = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    assert filters.date(late, "Asia/Kolkata") == "25 Nov 2026"
    assert filters.moment(late, "America/New_York") == "24 Nov 2026, 15:00"
    assert filters.iso(late.astimezone()) == "2026-11-24T20:00:00Z"


@covers("PORT-33")
def test_a_time_without_a_zone_is_never_shown() -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"):
        filters.date(naive, "UTC")
