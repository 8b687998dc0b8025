"""One house for a module of tests, with its owner in it; whoever changes people makes their own."""

from collections.abc import AsyncIterator

import pytest

from tests import postgres
from tests.house import StandingHouse, standing_house
from tests.services.admin.staff import Seat, member, owner


@pytest.fixture(scope="module")
async def house(postgres_server: postgres.Server) -> AsyncIterator[StandingHouse]:
    name = await postgres.clone(postgres_server)
    async with standing_house(postgres_server.url(name), "admin", "content") as standing:
        await standing.run_until_idle()
        yield standing
    await postgres.drop(postgres_server, name)


@pytest.fixture(scope="module")
async def boss(house: StandingHouse) -> Seat:
    """The owner."""
    return await owner(house)


@pytest.fixture(scope="module")
async def asha(house: StandingHouse) -> Seat:
    """Somebody without any role."""
    return await member(house, "Asha Rao")
