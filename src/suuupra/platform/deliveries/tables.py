"""`kernel.oversight.Deliveries` of one service: its inbox rows and its jobs.

What an operator does here is audited in the same unit. An id is `event:<event>:<handler>` or `job:<id>`.
"""

from typing import Any
from uuid import UUID

import msgspec

from suuupra.kernel.audit import audited
from suuupra.kernel.clock import Clock, SystemClock
from suuupra.kernel.ids import Ids, TimeIds
from suuupra.kernel.messages import Nothing, Query
from suuupra.kernel.oversight import (
    Delivery,
    DeliveryCounts,
    DeliveryNotFound,
    DeliveryQuery,
    DiscardDelivery,
    RetryDelivery,
)
from suuupra.kernel.pagination import Page
from suuupra.kernel.problems import Invalid
from suuupra.platform.deliveries import statements
from suuupra.platform.postgres import Database

LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"


class TableDeliveries:
    """Lists, sends again, gives up."""

    def __init__(
        self, database: Database, service: str, *, clock: Clock | None = None, ids: Ids | None = None
    ) -> None:
        self._database = database
        self._service = service
        self._work = database.work(service, clock=clock or SystemClock(), ids=ids or TimeIds())

    async def page(self, query: DeliveryQuery) -> Page[Delivery]:
        before, _, handler = (query.cursor or LAST).partition(" ")
        try:
            position = UUID(before)
        except ValueError:
            raise Invalid.at(
                "/cursor", "This is not a cursor of this list. Start from its first page."
            ) from None
        states = [query.state] if query.state else statements.WAITING_FOR_A_PERSON[query.kind]
        statement, read = (
            (statements.EVENTS, event_of) if query.kind == "event" else (statements.JOBS, job_of)
        )
        extra = (handler or "~",) if query.kind == "event" else ()
        async with self._database.pool.driver() as driver:
            rows = await driver.fetch(statement, self._service, states, query.limit + 1, position, *extra)
        shown = tuple(map(read, rows[: query.limit]))
        following = cursor_after(shown[-1].id) if len(rows) > query.limit else None
        return Page[Delivery](items=shown, next=following)

    async def counts(self, _query: Query) -> DeliveryCounts:
        async with self._database.pool.driver() as driver:
            rows = await driver.fetch(statements.COUNTS, self._service)
        found: dict[str, dict[str, int]] = {"event": {}, "job": {}}
        for row in rows:
            found[row["kind"]][row["state"]] = row["count"]
        return DeliveryCounts(events=found["event"], jobs=found["job"])

    async def retry(self, command: RetryDelivery) -> Nothing:
        await self._change(command.id, "retried", command.reason)
        return Nothing()

    async def discard(self, command: DiscardDelivery) -> Nothing:
        await self._change(command.id, "discarded", command.reason)
        return Nothing()

    async def _change(self, delivery_id: str, action: str, reason: str) -> None:
        kind, _, rest = delivery_id.partition(":")
        event_or_job, _, handler = rest.partition(":")
        try:
            arguments: list[Any] = [UUID(event_or_job)]
        except ValueError:
            raise DeliveryNotFound from None
        if kind == "event":
            arguments.append(handler)
        if action == "retried":
            arguments.append(self._work.clock.now())
        statement = statements.CHANGES.get((kind, action))
        if statement is None:
            raise DeliveryNotFound
        before: list[str] = []

        async def change(driver: Any) -> None:
            state = await driver.fetchval(statement, self._service, *arguments)
            if state is None:
                raise DeliveryNotFound
            before.append(state)

        async with self._work.opened(before=change) as unit:
            name = f"{self._service}.delivery.{action}"
            unit.publish(audited(name, delivery_id, before={"state": before[0]}, reason=reason))


def cursor_after(delivery_id: str) -> str:
    """Where the next page starts."""
    _, event_or_job, *handler = delivery_id.split(":", 2)
    return " ".join([event_or_job, *handler])


def event_of(row: Any) -> Delivery:
    """An inbox row."""
    return Delivery(
        id=f"event:{row['event_id']}:{row['handler']}",
        kind="event",
        name=row["handler"],
        key=row["key"],
        state=row["state"],
        attempts=row["attempts"],
        last_error=row["last_error"],
        at=row["at"],
        next_at=row["next_at"],
    )


def job_of(row: Any) -> Delivery:
    """A job, with its progress."""
    progress = msgspec.json.decode(row["progress"] or "{}")
    return Delivery(
        id=f"job:{row['id']}",
        kind="job",
        name=row["name"],
        key=row["key"],
        state=row["state"],
        attempts=row["attempts"],
        last_error=row["last_error"],
        at=row["created_at"],
        next_at=row["run_at"] if row["state"] == "ready" else None,
        done=progress.get("done", 0),
        total=progress.get("total", 0),
        note=progress.get("note", ""),
    )
