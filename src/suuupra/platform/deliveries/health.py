"""`kernel.oversight.Health` of one service: its database, and its errors by group."""

from datetime import datetime

from suuupra.kernel.messages import Query
from suuupra.kernel.oversight import ErrorGroup, HealthReport
from suuupra.kernel.pagination import Page, PageQuery
from suuupra.kernel.problems import Invalid
from suuupra.platform.deliveries.statements import ERRORS
from suuupra.platform.postgres import Database

NEWEST = ("9999-12-31T00:00:00+00:00", "g")


class TableHealth:
    """Answers for a service that has no parts of its own."""

    def __init__(self, database: Database, service: str, *, has_schema: bool = True) -> None:
        self._database = database
        self._roles = (service,) if has_schema else ()
        self._service = service

    async def report(self, _query: Query) -> HealthReport:
        return HealthReport(parts=(await self._database.part(self._roles),))

    async def errors(self, query: PageQuery) -> Page[ErrorGroup]:
        moment, _, fingerprint = (query.cursor or " ".join(NEWEST)).partition(" ")
        try:
            before = datetime.fromisoformat(moment)
        except ValueError:
            raise Invalid.at(
                "/cursor", "This is not a cursor of this list. Start from its first page."
            ) from None
        async with self._database.pool.driver() as driver:
            rows = await driver.fetch(ERRORS, self._service, before, fingerprint, query.limit + 1)
        shown = tuple(ErrorGroup(**dict(row)) for row in rows[: query.limit])
        more = len(rows) > query.limit
        following = f"{shown[-1].last_at.isoformat()} {shown[-1].fingerprint}" if more else None
        return Page[ErrorGroup](items=shown, next=following)
