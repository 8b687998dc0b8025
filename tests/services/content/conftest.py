"""People and courses for tests of content: a house a test, and one that all pages share."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from suuupra.kernel.clock import FrozenClock
from tests import postgres
from tests.house import StandingHouse, StartHouse, standing_house
from tests.services.content.academy import Academy
from tests.services.content.classroom import Classroom
from tests.services.identity.people import browser, staff_member

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
async def school(postgres_server: postgres.Server) -> AsyncIterator[StandingHouse]:
    """A house with content in it, shared: tests bring their own people and courses."""
    name = await postgres.clone(postgres_server)
    async with standing_house(postgres_server.url(name), "content") as house:
        await house.run_until_idle()
        yield house
    await postgres.drop(postgres_server, name)


@pytest.fixture
def room(school: StandingHouse) -> Classroom:
    """A teacher, a reviewer and two learners who need no account."""
    return Classroom(school)


@pytest.fixture
async def own_room(start_house: StartHouse) -> AsyncIterator[Classroom]:
    """The same in a house of the test's own, for what counts everything or stands still in time."""
    async with start_house("content", clock=FrozenClock(NOON)) as house:
        await house.run_until_idle()
        yield Classroom(house)


@pytest.fixture(scope="session")
async def academy(postgres_server: postgres.Server) -> AsyncIterator[Academy]:
    """A house whose people have accounts, cookies and browsers; tests bring courses of their own."""
    name = await postgres.clone(postgres_server)
    async with standing_house(postgres_server.url(name), "content") as house:
        await house.run_until_idle()
        teacher, teacher_id = await staff_member(house, "teacher")
        reviewer, reviewer_id = await staff_member(house, "moderator")
        learner = browser(house)
        learner_id = await learner.join()
        other, other_id = await staff_member(house, "teacher")
        people = {"teacher": teacher, "reviewer": reviewer, "learner": learner, "other": other}
        ids = {"teacher": teacher_id, "reviewer": reviewer_id, "learner": learner_id, "other": other_id}
        yield Academy(house, people, ids)
    await postgres.drop(postgres_server, name)
