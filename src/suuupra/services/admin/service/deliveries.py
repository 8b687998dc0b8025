"""Parked events, dead jobs, all jobs by state and groups of errors, over every service of the house.

Each service pages through its own rows. One list over all of them shows the newest of each; older ones are
reached service by service, since a cursor belongs to one owner.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from pydantic import Field

from suuupra.kernel.messages import Message, Nothing
from suuupra.kernel.oversight import (
    Deliveries,
    Delivery,
    DeliveryNotFound,
    DeliveryQuery,
    DiscardDelivery,
    ErrorGroup,
    Health,
    RetryDelivery,
)
from suuupra.kernel.pagination import Page, PageQuery
from suuupra.kernel.problems import Invalid
from suuupra.services.admin.service.ground import (
    SEES_DELIVERIES,
    SEES_HEALTH,
    SETTLES_DELIVERIES,
    Ground,
    said,
    staff,
)
from suuupra.services.admin.service.numbers import Silence, silences

PER_SERVICE = 25
JOB_STATES = ("running", "ready", "done", "dead", "cancelled")
EVENT_STATES = ("parked", "skipped", "failed", "waiting", "done")
KINDS = ("event", "job")
P = TypeVar("P")
T = TypeVar("T", bound=Message)


class DeskQuery(PageQuery):
    """`service` empty: the newest of each. `state` empty: those that wait for a person."""

    kind: str = "event"
    state: str = ""
    service: str = Field(default="", max_length=60)


class ErrorsQuery(PageQuery):
    """`service` empty: the newest of each."""

    service: str = Field(default="", max_length=60)


class Placed(Message):
    """A delivery and whose it is. `reference` names it among all services."""

    service: str
    reference: str
    delivery: Delivery


class DeliveryList(Message):
    """`more` holds, by service, the cursor of its older ones."""

    items: tuple[Placed, ...] = ()
    more: dict[str, str] = Field(default_factory=dict)
    silent: tuple[Silence, ...] = ()


class PlacedError(Message):
    """A group of errors and where they arise."""

    service: str
    group: ErrorGroup


class ErrorList(Message):
    """`more` holds, by service, the cursor of its older ones."""

    items: tuple[PlacedError, ...] = ()
    more: dict[str, str] = Field(default_factory=dict)
    silent: tuple[Silence, ...] = ()


class DeliveryDesk:
    """Lists, sends again, gives up."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def services(self) -> tuple[str, ...]:
        """Whose deliveries there are."""
        return tuple(sorted(self._ground.neighbours.deliveries))

    async def page(self, query: DeskQuery) -> DeliveryList:
        staff(SEES_DELIVERIES)
        check(query)

        def ask(port: Deliveries, cursor: str | None, limit: int) -> Awaitable[Page[Delivery]]:
            wanted = DeliveryQuery(kind=query.kind, state=query.state or None, cursor=cursor, limit=limit)
            return port.page(wanted)

        purpose = f"admin.deliveries:{query.kind}:{query.state}"
        pages, silent = await self._gathered(self._ground.neighbours.deliveries, query, purpose, ask)
        placed = [
            Placed(service=name, reference=f"{name}:{one.id}", delivery=one)
            for name, found in pages.items()
            for one in found.items
        ]
        placed.sort(key=lambda one: (one.delivery.at is not None, one.delivery.at), reverse=True)
        return DeliveryList(items=tuple(placed), more=self._more(purpose, pages), silent=silent)

    async def errors(self, query: ErrorsQuery) -> ErrorList:
        staff(SEES_HEALTH)

        def ask(port: Health, cursor: str | None, limit: int) -> Awaitable[Page[ErrorGroup]]:
            return port.errors(PageQuery(cursor=cursor, limit=limit))

        purpose = "admin.errors"
        pages, silent = await self._gathered(self._ground.neighbours.health, query, purpose, ask)
        placed = [
            PlacedError(service=name, group=one) for name, found in pages.items() for one in found.items
        ]
        placed.sort(key=lambda one: one.group.last_at, reverse=True)
        return ErrorList(items=tuple(placed), more=self._more(purpose, pages), silent=silent)

    async def retry(self, reference: str, reason: str) -> Nothing:
        """`DeliveryNotFound` where it is gone or done."""
        staff(SETTLES_DELIVERIES)
        port, own = self._owner(reference)
        return await port.retry(RetryDelivery(id=own, reason=said(reason)))

    async def discard(self, reference: str, reason: str) -> Nothing:
        """`DeliveryNotFound` where it is gone or done."""
        staff(SETTLES_DELIVERIES)
        port, own = self._owner(reference)
        return await port.discard(DiscardDelivery(id=own, reason=said(reason)))

    def _owner(self, reference: str) -> tuple[Deliveries, str]:
        service, _, own = reference.partition(":")
        port = self._ground.neighbours.deliveries.get(service)
        if port is None or not own:
            raise DeliveryNotFound
        return port, own

    async def _gathered(
        self,
        ports: Mapping[str, P],
        query: DeskQuery | ErrorsQuery,
        purpose: str,
        ask: Callable[[P, str | None, int], Awaitable[Page[T]]],
    ) -> tuple[dict[str, Page[T]], tuple[Silence, ...]]:
        """One service by its cursor, or the newest of each, asked at once."""
        if query.service:
            if query.service not in ports:
                raise Invalid.at("/service", "There is no such service here.")
            ports = {query.service: ports[query.service]}
        elif query.cursor is not None:
            raise Invalid.at("/cursor", "Choose a service to see its older ones.")
        cursors = {name: self._inner(f"{purpose}:{name}", query.cursor) for name in ports}
        limit = query.limit if query.service else min(query.limit, PER_SERVICE)
        asked = [
            self._ground.quiet.ask(f"{purpose} of {name}", ask(port, cursors[name], limit))
            for name, port in ports.items()
        ]
        heard = dict(zip(ports, await asyncio.gather(*asked), strict=True))
        return {name: one.value for name, one in heard.items() if one.value is not None}, silences(heard)

    def _inner(self, purpose: str, cursor: str | None) -> str | None:
        position = self._ground.cursors.read(purpose, cursor)
        return None if position is None else str(position[0])

    def _more(self, purpose: str, pages: Mapping[str, Page[Any]]) -> dict[str, str]:
        write = self._ground.cursors.write
        return {
            name: write(f"{purpose}:{name}", (found.next,)) for name, found in pages.items() if found.next
        }


def check(query: DeskQuery) -> None:
    """`Invalid` for a kind or state that deliveries do not have."""
    if query.kind not in KINDS:
        raise Invalid.at("/kind", "Choose events or jobs.")
    known = EVENT_STATES if query.kind == "event" else JOB_STATES
    if query.state and query.state not in known:
        raise Invalid.at("/state", "Choose a state of the list.")
