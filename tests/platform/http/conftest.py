"""The small port in both bindings."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette

from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.ports import local
from suuupra.platform.http import RemotePorts, serve_port
from suuupra.platform.keys import FileKeys, Seals
from tests.platform.http.small import Librarian, Shelves
from tests.platform.serving import serving

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOON)


@pytest.fixture
def seals(tmp_path: Path, clock: FrozenClock) -> Seals:
    return Seals(FileKeys(tmp_path / "keys"), clock)


@pytest.fixture
def librarian() -> Librarian:
    return Librarian()


@pytest.fixture
async def address(librarian: Librarian, seals: Seals, tmp_path: Path) -> AsyncIterator[str]:
    """Where the small port is served, to the services `reader` and `teacher`."""
    routes = serve_port(Shelves, lambda: librarian, "library", seals, frozenset({"reader", "teacher"}))
    async with serving(Starlette(routes=routes), tmp_path / "library.sock") as where:
        yield where


@pytest.fixture
async def ports(seals: Seals) -> AsyncIterator[RemotePorts]:
    made = RemotePorts(seals)
    yield made
    await made.close()


@pytest.fixture(params=["local", "remote"])
def shelves(
    request: pytest.FixtureRequest, librarian: Librarian, address: str, ports: RemotePorts
) -> Shelves:
    """The port in each binding: callers cannot tell which they hold."""
    if request.param == "local":
        return local(Shelves, lambda: librarian, through_json=True)
    return ports.bind(Shelves, "library", address, "reader")
