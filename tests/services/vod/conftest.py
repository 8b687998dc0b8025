"""A cinema: vod in a house of its own, with a doorman and lessons instead of the services above it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from suuupra.app import registry
from suuupra.kernel.clock import FrozenClock
from suuupra.platform.postgres import migrate
from suuupra.services.vod.module import MANIFEST
from suuupra.services.vod.tables import Base
from tests.services.vod.cinema import Cinema
from tests.services.vod.doorman import Doorman, Lessons, doorman_manifest, lessons_manifest

OpenCinema = Callable[..., AbstractAsyncContextManager[Cinema]]
SMALL_DISK = {"vod_reserve_bytes": "0", "vod_reserve_percent": "0"}


@pytest.fixture
def open_cinema(start_house: Any, fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> OpenCinema:
    """`async with open_cinema(vod_uploads_max="1", is_frozen=True) as cinema`."""

    @asynccontextmanager
    async def opened(
        *, is_frozen: bool = False, binding: str = "local", **settings: str
    ) -> AsyncIterator[Cinema]:
        doorman, lessons = Doorman(), Lessons()
        present = registry.manifests()
        if MANIFEST not in present:
            present = (*present, MANIFEST)
            await migrate(fresh_database, {"vod": (registry.SERVICES / "vod" / "migrations", Base.metadata)})
        neighbours = (doorman_manifest(doorman), lessons_manifest(lessons))
        monkeypatch.setattr(registry, "manifests", lambda: (*present, *neighbours))
        monkeypatch.setattr(registry, "stand_ins", dict)
        clock = FrozenClock(datetime(2026, 11, 21, 9, 0, tzinfo=UTC)) if is_frozen else None
        names = (MANIFEST.name, "doorman", "lessons")
        options = SMALL_DISK | settings | ({"clock": clock} if clock else {})
        async with start_house(*names, binding=binding, **options) as house:
            yield Cinema(house, doorman, lessons, clock)
        monkeypatch.undo()

    return opened


@pytest.fixture
async def cinema(open_cinema: OpenCinema) -> AsyncIterator[Cinema]:
    """Open, with the machine's clock."""
    async with open_cinema() as found:
        yield found
