"""Which processes of the house are alive: each says so in a row, every other one can read it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version

import asyncpg

from suuupra.kernel.problems import Unavailable
from suuupra.platform.connections.failures import CONNECTION_LOST
from suuupra.platform.connections.pool import uninterrupted
from suuupra.platform.postgres import Database

BEAT_S = 2.0
DEAD_AFTER_S = 6.0
AWAY = (*CONNECTION_LOST, asyncpg.PostgresError, Unavailable)

BEAT = """
insert into kernel.instance (slot, service, address, version)
select $1, unnest($2::text[]), $3, $4
on conflict (slot, service) do update
set address = excluded.address, version = excluded.version, seen_at = now(), state = 'ready'
"""
LEAVE = "update kernel.instance set state = 'gone', seen_at = now() where slot = $1"
ALIVE = """
select slot, service, address, version from kernel.instance
where state = 'ready' and seen_at > now() - make_interval(secs => $1) order by service, slot
"""


@dataclass(frozen=True)
class Instance:
    """One service in one process; `address` is empty where nobody else may call it."""

    slot: str
    service: str
    address: str
    version: str


class Instances:
    """The heartbeat of this process, and who else beats."""

    def __init__(self, database: Database, slot: str, services: Sequence[str], address: str = "") -> None:
        self._database = database
        self._slot = slot
        self._services = sorted(services)
        self._address = address
        self._release = version("suuupra")

    async def run(self) -> None:
        """Until cancelled; then it says goodbye. A database that is away is nobody's death."""
        try:
            while True:
                with suppress(*AWAY):
                    await self.beat()
                await asyncio.sleep(BEAT_S)
        finally:
            with suppress(*AWAY):
                await uninterrupted(self.leave())

    async def beat(self) -> None:
        """Here, and well."""
        async with self._database.pool.driver() as driver:
            await driver.execute(BEAT, self._slot, self._services, self._address, self._release)

    async def leave(self) -> None:
        """Gone on purpose: nobody need wait for silence."""
        async with self._database.pool.driver() as driver:
            await driver.execute(LEAVE, self._slot)

    async def alive(self) -> list[Instance]:
        """Everybody who beat within the last six seconds."""
        async with self._database.pool.driver() as driver:
            return [Instance(**dict(row)) for row in await driver.fetch(ALIVE, DEAD_AFTER_S)]
