"""The audit log as people read it: names for ids, what changed field by field, whether the hash holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.problems import Invalid
from suuupra.services.admin.api import NAME_MAX, AuditQuery
from suuupra.services.admin.pages.acting import Pager, cursor_of, query_of
from suuupra.services.admin.service.desk import Desk
from suuupra.services.admin.service.lines import Line, id_in, lines_of
from suuupra.web.draw import draw, frame_of
from suuupra.web.parts import Column

HERE = "/admin/audit"
PAGE_SIZE = 50
YEARS = range(1970, 2200)
FILTERS = ("actor", "action", "target", "source", "about", "since", "until")


@dataclass(frozen=True)
class AuditView:
    """The log and its filters."""

    columns: ClassVar[tuple[Column, ...]] = (
        Column("When"),
        Column("Who"),
        Column("Did what"),
        Column("To what"),
        Column("Before and after"),
        Column("Reason"),
    )
    lines: tuple[Line, ...]
    pager: Pager
    filters: Mapping[str, str]

    @property
    def is_filtered(self) -> bool:
        return any(self.filters.values())

    @property
    def has_more(self) -> bool:
        """Whether one of the filters is set that stand behind the first."""
        return any(self.filters[name] for name in ("target", "actor", "source", "since", "until"))


def day(text: str, pointer: str, zone: str) -> datetime | None:
    """Midnight of a day on the calendar of `zone`."""
    if not text:
        return None
    try:
        chosen = date.fromisoformat(text)
    except ValueError:
        chosen = date.min
    if chosen.year not in YEARS:
        raise Invalid.at(pointer, "Write a day such as 2026-11-21.")
    return datetime.combine(chosen, time(), ZoneInfo(zone))


def query_from(request: Request) -> tuple[AuditQuery, dict[str, str]]:
    """The question of the address, and its filters as they stand in the form."""
    filters = {name: query_of(request, name)[:NAME_MAX] for name in FILTERS}
    zone = frame_of(request).zone
    until = day(filters["until"], "/until", zone)
    if filters["about"] and id_in(filters["about"]) is None:
        raise Invalid.at("/about", "This is not the id of a person.")
    query = AuditQuery(
        **{name: filters[name] for name in ("actor", "action", "target", "source")},
        about=id_in(filters["about"]),
        since_at=day(filters["since"], "/since", zone),
        until_at=until + timedelta(days=1) if until else None,
        cursor=cursor_of(request),
        limit=PAGE_SIZE,
    )
    return query, filters


def audit_pages(desk: Desk) -> list[Route]:
    """`/admin/audit`."""

    async def listing(request: Request) -> Response:
        query, filters = query_from(request)
        found = await desk.trail.entries(query)
        view = AuditView(await lines_of(desk.people, found.items), Pager.of(request, found.next), filters)
        return draw(request, "admin/audit.html", view, title="Audit log")

    return [Route(HERE, listing)]
