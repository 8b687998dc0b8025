"""When schedules are due, by the clocks of real places: gaps, folds, names and bad words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.kernel.jobs import Schedule
from suuupra.platform.schedules.cron import Cron, instant, slots
from tests.covers import covers
from tests.platform.ground import Do
from tests.platform.schedules.places import DAY, changes, check_days, check_year

# One of each kind of change: by an hour, by half an hour, at midnight, over a whole day, none at all.
PLACES = (
    "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Asuncion", "Africa/Cairo",
    "Asia/Kolkata", "Pacific/Apia", "Antarctica/Troll", "America/Havana", "UTC",
)  # fmt: skip


WALLS = st.datetimes(datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2030-01-01"))


def local(zone: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type, misc]


def daily(cron: str, zone: str, misfire: str = "latest") -> Schedule:
    return Schedule(Do(), cron=cron, zone=zone, misfire=misfire)


@covers("PLT-3")
class TestClockChanges:
    def test_a_time_that_is_skipped_runs_at_the_next_valid_instant(self) -> None:
        night = slots(
            daily("30 2 * * *", "America/New_York"),
            local("America/New_York", 2026, 3, 7, 12),
            local("America/New_York", 2026, 3, 8, 12),
        )
        assert night == [datetime(2026, 3, 8, 7, 0, tzinfo=UTC)]

    def test_a_time_that_comes_twice_runs_the_first_time_only(self) -> None:
        night = slots(
            daily("30 1 * * *", "America/New_York"),
            local("America/New_York", 2026, 10, 31, 12),
            local("America/New_York", 2026, 11, 1, 12),
        )
        assert night == [datetime(2026, 11, 1, 5, 30, tzinfo=UTC)]

    def test_all_that_one_gap_swallows_is_one_run(self) -> None:
        night = slots(
            daily("*/10 2 * * *", "Europe/Berlin"),
            local("Europe/Berlin", 2026, 3, 28, 12),
            local("Europe/Berlin", 2026, 3, 29, 12),
        )
        assert night == [datetime(2026, 3, 29, 1, 0, tzinfo=UTC)]

    def test_a_day_that_a_place_left_out_runs_at_its_end(self) -> None:
        """Samoa had no 30 December 2011."""
        found = slots(
            daily("0 9 30 12 *", "Pacific/Apia"),
            datetime(2011, 12, 29, tzinfo=UTC),
            datetime(2012, 1, 2, tzinfo=UTC),
        )
        assert found == [datetime(2011, 12, 30, 10, 0, tzinfo=UTC)]

    @pytest.mark.parametrize("zone", PLACES)
    @pytest.mark.parametrize("year", [2011, 2026])
    def test_each_day_of_a_year_has_its_run(self, zone: str, year: int) -> None:
        check_year(zone, year)

    def test_each_zone_of_the_world_has_its_runs_around_each_change_of_its_clocks(self) -> None:
        checked = 0
        for zone in sorted(available_timezones()):
            for day in changes(zone, 2026):
                check_days(zone, day - DAY, day + DAY)
                checked += 1
        assert checked > 200

    @given(
        st.sampled_from(sorted(available_timezones())),
        WALLS,
    )
    def test_an_instant_is_the_first_whose_clock_shows_that_time_or_a_later_one(
        self, name: str, wall: datetime
    ) -> None:
        zone, wall = ZoneInfo(name), wall.replace(microsecond=0)
        due = instant(wall, zone)
        shown = due.astimezone(zone).replace(tzinfo=None)
        before = (due - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
        assert shown >= wall
        assert before < wall


@covers("PLT-3")
class TestFields:
    def found(self, cron: str, days: int = 1) -> list[str]:
        start = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)
        return [
            f"{due:%a %d %H:%M}" for due in slots(daily(cron, "UTC"), start, start + timedelta(days=days))
        ]

    def test_lists_ranges_and_steps(self) -> None:
        assert self.found("0,30 6-8 * * *") == [
            "Sat 21 06:00", "Sat 21 06:30", "Sat 21 07:00", "Sat 21 07:30", "Sat 21 08:00", "Sat 21 08:30",
        ]  # fmt: skip
        assert self.found("*/20 0 * * *") == ["Sat 21 00:00", "Sat 21 00:20", "Sat 21 00:40"]
        assert self.found("0 9-17/4 * * *") == ["Sat 21 09:00", "Sat 21 13:00", "Sat 21 17:00"]
        assert self.found("0 20/2 * * *") == ["Sat 21 20:00", "Sat 21 22:00"]

    def test_names_and_both_sundays(self) -> None:
        assert self.found("0 0 * nov sun", 8) == ["Sun 22 00:00"]
        assert self.found("0 0 * * 7", 8) == self.found("0 0 * * 0", 8) == ["Sun 22 00:00"]

    def test_where_both_days_are_given_either_will_do(self) -> None:
        assert self.found("0 0 25 * mon", 7) == ["Mon 23 00:00", "Wed 25 00:00"]

    @pytest.mark.parametrize(
        "cron",
        [
            "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8",
            "5-1 * * * *", "*/0 * * * *", "a * * * *", "1.5 * * * *", "-1 * * * *", "* * * * mon-",
            "1,,2 * * * *",
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_is_refused(self, cron: str) -> None:
        with pytest.raises(ValueError, match=r"five fields|cannot be read|outside|neither"):
            Cron.parse(cron)


@covers("PLT-3")
class TestIntervals:
    def test_they_stand_on_whole_multiples_whenever_the_house_was_started(self) -> None:
        start = datetime(2026, 11, 21, 12, 3, 20, tzinfo=UTC)
        found = slots(Schedule(Do(), every_s=600), start, start + timedelta(minutes=20))
        assert [f"{due:%H:%M:%S}" for due in found] == ["12:10:00", "12:20:00"]

    def test_a_slot_belongs_to_one_window_only(self) -> None:
        schedule = Schedule(Do(), every_s=60)
        middle = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
        before = slots(schedule, middle - timedelta(minutes=5), middle)
        after = slots(schedule, middle, middle + timedelta(minutes=5))
        assert len(before) == len(after) == 5
        assert not set(before) & set(after)

    def test_a_schedule_without_a_time_is_our_mistake(self) -> None:
        with pytest.raises(ValueError, match="every_s or cron"):
            slots(Schedule(Do()), datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
