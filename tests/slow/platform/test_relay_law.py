"""The relay's law over many more schedules than the suite has time for."""

import pytest
from hypothesis import HealthCheck, given, settings

from tests.covers import covers
from tests.platform.events.schedule import ACTIONS, Schedule, hold_the_law, schedule, writers

__all__ = ["schedule", "writers"]


@covers("PLT-2", "PLT-17")
@pytest.mark.timeout(600)
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
async def test_random_schedules(schedule: Schedule, actions: list[tuple[str, int, int]]) -> None:
    await hold_the_law(schedule, actions)
