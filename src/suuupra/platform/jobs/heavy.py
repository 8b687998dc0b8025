"""Watches how slow pages are, from the figures that web processes write, and feeds the throttle."""

from time import monotonic

from suuupra.kernel.metrics import BUCKETS_S, Histogram
from suuupra.platform.jobs import statements
from suuupra.platform.jobs.throttle import Throttle
from suuupra.platform.postgres import Database

PAGE_SECONDS = "page_seconds"
"""The histogram that web processes keep of the pages they draw."""
LOOK_S = 10.0
QUANTILE = 0.95


class PageWatch:
    """`holds` is true while heavy work should stand still."""

    def __init__(self, database: Database, throttle: Throttle | None = None) -> None:
        self._database = database
        self._throttle = throttle or Throttle()
        self._look_at = 0.0
        self.holds = False

    async def look(self) -> None:
        """Read the figures each ten seconds, judge each time."""
        now = monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_S
            self._throttle.measured(await self.page_p95_s())
        self.holds = self._throttle.holds(now)

    async def page_p95_s(self) -> float:
        """Over all web processes, of this minute and the last."""
        async with self._database.pool.driver() as driver:
            rows = await driver.fetch(statements.PAGE_BUCKETS, PAGE_SECONDS)
        sums = [0] * (len(BUCKETS_S) + 1)
        for row in rows:
            sums = [left + right for left, right in zip(sums, row["buckets"], strict=True)]
        return Histogram(sums, 0.0, sum(sums)).quantile(QUANTILE)
