"""What the house does by itself: roles from the manifests, old rows away, figures, and a look at guessing."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from suuupra.kernel.logs import logger
from suuupra.kernel.messages import Query
from suuupra.kernel.oversight import FigureName, FigureNames, Point, Series, SeriesQuery
from suuupra.kernel.session import Session
from suuupra.services.identity.rules.roles import ROLES
from suuupra.services.identity.rules.sessions import AGE_MAX
from suuupra.services.identity.rules.throttle import is_unusual
from suuupra.services.identity.service.errands import Purge, RevokeSessions
from suuupra.services.identity.service.ground import Ground
from suuupra.services.identity.store import accounts, challenges, history, roles

CHALLENGES_KEPT = timedelta(hours=24)
ATTEMPTS_KEPT = timedelta(days=30)
ENTRIES_KEPT = timedelta(days=365)
BATCH = 5_000
LOOKED_AT = timedelta(minutes=10)
USUAL_DAYS = 7
WINDOWS_A_DAY = 144
SIGN_UPS = "identity.sign_ups"
Forget = Callable[[Session, datetime, int], Awaitable[int]]

log = logger("identity")


class Upkeep:
    """Start, schedule and oversight; implements the kernel's `Figures`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def start(self) -> None:
        """Roles and rights as this release ships them."""
        async with self._ground.work.begin() as unit:
            await roles.sync(unit.session, ROLES.values(), self._ground.permissions.by_role)

    async def purge(self, job: Purge) -> None:  # noqa: ARG002 - the shape of a job's use case
        """In batches, each its own unit, so that no lock is held long."""
        now = self._ground.clock.now()
        old: tuple[tuple[Forget, datetime], ...] = (
            (challenges.forget, now - CHALLENGES_KEPT),
            (history.forget_attempts, now - ATTEMPTS_KEPT),
            (history.forget_entries, now - ENTRIES_KEPT),
            (history.forget_sessions, now - AGE_MAX),
        )
        for forget, before in old:
            await self._forget(forget, before)
        await self._look(now)
        async with self._ground.work.begin() as unit:
            unit.finish()

    async def _forget(self, forget: Forget, before: datetime) -> None:
        count = BATCH
        while count == BATCH:
            async with self._ground.work.begin() as unit:
                count = await forget(unit.session, before, BATCH)

    async def _look(self, now: datetime) -> None:
        """Five times the usual failures is worth a line that alerts can be made of."""
        async with self._ground.work.read() as session:
            recent = await history.refusals(session, now - LOOKED_AT)
            usual = await history.refusals(session, now - timedelta(days=USUAL_DAYS))
        usual_rate = usual / (USUAL_DAYS * WINDOWS_A_DAY)
        if is_unusual(recent, usual_rate):
            log.warning("sign_in.failures_unusual", count=recent, usual=round(usual_rate, 1))

    async def revoke(self, job: RevokeSessions) -> None:
        """Said again by the worker; hearing it twice changes nothing."""
        await self._ground.revoke(job.session_ids)

    async def names(self, query: Query) -> FigureNames:  # noqa: ARG002 - the port's shape
        sign_ups = FigureName(
            name=SIGN_UPS,
            title="Sign-ups",
            unit="people",
            definition="Accounts of people made on a day (UTC), confirmed or not.",
        )
        return FigureNames(figures=(sign_ups,))

    async def series(self, query: SeriesQuery) -> Series:
        """Days without a sign-up are 0 here: the count of rows is known."""
        if query.name != SIGN_UPS:
            return Series()
        today = self._ground.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        first = today - timedelta(days=query.days - 1)
        async with self._ground.work.read() as session:
            counted = dict(await accounts.sign_ups(session, first))
            now = await accounts.people(session)
        days = (first + timedelta(days=number) for number in range(query.days))
        return Series(points=tuple(Point(at=day, value=counted.get(day, 0)) for day in days), now=now)
