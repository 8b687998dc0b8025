"""People and courses for tests of content, in a house of its own database."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.services.content.classroom import Classroom


@pytest.fixture
async def room(start_house: Any) -> AsyncIterator[Classroom]:
    """A house with content in it, a teacher, a reviewer and two learners."""
    async with start_house("content") as house:
        yield Classroom(house)
