"""Connections: a small pool for units and reads, bare ones for loops and LISTEN.

The pool's connections stand in autocommit and transactions are opened by hand: one round trip then
begins, takes the service's role and names the tenant, where the driver's own way needs three.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar, cast

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util import greenlet_spawn

from suuupra.kernel.problems import OutcomeUnknown, Unavailable
from suuupra.platform.connections.failures import CONNECTION_LOST

LOCK_TIMEOUT_MS = 2_000
IDLE_IN_TRANSACTION_MS = 30_000
CONNECT_TIMEOUT_S = 5.0
POOL_TIMEOUT_S = 5.0
QUIET_S = 20.0
SAFE_TENANT = re.compile(r"[A-Za-z0-9_.-]{1,63}")
HOT = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
"""For the connection of a loop: its few statements are planned once, and by their indexes."""
ROLE_PREFIX = "suuupra_"
MAY_SET_ROLE = "select pg_has_role(session_user, oid, 'SET') from pg_roles where rolname = $1"
T = TypeVar("T")


async def uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """Finish the work whatever happens to the caller; a cancellation is delivered afterwards."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
        except BaseException:  # noqa: BLE001 - the task holds it; it is raised below
            break
    if cancelled is not None and (task.cancelled() or task.exception() is None):
        raise cancelled
    return task.result()


class Transaction:
    """One open transaction on one connection of the pool."""

    def __init__(self, connection: AsyncConnection, driver: Any) -> None:
        self.connection = connection
        self.driver = driver
        self._may_be_open = False

    async def begin(self, opening: str) -> None:
        """Who is cancelled in here knows less than the server: it may have begun all the same."""
        self._may_be_open = True
        await self.driver.execute(opening)

    async def commit(self) -> None:
        """Shielded from cancellation; a connection lost in here leaves the outcome unknown."""
        try:
            status = await uninterrupted(self.driver.execute("COMMIT"))
        except CONNECTION_LOST as error:
            raise OutcomeUnknown(retry_after_s=1) from error
        self._may_be_open = False
        if status != "COMMIT":
            raise RuntimeError("a failed statement was swallowed inside the unit: nothing was saved")

    async def give_back(self) -> None:
        """Roll back what is or may be open and return the connection, or throw it away if it is spoilt."""
        if not self.driver.is_closed() and (self._may_be_open or self.driver.is_in_transaction()):
            try:
                await self.driver.execute("ROLLBACK", timeout=CONNECT_TIMEOUT_S)
            except (*CONNECTION_LOST, asyncpg.PostgresError):
                self.driver.terminate()
        if self.driver.is_closed():
            await self.connection.invalidate()
        await self.connection.close()


