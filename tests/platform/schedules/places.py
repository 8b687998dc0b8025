"""A second opinion on daily runs, from nothing but what clocks show each quarter of an hour."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from suuupra.kernel.jobs import Schedule
from suuupra.platform.schedules.cron import slots
from tests.platform.ground import Do

QUARTER = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
TIMES = (time(0, 0), time(0, 30), time(1, 30), time(2, 15), time(2, 30), time(3, 0), time(23, 45))


def shown(zone: ZoneInfo, first: date, last: date) -> list[tuple[datetime, datetime]]:
    """(instant, wall) of each quarter of an hour from well before the first day to well after the last."""
    moment = datetime.combine(first - 2 * DAY, time(), UTC)
    end = datetime.combine(last + 3 * DAY, time(), UTC)
    found = []
    while moment < end:
        found.append((moment, moment.astimezone(zone).replace(tzinfo=None)))
        moment += QUARTER
    return found


def check_days(name: str, first: date, last: date) -> None:
    """Each wanted time of each day runs at the first quarter whose clock shows it or has passed it."""
    zone = ZoneInfo(name)
    clock = shown(zone, first, last)
    for wanted in TIMES:
        expected = []
        quarters = iter(clock)
        moment, wall = next(quarters)
        day = first
        while day <= last:
            while wall < datetime.combine(day, wanted):
                moment, now = next(quarters)
                wall = max(wall, now)
            expected.append(to_the_minute(moment, datetime.combine(day, wanted), zone))
            day += DAY
        schedule = Schedule(Do(), cron=f"{wanted.minute} {wanted.hour} * * *", zone=name)
        found = slots(schedule, expected[0] - QUARTER, expected[-1])
        assert found == sorted(set(expected)), (name, first, wanted)


def to_the_minute(moment: datetime, wanted: datetime, zone: ZoneInfo) -> datetime:
    """Clocks are not always changed at a quarter: the first minute before this one that fits too."""
    while (moment - MINUTE).astimezone(zone).replace(tzinfo=None) >= wanted:
        moment -= MINUTE
    return moment


def check_year(name: str, year: int) -> None:
    check_days(name, date(year, 1, 1), date(year, 12, 31))


def changes(name: str, year: int) -> Iterator[date]:
    """Days on which a zone's clocks are changed."""
    zone, day = ZoneInfo(name), date(year, 1, 1)
    before = None
    while day.year == year:
        offset = datetime.combine(day, time(), zone).utcoffset()
        if before is not None and offset != before:
            yield day - DAY
        before, day = offset, day + DAY
