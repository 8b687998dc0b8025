"""When a schedule is due: cron in a time zone, or a fixed interval. Pure.

A wall time that a clock change skips runs at the next valid instant; one that comes twice runs the
first time only. Fields as in crontab(5): lists, ranges, steps and names; with both days restricted,
either will do.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from suuupra.kernel.jobs import Schedule

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
PART = re.compile(r"(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:/([1-9][0-9]*))?")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cron:
    """The five fields, as the values they allow; weekdays count from Sunday = 0."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    @classmethod
    def parse(cls, text: str) -> "Cron":
        """`ValueError` names the field that cannot be read."""
        fields = text.lower().split()
        if len(fields) != len(RANGES):
            raise ValueError(f"{text!r} must have five fields: minute, hour, day, month, weekday")
        minutes, hours, days, months, weekdays = (
            values(field, *bounds) for field, bounds in zip(fields, RANGES, strict=True)
        )
        return cls(
            tuple(sorted(minutes)),
            tuple(sorted(hours)),
            frozenset(days),
            frozenset(months),
            frozenset(weekday % 7 for weekday in weekdays),
            either_day=not fields[2].startswith("*") and not fields[4].startswith("*"),
        )

    def is_on(self, day: date) -> bool:
        """Whether anything is due on that day."""
        of_month = day.day in self.days
        of_week = day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and (
            (of_month or of_week) if self.either_day else of_month and of_week
        )

    def walls(self, first: date, last: date) -> Iterator[datetime]:
        """Wall times, without zone, from the first day to the last."""
        day = first
        while day <= last:
            if self.is_on(day):
                for hour in self.hours:
                    for minute in self.minutes:
                        yield datetime.combine(day, time(hour, minute))
            day += DAY


RANGES: Sequence[tuple[int, int, Sequence[str]]] = (
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, MONTHS),
    (0, 7, WEEKDAYS),
)


def values(field: str, low: int, high: int, names: Sequence[str]) -> set[int]:
    """All values that one field allows."""
    found: set[int] = set()
    for part in field.split(","):
        match = PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} cannot be read")
        start, end, step = match.groups()
        first = low if start == "*" else value(start, low, names)
        is_open = start == "*" or step is not None
        last = value(end, low, names) if end is not None else high if is_open else first
        if not low <= first <= last <= high:
            raise ValueError(f"{part!r} is outside {low}-{high}")
        found.update(range(first, last + 1, int(step or 1)))
    return found


def value(text: str, low: int, names: Sequence[str]) -> int:
    """A number, or a name's number."""
    if text in names:
        return names.index(text) + (1 if low == 1 else 0)
    if not text.isdigit():
        raise ValueError(f"{text!r} is neither a number nor a known name")
    return int(text)


def instant(wall: datetime, zone: tzinfo) -> datetime:
    """The UTC instant of a wall time: the first of two, or the end of the gap that swallows it."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first
    offset_after = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset_after:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


def slots(schedule: Schedule, after: datetime, until: datetime) -> list[datetime]:
    """Every instant in (after, until] at which the schedule is due, rising."""
    if schedule.every_s is not None:
        every = timedelta(seconds=schedule.every_s)
        first = (after - EPOCH) // every + 1
        return [EPOCH + every * turn for turn in range(first, (until - EPOCH) // every + 1)]
    if schedule.cron is None:
        raise ValueError("a schedule has either every_s or cron")
    zone = ZoneInfo(schedule.zone)
    walls = Cron.parse(schedule.cron).walls(
        after.astimezone(zone).date() - 2 * DAY, until.astimezone(zone).date() + DAY
    )
    return sorted({due for wall in walls if after < (due := instant(wall, zone)) <= until})
