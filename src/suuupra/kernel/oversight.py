"""What operators watch: health, deliveries, figures.

Implemented by each owner, collected by the app, shown by `admin`.
"""

from typing import Protocol
from uuid import UUID

from pydantic import Field

from suuupra.kernel.clock import Moment
from suuupra.kernel.messages import Command, Message, Nothing, Query
from suuupra.kernel.pagination import Page, PageQuery
from suuupra.kernel.problems import NotFound


class DeliveryNotFound(NotFound):
    """No such event or job waits here."""

    title = "This delivery is no longer here"


class Part(Message):
    """A part something stands on. `state` is `well`, `degraded` or `away`."""

    name: str
    state: str = "well"
    version: str = ""
    effect: str = ""


class ErrorGroup(Message):
    """Errors that look alike."""

    fingerprint: str
    title: str
    count: int
    first_at: Moment
    last_at: Moment
    sample: str = ""
    release: str = ""


class HealthReport(Message):
    """The parts of one service."""

    parts: tuple[Part, ...] = ()


class Health(Protocol):
    """Parts and error groups."""

    async def report(self, query: Query) -> HealthReport:
        """How the parts are."""
        ...

    async def errors(self, query: PageQuery) -> Page[ErrorGroup]:
        """Newest first."""
        ...


class DeliveryQuery(PageQuery):
    """`kind` is `event` or `job`; `state` one of theirs, None for all that wait for a person."""

    kind: str = "event"
    state: str | None = None


class Delivery(Message):
    """One event for one handler, or one job. `last_error` is a trace without personal data."""

    id: str
    kind: str
    name: str
    key: str = ""
    state: str = ""
    attempts: int = 0
    last_error: str = ""
    at: Moment | None = None
    next_at: Moment | None = None
    done: int = 0
    total: int = 0
    note: str = ""


class DeliveryCounts(Message):
    """Jobs and inbox rows by state."""

    events: dict[str, int] = Field(default_factory=dict)
    jobs: dict[str, int] = Field(default_factory=dict)


class RetryDelivery(Command):
    """Send it again."""

    id: str
    reason: str = ""


class DiscardDelivery(Command):
    """Give it up; a reason is needed."""

    id: str
    reason: str = Field(min_length=3, max_length=500)


class Deliveries(Protocol):
    """Parked events and dead jobs, and all jobs by state."""

    async def page(self, query: DeliveryQuery) -> Page[Delivery]:
        """Newest first."""
        ...

    async def counts(self, query: Query) -> DeliveryCounts:
        """By state."""
        ...

    async def retry(self, command: RetryDelivery) -> Nothing:
        """`DeliveryNotFound` where it is gone or done."""
        ...

    async def discard(self, command: DiscardDelivery) -> Nothing:
        """`DeliveryNotFound` where it is gone or done."""
        ...


class FigureName(Message):
    """One figure: what it counts, in which unit, and how old it may be."""

    name: str
    title: str
    unit: str = ""
    definition: str = ""
    freshness_s: int = 60


class FigureNames(Message):
    """All figures of one service."""

    figures: tuple[FigureName, ...] = ()


class SeriesQuery(Query):
    """A figure by day over the last days, in UTC."""

    name: str
    days: int = Field(default=30, ge=1, le=366)


class Point(Message):
    """A value on a day."""

    at: Moment
    value: float


class Series(Message):
    """In order of time; a day that is not known is absent, never 0."""

    points: tuple[Point, ...] = ()
    now: float | None = None


class Figures(Protocol):
    """Numbers that an overview draws."""

    async def names(self, query: Query) -> FigureNames:
        """What there is."""
        ...

    async def series(self, query: SeriesQuery) -> Series:
        """One of them."""
        ...


class JobProgress(Message):
    """Where a long job stands, for the pages that watch it."""

    job_id: UUID
    done: int = 0
    total: int = 0
    note: str = ""
