"""Leases by slot name: one holder at a time, and an epoch that only rises."""

from suuupra.kernel.stores import Lease
from suuupra.platform.connections.pool import Pool

TAKE = """
insert into kernel.lease as held (name, holder, epoch, until)
values ($1, $2, 1, now() + make_interval(secs => $3))
on conflict (name) do update set holder = excluded.holder, epoch = held.epoch + 1, until = excluded.until
where held.holder = excluded.holder or held.until < now()
returning epoch
"""
RENEW = """
update kernel.lease set until = now() + make_interval(secs => $4)
where name = $1 and holder = $2 and epoch = $3 returning true
"""
RELEASE = "update kernel.lease set until = '-infinity' where name = $1 and holder = $2 and epoch = $3"


class PostgresLeases:
    """Implements `kernel.stores.Leases` for one slot (`work-0`), by the database's clock.

    A slot outlives its process: the next one takes over at once, and what the frozen old one still
    writes under its epoch touches no row.
    """

    def __init__(self, pool: Pool, slot: str) -> None:
        self._pool = pool
        self.slot = slot

    async def take(self, name: str, ttl_s: float = 15.0) -> Lease | None:
        epoch = await self._one(TAKE, name, self.slot, ttl_s)
        return None if epoch is None else Lease(name, self.slot, epoch)

    async def renew(self, lease: Lease, ttl_s: float = 15.0) -> bool:
        return bool(await self._one(RENEW, lease.name, lease.holder, lease.epoch, ttl_s))

    async def release(self, lease: Lease) -> None:
        await self._one(RELEASE, lease.name, lease.holder, lease.epoch)

    async def _one(self, statement: str, *arguments: object) -> int | None:
        async with self._pool.driver() as driver:
            value: int | None = await driver.fetchval(statement, *arguments)
            return value
