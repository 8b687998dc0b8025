"""Delivers events of one lane: the handler runs in the unit of its inbox row.

Delivered at least once, effective once: row, effect and position are one transaction, fenced by the
lane's epoch.
"""

from datetime import datetime
from time import monotonic
from typing import Any, cast
from uuid import UUID

import msgspec

from suuupra.kernel.auth import service_principal
from suuupra.kernel.call import Call, calling
from suuupra.kernel.logs import logger
from suuupra.kernel.messages import Event
from suuupra.kernel.metrics import METRICS
from suuupra.kernel.problems import OutcomeUnknown
from suuupra.kernel.work import Unit
from suuupra.platform.connections.failures import is_outage
from suuupra.platform.errors import trace_of
from suuupra.platform.handling import statements
from suuupra.platform.handling.statements import TRIES_MAX
from suuupra.platform.lanes.lane import Envelope, Handler, Lane, back_off
from suuupra.platform.observe.spans import span, traceparent_of
from suuupra.platform.postgres import Database

log = logger("kernel")


class LaneLost(RuntimeError):
    """Another process holds this lane now, or has dealt with the event."""


class Delivery:
    """Runs batches and retries; what it cannot decide (an outage, a lost lane) it raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, lane: Lane, batch: list[Envelope]) -> None:
        """All in one transaction; after a failure one by one, so that only the broken one is left behind."""
        started = monotonic()
        try:
            await self._transact(lane, batch)
        except (LaneLost, OutcomeUnknown):
            raise
        except Exception as error:
            if is_outage(error):
                raise
            if len(batch) > 1:
                for envelope in batch:
                    await self.handle(lane, [envelope])
                return
            await self._fail(lane, batch[0], error)
        lane.position = batch[-1].position
        METRICS.time("handler_seconds", monotonic() - started, handler=lane.handler.name)

    async def _transact(self, lane: Lane, batch: list[Envelope]) -> None:
        handler = lane.handler
        read = [handler.read(envelope) for envelope in batch]
        fresh: set[UUID] = set()

        async def arrive(driver: Any) -> None:
            row = await driver.fetchrow(
                statements.ARRIVE,
                *lane.fence,
                batch[-1].position,
                [envelope.event_id for envelope in batch],
                [envelope.key for envelope in batch],
                [envelope.position for envelope in batch],
                [envelope.trace for envelope in batch],
                [reason for _, reason in read],
                handler.keeps_order,
            )
            if not row["held"]:
                raise LaneLost(handler.name)
            fresh.update(row["fresh"] or ())

        with calling(Call(principal=service_principal(handler.service))):
            async with handler.work.opened(before=arrive) as unit:
                for envelope, (event, _) in zip(batch, read, strict=True):
                    if event is not None and envelope.event_id in fresh:
                        fresh.remove(envelope.event_id)
                        await self._run(handler, unit, event, envelope.trace)
        for _, reason in read:
            if reason:
                METRICS.count("events_skipped", handler=handler.name)
                log.warning("event.skipped", handler=handler.name, reason=reason)

    async def _run(self, handler: Handler, unit: object, event: Event, trace: str) -> None:
        await self._database.faults.at("handler.before")
        call = Call(principal=service_principal(handler.service), trace=trace)
        with calling(call), span("handler", handler=handler.name, traceparent=traceparent_of(trace)):
            await handler.subscription.handler(cast("Unit", unit), event)

    async def _fail(self, lane: Lane, envelope: Envelope, error: Exception) -> None:
        """Write the failed attempt, so that the lane can move on."""
        again_at = self._again_at(lane.handler, 1)
        async with self._database.pool.driver() as driver:
            row = await driver.fetchrow(
                statements.FAIL, *lane.fence, envelope.position, again_at, trace_of(error), TRIES_MAX
            )
        if row is None:
            raise LaneLost(lane.handler.name)
        self._note(lane.handler, error, row)

    async def retry_key(self, lane: Lane, head: Any) -> int:
        """Run a troubled event, then those of its key that waited behind it, in order; how many went well."""
        done = 0
        while head is not None and await self._retry(lane, head):
            done += 1
            if not lane.handler.keeps_order:
                break
            async with self._database.pool.driver() as driver:
                head = await driver.fetchrow(statements.FOLLOWER, lane.handler.name, head["key"])
            if head is not None and head["state"] != "waiting":
                break
        return done

    async def _retry(self, lane: Lane, row: Any) -> bool:
        """One troubled event again; whether the way is free for the next of its key."""
        handler = lane.handler
        envelope = msgspec.json.decode(row["envelope"], type=Envelope)

        async def reopen(driver: Any) -> None:
            if not await driver.fetchval(statements.RETRY, *lane.fence, row["event_id"], row["state"]):
                raise LaneLost(handler.name)

        event, reason = handler.read(envelope)
        if event is None:
            async with self._database.pool.driver() as driver:
                await driver.execute(statements.SKIP, row["event_id"], handler.name, reason)
            return True
        try:
            with calling(Call(principal=service_principal(handler.service))):
                async with handler.work.opened(before=reopen) as unit:
                    await self._run(handler, unit, event, envelope.trace)
        except (LaneLost, OutcomeUnknown):
            raise
        except Exception as error:
            if is_outage(error):
                raise
            again_at = self._again_at(handler, row["attempts"] + 1)
            async with self._database.pool.driver() as driver:
                failed = await driver.fetchrow(
                    statements.FAIL_AGAIN, row["event_id"], handler.name, again_at, trace_of(error), TRIES_MAX
                )
            self._note(handler, error, failed)
            return False
        return True

    @staticmethod
    def _again_at(handler: Handler, attempts: int) -> datetime:
        return handler.work.clock.now() + back_off(attempts)

    def _note(self, handler: Handler, error: Exception, row: Any) -> None:
        state, attempts = (row["state"], row["attempts"]) if row else ("gone", 0)
        METRICS.count("events_failed", handler=handler.name, state=state)
        reason = type(error).__name__
        log.warning("event.failed", handler=handler.name, state=state, attempts=attempts, reason=reason)
        self._database.errors.saw(handler.service, error)
