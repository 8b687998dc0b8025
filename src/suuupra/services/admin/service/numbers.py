"""The numbers: figures of every service by day, health, what runs and what waits, all asked at once."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from suuupra.kernel.clock import Moment
from suuupra.kernel.messages import Message, Query
from suuupra.kernel.oversight import (
    Deliveries,
    DeliveryCounts,
    Figures,
    Health,
    HealthReport,
    Part,
    Point,
    SeriesQuery,
)
from suuupra.services.admin.service.ground import SEES_DELIVERIES, SEES_HEALTH, Ground, staff
from suuupra.services.admin.service.quiet import Heard
from suuupra.services.content import api as content
from suuupra.services.vod import api as vod

WAITING_MAX = 100
WORST = ("well", "degraded", "away")


class Overlook(Query):
    """How many days, today included."""

    days: int = Field(default=30, ge=2, le=366)


class Silence(Message):
    """A part that does not answer, and since when this process knows."""

    part: str
    since_at: Moment


class Figure(Message):
    """One figure of one service. `now` is what it stands at; days that nobody knows are absent."""

    service: str
    name: str
    title: str
    unit: str = ""
    definition: str = ""
    freshness_s: int = 60
    points: tuple[Point, ...] = ()
    now: float | None = None

    @property
    def key(self) -> str:
        """Unique over all services, whether or not the name says whose it is."""
        return f"{self.service}.{self.name.removeprefix(f'{self.service}.')}"


class ServiceHealth(Message):
    """`state` is that of its worst part; silent services are `away`."""

    service: str
    state: str = "well"
    parts: tuple[Part, ...] = ()
    since_at: Moment | None = None


class ServiceCounts(Message):
    """Inbox rows and jobs of one service by state."""

    service: str
    counts: DeliveryCounts = DeliveryCounts()


class Waiting(Message):
    """Something that waits for a person: `approvals`, `events`, `jobs` or `encodings`."""

    kind: str
    count: int
    is_more: bool = False


class Overview(Message):
    """What the first page of the desk draws."""

    days: int
    figures: tuple[Figure, ...] = ()
    health: tuple[ServiceHealth, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    silent: tuple[Silence, ...] = ()


class Numbers:
    """Asks every service beside the others; whoever is silent is named and costs nobody else a panel."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def overview(self, query: Overlook) -> Overview:
        staff()
        (figures, silent), health, (waiting, mute) = await asyncio.gather(
            self._figures(query.days), self._health(), self._waiting()
        )
        return Overview(
            days=query.days, figures=figures, health=health, waiting=waiting, silent=(*silent, *mute)
        )

    async def health(self) -> tuple[ServiceHealth, ...]:
        """Every part of every service."""
        staff(SEES_HEALTH)
        return await self._health()

    async def _health(self) -> tuple[ServiceHealth, ...]:
        async def ask(name: str, port: Health) -> ServiceHealth:
            heard = await self._ground.quiet.ask(f"health of {name}", port.report(Query()))
            return _health_of(name, heard)

        return tuple(await asyncio.gather(*(ask(*one) for one in self._ground.neighbours.health.items())))

    async def counts(self) -> tuple[tuple[ServiceCounts, ...], tuple[Silence, ...]]:
        """What runs, waits and failed, by service."""
        staff(SEES_DELIVERIES)
        return await self._counts(self._ground.neighbours.deliveries)

    async def _counts(
        self, ports: Mapping[str, Deliveries]
    ) -> tuple[tuple[ServiceCounts, ...], tuple[Silence, ...]]:
        asked = (
            self._ground.quiet.ask(f"deliveries of {name}", port.counts(Query()))
            for name, port in ports.items()
        )
        heard = dict(zip(ports, await asyncio.gather(*asked), strict=True))
        told = tuple(
            ServiceCounts(service=name, counts=one.value)
            for name, one in heard.items()
            if one.value is not None
        )
        return told, silences({f"deliveries of {name}": one for name, one in heard.items()})

    async def _figures(self, days: int) -> tuple[tuple[Figure, ...], tuple[Silence, ...]]:
        ports = self._ground.neighbours.figures

        async def ask(name: str, port: Figures) -> Heard[tuple[Figure, ...]]:
            return await self._ground.quiet.ask(f"figures of {name}", _figures_of(name, port, days))

        heard = dict(zip(ports, await asyncio.gather(*(ask(*one) for one in ports.items())), strict=True))
        found = tuple(figure for one in heard.values() for figure in one.value or ())
        return found, silences({f"figures of {name}": one for name, one in heard.items()})

    async def _waiting(self) -> tuple[tuple[Waiting, ...], tuple[Silence, ...]]:
        """What whoever looks may settle."""
        who, ports, ask = staff(), self._ground.neighbours, self._ground.quiet.ask
        questions = []
        if who.may(SEES_DELIVERIES):
            questions.append(ask("deliveries", self._stuck()))
        if ports.approvals is not None and who.may("content.course.approve"):
            questions.append(ask("approvals", _approvals(ports.approvals)))
        if ports.assets is not None and who.may("vod.encoding.view"):
            questions.append(ask("encodings", _failed(ports.assets)))
        heard = await asyncio.gather(*questions)
        found = tuple(waiting for one in heard for waiting in one.value or () if waiting.count)
        silent = tuple(
            Silence(part="what waits for a person", since_at=one.silent_since)
            for one in heard
            if one.silent_since is not None
        )
        return found, silent[:1]

    async def _stuck(self) -> tuple[Waiting, ...]:
        told, _ = await self._counts(self._ground.neighbours.deliveries)
        events = sum(one.counts.events.get("parked", 0) for one in told)
        jobs = sum(one.counts.jobs.get("dead", 0) for one in told)
        return Waiting(kind="events", count=events), Waiting(kind="jobs", count=jobs)


def silences(heard: Mapping[str, Heard[object]]) -> tuple[Silence, ...]:
    """Who did not answer."""
    since: dict[str, datetime | None] = {name: one.silent_since for name, one in heard.items()}
    return tuple(Silence(part=name, since_at=at) for name, at in since.items() if at is not None)


async def _figures_of(service: str, port: Figures, days: int) -> tuple[Figure, ...]:
    names = (await port.names(Query())).figures
    series = await asyncio.gather(*(port.series(SeriesQuery(name=one.name, days=days)) for one in names))
    return tuple(
        Figure(
            service=service,
            name=one.name,
            title=one.title,
            unit=one.unit,
            definition=one.definition,
            freshness_s=one.freshness_s,
            points=found.points,
            now=found.now,
        )
        for one, found in zip(names, series, strict=True)
    )


def _health_of(service: str, heard: Heard[HealthReport]) -> ServiceHealth:
    if heard.value is None:
        return ServiceHealth(service=service, state="away", since_at=heard.silent_since)
    parts = heard.value.parts
    state = max((part.state for part in parts), key=_badness, default="well")
    return ServiceHealth(service=service, state=state, parts=parts)


async def _approvals(port: content.Approvals) -> tuple[Waiting, ...]:
    found = await port.page(content.CasesQuery(limit=WAITING_MAX))
    return (Waiting(kind="approvals", count=len(found.items), is_more=found.next is not None),)


async def _failed(port: vod.Assets) -> tuple[Waiting, ...]:
    found = await port.page(vod.AssetsQuery(state=vod.AssetState.FAILED, limit=WAITING_MAX))
    return (Waiting(kind="encodings", count=len(found.items), is_more=found.next is not None),)


def _badness(state: str) -> int:
    """A state that this release does not know is worth a look."""
    return WORST.index(state) if state in WORST else 1
