"""Fixtures for all: a database, a port, a browser; and lanes that run only when named."""

import gc
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from suuupra.kernel import logs
from tests import browser, lanes, outside, postgres

outside.stay_inside()
logs.configure(level="error")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "covers(*ids): the requirements this test proves")


def pytest_collection_finish() -> None:
    """What was imported stays until the end: the collector need not walk over it in every test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    asked = (Path(config.invocation_params.dir, argument.split("::")[0]) for argument in config.args)
    return True if lanes.is_left_out(collection_path, asked) else None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """The session's PostgreSQL; a test that kills one uses `tests.postgres.running_server`."""
    with postgres.running_server() as server:
        yield server


@pytest.fixture(scope="session")
async def database_url(postgres_server: postgres.Server) -> AsyncIterator[str]:
    """A migrated database shared by the session: leave no row behind (use a savepoint)."""
    name = await postgres.clone(postgres_server)
    yield postgres_server.url(name)
    await postgres.drop(postgres_server, name)


@pytest.fixture
async def fresh_database(postgres_server: postgres.Server) -> AsyncIterator[str]:
    """A migrated database of this test's own, for real commits, races and the relay; dropped afterwards."""
    name = await postgres.clone(postgres_server)
    yield postgres_server.url(name)
    await postgres.drop(postgres_server, name)


@pytest.fixture
async def empty_database(postgres_server: postgres.Server) -> AsyncIterator[str]:
    """A database without any schema, for migrations."""
    name = await postgres.clone(postgres_server, "template1")
    yield postgres_server.url(name)
    await postgres.drop(postgres_server, name)


@pytest.fixture
def free_port() -> int:
    """A port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser a session; open a context a test."""
    executable = browser.chromium_path()
    if executable is None:
        pytest.skip(f"no Chromium on this machine: {browser.REMEDY}")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=executable, args=browser.ARGUMENTS, env=dict(os.environ)
        )
        yield launched
        await launched.close()


@pytest.fixture
def start_house(fresh_database: str) -> Any:
    """A function that opens a house over a database of this test's own (see `tests.house`)."""
    from tests.house import starter

    return starter(fresh_database)
