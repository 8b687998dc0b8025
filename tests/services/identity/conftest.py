"""A house with identity in it: one for all who bring their own people, and one alone for the rest."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from suuupra.kernel.clock import FrozenClock
from tests import postgres
from tests.house import StandingHouse, StartHouse, standing_house
from tests.services.identity.people import Browser, browser

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
async def house(postgres_server: postgres.Server) -> AsyncIterator[StandingHouse]:
    """Shared: each test plays people of its own, from networks of their own."""
    name = await postgres.clone(postgres_server)
    async with standing_house(postgres_server.url(name), "identity") as standing:
        await standing.run_until_idle()
        yield standing
    await postgres.drop(postgres_server, name)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOON)


@pytest.fixture
async def still_house(start_house: StartHouse, clock: FrozenClock) -> AsyncIterator[StandingHouse]:
    """One of the test's own, with a clock that the test moves."""
    async with start_house("identity", clock=clock) as standing:
        await standing.run_until_idle()
        yield standing


@pytest.fixture
def meera(house: StandingHouse) -> Browser:
    return browser(house)
