"""`Database`: one pool for a process, and the `Work` of each service over it."""

from collections.abc import Callable
from typing import Any

from suuupra.kernel.clock import Clock
from suuupra.kernel.faults import OFF, Faults
from suuupra.kernel.hub import Hub
from suuupra.kernel.ids import Ids
from suuupra.kernel.oversight import Part
from suuupra.platform.connections.pool import Pool
from suuupra.platform.errors import Errors
from suuupra.platform.postgres.unit import Hands
from suuupra.platform.postgres.work import PostgresWork

STATEMENT_TIMEOUT_S = 5.0


class Database:
    """The way in. `statement_timeout_s` is 5 for web processes and 60 where jobs run."""

    def __init__(
        self,
        dsn: str,
        *,
        size: int = 2,
        overflow: int = 8,
        statement_timeout_s: float = STATEMENT_TIMEOUT_S,
        faults: Faults = OFF,
    ) -> None:
        self.faults = faults
        self.errors = Errors()
        self.pool = Pool(dsn, size=size, overflow=overflow, statement_timeout_s=statement_timeout_s)

    def work(
        self,
        service_name: str,
        *,
        clock: Clock,
        ids: Ids,
        hub: Hub | None = None,
        wake: Callable[[], None] | None = None,
    ) -> PostgresWork:
        """The `Work` of one service. `wake` is called after each commit that left events or jobs."""
        return PostgresWork(self.pool, Hands(service_name, clock, ids, hub, wake), self.faults)

    async def connect(self, **settings: str) -> Any:
        """A bare connection for a loop or for LISTEN; whoever asks closes it."""
        return await self.pool.connect(**settings)

    async def close(self) -> None:
        """Close the pool."""
        await self.pool.close()

    async def part(self, services: tuple[str, ...] = ()) -> Part:
        """How the database is, for `Health` and `doctor`: `degraded` where a service has no role."""
        async with self.pool.transaction("BEGIN READ ONLY") as transaction:
            version = await transaction.driver.fetchval("show server_version")
        without = [name for name in services if await self.pool.role_of(name) is None]
        return Part(
            name="PostgreSQL",
            state="degraded" if without else "well",
            version=version,
            effect=f"no database role of its own: {', '.join(without)}" if without else "",
        )
