"""Daily runs in every zone of the world for ten years; zones whose clocks agree all the time are one."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tests.covers import covers
from tests.platform.schedules.places import check_year

YEARS = range(2020, 2030)
STEP = timedelta(hours=6)


def different_zones() -> list[str]:
    """One of each group."""
    first, last = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[-1] + 1, 1, 5, tzinfo=UTC)
    moments = [first - 5 * 4 * STEP + STEP * n for n in range((last - first) // STEP + 40)]
    groups: dict[tuple[timedelta | None, ...], str] = {}
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        groups.setdefault(tuple(moment.astimezone(zone).utcoffset() for moment in moments), name)
    return sorted(groups.values())


@covers("PLT-3")
@pytest.mark.timeout(3600)
def test_every_zone() -> None:
    zones = different_zones()
    assert len(zones) > 80
    for zone in zones:
        for year in YEARS:
            check_year(zone, year)
