"""A PostgreSQL as in production (fsync on) with the sample service of the tests, to be measured."""

import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable

import uvloop

from suuupra.kernel import logs
from suuupra.platform.postgres import migrate
from tests import postgres
from tests.platform.ground import SCHEMAS, Ground, standing

AS_IN_PRODUCTION = {
    "shared_buffers": "128MB",
    "max_connections": "80",
    "jit": "off",
    "wal_level": "replica",
    "timezone": "UTC",
    "listen_addresses": "",
}


@contextlib.asynccontextmanager
async def measured(server: postgres.Server, *, size: int = 8, overflow: int = 16) -> AsyncIterator[Ground]:
    """A database of its own."""
    name = await postgres.clone(server, "template1")
    await migrate(server.url(name), SCHEMAS)
    async with standing(server.url(name), size=size, overflow=overflow, statement_timeout_s=60) as ground:
        yield ground
    await postgres.drop(server, name)


def run(main: Callable[[Ground], Awaitable[bool]]) -> int:
    """Run one benchmark; 0 where its bars are held."""
    logs.configure(level="error")
    postgres.SETTINGS.clear()
    postgres.SETTINGS.update(AS_IN_PRODUCTION)

    async def go(server: postgres.Server) -> bool:
        async with measured(server) as ground:
            return await main(ground)

    with postgres.running_server() as server:
        held = uvloop.run(go(server))
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return 0 if held else 1


def verdict(claim: str, value: float, bar: float, *, at_most: bool = True, unit: str = "") -> bool:
    """Print one figure beside its bar."""
    held = value <= bar if at_most else value >= bar
    sign = "<=" if at_most else ">="
    print(f"{'ok  ' if held else 'MISS'} {claim}: {value:,.2f}{unit} (bar {sign} {bar:,.2f}{unit})")
    return held
