"""A cinema: vod in a house of its own, with a doorman and lessons instead of the services above it.

One house serves most tests of a session: each brings people of its own, and its clock moves on by an hour
between them. What needs settings, a disk or a process of its own opens another one.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from suuupra.app import registry
from suuupra.kernel.clock import FrozenClock
from tests import postgres
from tests.house import standing_house
from tests.services.vod.cinema import Cinema
from tests.services.vod.doorman import Doorman, Lessons, doorman_manifest, lessons_manifest

OpenCinema = Callable[..., AbstractAsyncContextManager[Cinema]]
SMALL_DISK = {"vod_reserve_bytes": "0", "vod_reserve_percent": "0"}
NAMES = ("vod", "doorman", "lessons")
HOUR_S = 3600


@asynccontextmanager
async def opened(dsn: str, *, clock: FrozenClock | None = None, **options: Any) -> AsyncIterator[Cinema]:
    """Vod and its two neighbours over a database."""
    doorman, lessons = Doorman(), Lessons()
    neighbours = (doorman_manifest(doorman), lessons_manifest(lessons))
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            present = registry.manifests()
            patch.setattr(registry, "manifests", lambda: (*present, *neighbours))
            patch.setattr(registry, "stand_ins", dict)
            house = standing_house(dsn, *NAMES, clock=clock, **(SMALL_DISK | options))
            standing = await stack.enter_async_context(house)
        yield Cinema(standing, doorman, lessons, clock or FrozenClock(datetime.now(UTC)))  # noqa: TID251 - unused


@pytest.fixture
def open_cinema(fresh_database: str) -> OpenCinema:
    """Open one with settings, over a database of this test's own, with the machine's clock."""

    @asynccontextmanager
    async def enter(**options: Any) -> AsyncIterator[Cinema]:
        async with opened(fresh_database, **options) as found:
            yield found

    return enter


@pytest.fixture(scope="session")
async def theatre(postgres_server: postgres.Server) -> AsyncIterator[Cinema]:
    """The house that tests share, with one film in it."""
    name = await postgres.clone(postgres_server)
    clock = FrozenClock(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))
    async with opened(postgres_server.url(name), clock=clock) as made:
        made.film = await made.ready("two-rungs.mp4")
        yield made
    await postgres.drop(postgres_server, name)


@pytest.fixture
async def cinema(theatre: Cinema) -> AsyncIterator[Cinema]:
    """The shared house, with people nobody has seen before; an hour later."""
    theatre.clock.advance(HOUR_S)
    theatre.lessons.reset()
    found = Cinema(theatre.house, theatre.doorman, theatre.lessons, theatre.clock)
    yield found
    await found.leave()


@pytest.fixture
def screening(theatre: Cinema, cinema: Cinema) -> Cinema:
    """The same, where the film is shown: the teacher owns it."""
    return replace(cinema, teacher=theatre.teacher, film=theatre.film, tickets=cinema.tickets)