class Pool:
    """Opens transactions. `size` connections stay, `overflow` more are opened in a rush, the last used first.

    Opening one costs more than most transactions, so those of a rush stay until it has been quiet for a
    while; then all of them go at once, and the next caller opens anew.
    """

    def __init__(self, dsn: str, *, size: int, overflow: int, statement_timeout_s: float) -> None:
        self.dsn = dsn
        self.statement_timeout_s = statement_timeout_s
        self._size = size
        self._checkout_tries = size + overflow + 1
        self._most_at_once = 0
        self._look_later: asyncio.TimerHandle | None = None
        self._shrinking: asyncio.Task[None] | None = None
        self._roles: dict[str, str | None] = {}
        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self.connect,
            poolclass=AsyncAdaptedQueuePool,
            pool_size=size + overflow,
            max_overflow=0,
            pool_use_lifo=True,
            pool_timeout=POOL_TIMEOUT_S,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
        )

    async def connect(self, *_: Any, **settings: str) -> Any:
        """A bare connection of asyncpg with the house's time-outs; whoever asks closes it."""
        timeouts = {
            "application_name": "suuupra",
            "timezone": "UTC",
            "lock_timeout": str(LOCK_TIMEOUT_MS),
            "statement_timeout": str(int(self.statement_timeout_s * 1000)),
            "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
        }
        return await asyncpg.connect(self.dsn, timeout=CONNECT_TIMEOUT_S, server_settings=timeouts | settings)

    async def role_of(self, service: str) -> str | None:
        """The service's role, None where this login may not take it: then units run without."""
        if service not in self._roles:
            role = f"{ROLE_PREFIX}{service}"
            async with self.transaction("BEGIN READ ONLY") as transaction:
                may = await transaction.driver.fetchval(MAY_SET_ROLE, role)
            self._roles[service] = role if may else None
        return self._roles[service]

    async def close(self) -> None:
        """Close every connection of the pool."""
        if self._look_later is not None:
            self._look_later.cancel()
        if self._shrinking is not None:
            await asyncio.gather(self._shrinking, return_exceptions=True)
        await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self, opening: str) -> AsyncIterator[Transaction]:
        """Run a block in a transaction begun by the `opening` text; what nobody commits is rolled back."""
        transaction = await self._opened(opening)
        try:
            yield transaction
        finally:
            await uninterrupted(transaction.give_back())

    @asynccontextmanager
    async def driver(self) -> AsyncIterator[Any]:
        """A connection of asyncpg from the pool, outside any transaction: each statement commits itself."""
        async with self.transaction("") as transaction:
            yield transaction.driver

    async def _opened(self, opening: str) -> Transaction:
        """Dead connections of the pool (the server was restarted) are thrown away here, unseen."""
        cause: BaseException | None = None
        for _ in range(self._checkout_tries):
            transaction = await self._checked_out()
            try:
                if not transaction.driver.is_closed():
                    if opening:
                        await transaction.begin(opening)
                    return transaction
            except CONNECTION_LOST as error:
                cause = error
                transaction.driver.terminate()
            except BaseException:
                await uninterrupted(transaction.give_back())
                raise
            await uninterrupted(transaction.give_back())
        raise Unavailable("The database does not answer.", retry_after_s=1) from cause

    async def _checked_out(self) -> Transaction:
        try:
            connection = await self._engine.connect()
        except PoolTimeout as error:
            raise Unavailable("All connections are in use.", retry_after_s=1) from error
        except (*CONNECTION_LOST, DBAPIError) as error:
            raise Unavailable("The database does not answer.", retry_after_s=1) from error
        self._note_rush()
        raw = await connection.get_raw_connection()
        return Transaction(connection, raw.driver_connection)

    def _note_rush(self) -> None:
        used = self._connections.checkedout()
        self._most_at_once = max(self._most_at_once, used)
        if self._look_later is None and used + self._connections.checkedin() > self._size:
            self._look_later = asyncio.get_running_loop().call_later(QUIET_S, self._look)

    @property
    def _connections(self) -> AsyncAdaptedQueuePool:
        return cast("AsyncAdaptedQueuePool", self._engine.pool)

    def _look(self) -> None:
        """Still busy: look again later. Quiet: shrink."""
        is_quiet = self._most_at_once <= self._size and not self._connections.checkedout()
        self._most_at_once, self._look_later = 0, None
        if is_quiet:
            self._shrinking = asyncio.ensure_future(self._shrink())
        else:
            self._look_later = asyncio.get_running_loop().call_later(QUIET_S, self._look)

    async def _shrink(self) -> None:
        """A new, empty pool takes the place of this one, whose connections are all at home."""
        old = self._connections
        self._engine.sync_engine.dispose(close=False)
        await greenlet_spawn(old.dispose)


def opening(mode: str, role: str | None, tenant: str) -> str:
    """`BEGIN`, then role and tenant for this transaction alone, as one text for one round trip."""
    return f"BEGIN {mode}; {acting(role, tenant)}"


def acting(role: str | None, tenant: str) -> str:
    """The role and the tenant of a transaction that is open already."""
    if not SAFE_TENANT.fullmatch(tenant):
        raise ValueError("a tenant is at most 63 letters, digits, dots, dashes and underscores")
    set_role = f'SET LOCAL ROLE "{role}"; ' if role else ""
    return f"{set_role}SET LOCAL suuupra.tenant = '{tenant}'"


@asynccontextmanager
async def quietly_closed(connection: Any) -> AsyncIterator[Any]:
    """A bare connection for a block; closing it never raises."""
    try:
        yield connection
    finally:
        with suppress(*CONNECTION_LOST, asyncpg.PostgresError):
            await uninterrupted(connection.close(timeout=CONNECT_TIMEOUT_S))
