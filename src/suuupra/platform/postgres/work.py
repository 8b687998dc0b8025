"""`kernel.work.Work` of one service: opens units and reads as that service's own database role."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar, cast

from sqlalchemy.ext.asyncio import AsyncSession

from suuupra.kernel.call import current_call
from suuupra.kernel.clock import Clock
from suuupra.kernel.faults import OFF, Faults
from suuupra.kernel.logs import logger
from suuupra.kernel.problems import Problem
from suuupra.kernel.session import Session
from suuupra.kernel.work import Unit, scoped
from suuupra.platform.connections.failures import COLLISIONS, problem_of, sqlstate
from suuupra.platform.connections.pool import Pool, acting, opening
from suuupra.platform.observe import span
from suuupra.platform.postgres.unit import Hands, PostgresUnit

TRIES_MAX = 5
JITTER_MS = (10, 200)
T = TypeVar("T")
log = logger("kernel")


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Database errors that a caller can act on leave as Problems; the others are our bugs and stay."""
    try:
        yield
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            raise
        raise problem from error


class PostgresWork:
    """One service's way to its rows."""

    def __init__(self, pool: Pool, hands: Hands, faults: Faults = OFF) -> None:
        self._pool = pool
        self._hands = hands
        self._faults = faults
        self.service = hands.service

    @property
    def clock(self) -> Clock:
        """What this service takes for the time."""
        return self._hands.clock

    def begin(self) -> AbstractAsyncContextManager[Unit]:
        return cast("AbstractAsyncContextManager[Unit]", self.opened())

    @asynccontextmanager
    async def opened(
        self, mode: str = "", before: Callable[[Any], Awaitable[None]] | None = None
    ) -> AsyncIterator[PostgresUnit]:
        """A unit; `before` gets the bare connection in the same transaction, ahead of the service's role."""
        role = await self._pool.role_of(self.service)
        tenant = current_call().principal.tenant
        with span("unit", service=self.service), scoped("unit"):
            async with (
                translated(),
                self._pool.transaction(opening(mode, None if before else role, tenant)) as transaction,
            ):
                if before is not None:
                    await before(transaction.driver)
                    await transaction.driver.execute(acting(role, tenant))
                unit = PostgresUnit(transaction, self._hands)
                yield unit
                await unit.write()
                await self._faults.at("unit.before_commit")
                await transaction.commit()
                unit.mark_finished()
        await self._faults.at("unit.after_commit")
        await self._tell(unit)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        role = await self._pool.role_of(self.service)
        begin = opening("READ ONLY", role, current_call().principal.tenant)
        with scoped("read"):
            async with translated(), self._pool.transaction(begin) as transaction:
                session = AsyncSession(transaction.connection, autoflush=False)
                yield cast("Session", session)

    async def attempt(self, function: Callable[[Unit], Awaitable[T]]) -> T:
        for turn in range(1, TRIES_MAX + 1):
            try:
                async with self.opened("ISOLATION LEVEL SERIALIZABLE") as unit:
                    return await function(cast("Unit", unit))
            except Problem as error:
                if turn == TRIES_MAX or sqlstate(error) not in COLLISIONS:
                    raise
            least, most = JITTER_MS
            await asyncio.sleep((least + secrets.randbelow(most - least)) / 1000)
        raise AssertionError("the last try returns or raises")

    async def _tell(self, unit: PostgresUnit) -> None:
        """After the commit, best effort: nothing here may undo or fail what is saved."""
        try:
            if unit.wakes and self._hands.wake is not None:
                self._hands.wake()
            if self._hands.hub is not None:
                for topic, message in unit.announcements:
                    await self._hands.hub.announce(topic, message)
        except Exception as error:  # noqa: BLE001 - the commit stands whatever the hub says
            log.warning("unit.announcement_lost", service=self.service, reason=type(error).__name__)
