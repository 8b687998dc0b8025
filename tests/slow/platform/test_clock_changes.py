"""Daily runs in every zone of the world for ten years."""

from zoneinfo import available_timezones

import pytest

from tests.covers import covers
from tests.platform.schedules.places import check_year


@covers("PLT-3")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("year", range(2020, 2030))
def test_every_zone(year: int) -> None:
    for zone in sorted(available_timezones()):
        check_year(zone, year)
