"""The job at hand, as its use case sees it: progress, cancellation, and whether it may go on."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

import msgspec

from suuupra.platform.connections.pool import Pool
from suuupra.platform.jobs import statements
from suuupra.platform.postgres.unit import JobLost

PROGRESS_EVERY_S = 0.5


@dataclass
class RunningJob:
    """Implements `kernel.jobs.JobRun`; `epoch` fences whatever it writes."""

    id: UUID
    service: str
    name: str
    args: str
    attempt: int
    epoch: int
    tenant: str
    trace: str
    pool: Pool
    may_go_on: Callable[[], bool]
    is_finished: bool = False
    _told_at: float = float("-inf")

    @classmethod
    def from_row(cls, row: Any, pool: Pool, may_go_on: Callable[[], bool]) -> "RunningJob":
        """From a claimed row."""
        return cls(
            id=row["id"],
            service=row["service"],
            name=row["name"],
            args=row["args"],
            attempt=row["attempts"],
            epoch=row["epoch"],
            tenant=row["tenant"],
            trace=row["trace"],
            pool=pool,
            may_go_on=may_go_on,
        )

    async def progress(self, done: int, total: int, note: str = "") -> None:
        """The last word (`done` = `total`) is always written; before it at most two a second."""
        if done < total and monotonic() - self._told_at < PROGRESS_EVERY_S:
            return
        self._told_at = monotonic()
        body = msgspec.json.encode({"done": done, "total": total, "note": note}).decode()
        async with self.pool.driver() as driver:
            if not await driver.fetchval(statements.PROGRESS, self.id, self.epoch, body):
                raise JobLost(f"job {self.id} belongs to another worker now")

    async def is_cancelled(self) -> bool:
        """Also true once the job belongs to another worker: then this one has nothing left to do."""
        async with self.pool.driver() as driver:
            asked = await driver.fetchval(statements.IS_CANCEL_ASKED, self.id, self.epoch)
        return asked is not False

    def may_run(self) -> bool:
        return self.may_go_on()
