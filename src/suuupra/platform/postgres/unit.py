"""The open unit: collects events, jobs and answers, and writes them as its last statement."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from suuupra.kernel.call import current_call
from suuupra.kernel.clock import Clock
from suuupra.kernel.hub import Hub
from suuupra.kernel.ids import Ids
from suuupra.kernel.jobs import Job, current_job
from suuupra.kernel.messages import Command, Event, Message
from suuupra.kernel.problems import KeyReused, Unavailable
from suuupra.kernel.session import Session
from suuupra.platform.connections.pool import Transaction
from suuupra.platform.postgres import statements

ANSWERS_KEPT = timedelta(days=30)
R = TypeVar("R", bound=Message)


class JobLost(RuntimeError):
    """The job's lease went to another worker: what this one did is rolled back."""


class ClaimedJob(Protocol):
    """What a unit must know of the job at hand to end it."""

    id: UUID
    epoch: int
    is_finished: bool


@dataclass(frozen=True)
class Hands:
    """What a unit of one service works with."""

    service: str
    clock: Clock
    ids: Ids
    hub: Hub | None = None
    wake: Callable[[], None] | None = None


@dataclass
class Collected:
    """What a unit writes at its end."""

    events: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    unique: set[tuple[str, str]] = field(default_factory=set)
    announcements: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    asked: tuple[str, str, str] | None = None
    answer: bytes | None = None
    finishes: bool = False


class PostgresUnit:
    """Implements `kernel.work.Unit` over one transaction."""

    def __init__(self, transaction: Transaction, hands: Hands) -> None:
        self._transaction = transaction
        self._hands = hands
        self._session: AsyncSession | None = None
        self._collected = Collected()
        self.now: datetime = hands.clock.now()

    @property
    def session(self) -> Session:
        """Made when first asked for: many handlers only enqueue."""
        if self._session is None:
            self._session = AsyncSession(self._transaction.connection, expire_on_commit=False)
        return cast("Session", self._session)

    def new_id(self) -> UUID:
        return self._hands.ids.new()

    def publish(self, event: Event) -> None:
        call = current_call()
        self._collected.events.append(
            {
                "event_id": self.new_id(),
                "source": self._hands.service,
                "type": event.wire_name,
                "key": event.key,
                "tenant": call.principal.tenant,
                "payload": msgspec.Raw(event.to_wire()),
                "trace": call.trace,
                "at": self.now,
            }
        )

    def enqueue(
        self,
        job: Job,
        *,
        at: datetime | None = None,
        unique: str | None = None,
        fair: str | None = None,
        priority: int = 0,
    ) -> UUID:
        job_id = self.new_id()
        if unique is not None:
            if (job.job_name, unique) in self._collected.unique:
                return job_id
            self._collected.unique.add((job.job_name, unique))
        call = current_call()
        self._collected.jobs.append(
            {
                "id": job_id,
                "service": self._hands.service,
                "name": job.job_name,
                "args": msgspec.Raw(job.to_wire()),
                "queue": job.job_kind,
                "priority": priority,
                "fair_key": fair,
                "unique_key": unique,
                "run_at": at or self.now,
                "tenant": call.principal.tenant,
                "trace": call.trace,
                "created_at": self.now,
            }
        )
        return job_id

    async def once(self, command: Command, reply: type[R]) -> R | None:
        call = current_call()
        if call.idempotency_key is None:
            return None
        asked = (
            call.principal.name,
            f"{self._hands.service}.{type(command).__name__}",
            call.idempotency_key,
        )
        fingerprint = command.digest()
        driver = self._transaction.driver
        is_first = await driver.fetchval(
            statements.ASK, *asked, fingerprint, self.now, self.now + ANSWERS_KEPT
        )
        if is_first:
            self._collected.asked = asked
            return None
        known = await driver.fetchrow(statements.KNOWN_ANSWER, *asked)
        if known is None:
            raise Unavailable("A twin of this request ends right now.", retry_after_s=1)
        if known["fingerprint"] != fingerprint:
            raise KeyReused
        return reply.from_wire(known["answer"])

    def answer(self, reply: R) -> R:
        self._collected.answer = reply.to_wire()
        return reply

    def finish(self) -> None:
        self._collected.finishes = current_job() is not None

    def announce(self, topic: str, message: Mapping[str, Any]) -> None:
        self._collected.announcements.append((topic, message))

    async def write(self) -> None:
        """Flush, then end the job and write events, jobs and answer: the last acts before the commit."""
        collected = self._collected
        if collected.asked is not None and collected.answer is None:
            raise RuntimeError("a unit that asks `once` must `answer` before it ends")
        if self._session is not None:
            await self._session.flush()
        driver = self._transaction.driver
        if collected.finishes:
            await self._finish(driver)
        if collected.events or collected.jobs or collected.asked:
            await driver.execute(
                statements.WRITE,
                msgspec.json.encode(collected.events).decode(),
                msgspec.json.encode(collected.jobs).decode(),
                *(collected.asked or (None, None, None)),
                None if collected.asked is None or collected.answer is None else collected.answer.decode(),
            )

    async def _finish(self, driver: Any) -> None:
        job = cast("ClaimedJob", current_job())
        if await driver.fetchval(statements.FINISH, [job.id], [job.epoch], self.now) != 1:
            raise JobLost(f"job {job.id} belongs to another worker now")

    @property
    def wakes(self) -> bool:
        """Whether relay or worker have something to do once this is committed."""
        return bool(self._collected.events or self._collected.jobs)

    @property
    def announcements(self) -> list[tuple[str, Mapping[str, Any]]]:
        """What the hub is told after the commit."""
        return self._collected.announcements

    def mark_finished(self) -> None:
        """After the commit: tell the job at hand that its row is done."""
        if self._collected.finishes:
            cast("ClaimedJob", current_job()).is_finished = True
