"""Deliveries: events that parked and jobs that died, with their traces; sent again or given up."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.call import principal
from suuupra.services.admin.pages.acting import (
    NOT_TRIED,
    Act,
    Pager,
    Tried,
    cursor_of,
    query_of,
    same_page,
)
from suuupra.services.admin.service.deliveries import DeliveryList, DeskQuery
from suuupra.services.admin.service.desk import Desk
from suuupra.services.admin.service.ground import SETTLES_DELIVERIES
from suuupra.services.identity.api import Back
from suuupra.web.draw import draw
from suuupra.web.frame import Item

HERE = "/admin/deliveries"
PAGE_SIZE = 25
KINDS = {"event": "Parked events", "job": "Dead jobs"}
COLOURS = {"parked": "bad", "dead": "bad", "skipped": "warn", "failed": "warn", "waiting": "warn"}


@dataclass(frozen=True)
class DeliveriesView:
    """One tab. `older` leads, by service, to its older ones."""

    found: DeliveryList
    kind: str
    service: str
    services: tuple[str, ...]
    tabs: tuple[Item, ...]
    older: tuple[Item, ...]
    pager: Pager
    may_settle: bool
    tried: Tried
    colours: Mapping[str, str]

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """Services to filter by."""
        return (("", "All services"), *((name, name) for name in self.services))


class DeliveryPages:
    """The page, over the use cases."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk.deliveries

    async def show(self, request: Request) -> Response:
        return await self._draw(request, NOT_TRIED)

    async def _draw(self, request: Request, tried: Tried) -> Response:
        kind, service = query_of(request, "kind") or "event", query_of(request, "service")
        query = DeskQuery(kind=kind, service=service, cursor=cursor_of(request), limit=PAGE_SIZE)
        found = await self._desk.page(query)
        tabs = tuple(
            Item(label, f"{HERE}?kind={name}", current=name == kind) for name, label in KINDS.items()
        )
        view = DeliveriesView(
            found=found,
            kind=kind,
            service=service,
            services=self._desk.services(),
            tabs=tabs,
            older=older_of(HERE, found.more, kind=kind),
            pager=Pager("", same_page(request, cursor=None) if query.cursor else ""),
            may_settle=principal().may(SETTLES_DELIVERIES),
            tried=tried,
            colours=COLOURS,
        )
        return draw(request, "admin/deliveries.html", view, title="Deliveries", status=tried.status)

    def act(self, path: str, do: Callable[[str, str], Awaitable[object]], done: str) -> Route:
        """A form of one delivery. The list comes back as it was, by the filters in the form's address."""

        async def answer(request: Request) -> Response:
            reference = str(request.path_params["reference"])

            async def run(fields: Mapping[str, str], _back: Back) -> str:
                await do(reference, fields.get("reason", ""))
                return done

            kind = "job" if ":job:" in reference else "event"
            return await Act(f"{path} {reference}", run, f"{HERE}?kind={kind}", self._draw).answer(request)

        return Route(f"{HERE}/{{reference}}/{path}", answer, methods=["POST"])


def older_of(here: str, more: Mapping[str, str], **filters: str) -> tuple[Item, ...]:
    """Where each service goes on."""
    kept = "".join(f"&{name}={value}" for name, value in filters.items())
    return tuple(Item(name, f"{here}?service={name}&cursor={cursor}{kept}") for name, cursor in more.items())


def delivery_pages(desk: Desk) -> list[Route]:
    """`/admin/deliveries`, and what can be done to one."""
    pages = DeliveryPages(desk)
    return [
        Route(HERE, pages.show),
        pages.act("retries", desk.deliveries.retry, "Sent again. It runs within a second."),
        pages.act("discards", desk.deliveries.discard, "Discarded. The reason stands in the audit log."),
    ]
