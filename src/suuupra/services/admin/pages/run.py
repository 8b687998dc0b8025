"""Health, jobs and errors: pages that only show, and keep themselves fresh."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.services.admin.pages.acting import Pager, cursor_of, query_of, same_page
from suuupra.services.admin.pages.deliveries import COLOURS, older_of
from suuupra.services.admin.service.deliveries import (
    JOB_STATES,
    DeliveryList,
    DeskQuery,
    ErrorList,
    ErrorsQuery,
)
from suuupra.services.admin.service.desk import Desk
from suuupra.services.admin.service.numbers import ServiceHealth, Silence
from suuupra.web.answers import wants_fragment
from suuupra.web.draw import draw
from suuupra.web.frame import Item
from suuupra.web.parts import Column

PAGE_SIZE = 25
JOB_LABELS = {
    "running": "Running",
    "ready": "Waiting",
    "done": "Done",
    "dead": "Dead",
    "cancelled": "Cancelled",
}
JOB_KINDS = {"running": "neel", "ready": "", "done": "good", "cancelled": ""} | COLOURS
HEALTH_WORDS = {"well": "Well", "degraded": "Degraded", "away": "Away"}
HEALTH_KINDS = {"well": "good", "degraded": "warn", "away": "bad"}


@dataclass(frozen=True)
class HealthView:
    """Every part of every service. `mail_href` leads to the spool where there is one to look at."""

    columns: ClassVar[tuple[Column, ...]] = (
        Column("Service"),
        Column("State"),
        Column("Part"),
        Column("Version"),
        Column("What it means"),
    )
    services: tuple[ServiceHealth, ...]
    words: Mapping[str, str]
    kinds: Mapping[str, str]
    mail_href: str = ""

    @property
    def unwell(self) -> int:
        return sum(one.state != "well" for one in self.services)


@dataclass(frozen=True)
class JobsView:
    """Jobs of one state. `here` is this page, for the poll."""

    columns: ClassVar[tuple[Column, ...]] = (
        Column("Job"),
        Column("State"),
        Column("Progress"),
        Column("Tries", "end"),
        Column("Since"),
    )
    found: DeliveryList
    state: str
    service: str
    tabs: tuple[Item, ...]
    older: tuple[Item, ...]
    pager: Pager
    silent: tuple[Silence, ...]
    labels: Mapping[str, str]
    kinds: Mapping[str, str]
    here: str


@dataclass(frozen=True)
class ErrorsView:
    """Groups of errors, the latest first."""

    found: ErrorList
    service: str
    older: tuple[Item, ...]
    pager: Pager


def run_pages(desk: Desk) -> list[Route]:
    """`/admin/health`, `/admin/jobs`, `/admin/errors`."""

    async def health(request: Request) -> Response:
        mail = "/dev/mail" if desk.site.environment == "dev" else ""
        view = HealthView(await desk.numbers.health(), HEALTH_WORDS, HEALTH_KINDS, mail)
        template = "_health.html" if wants_fragment(request) else "health.html"
        return draw(request, f"admin/{template}", view, title="Service health")

    async def jobs(request: Request) -> Response:
        state, service = query_of(request, "state") or "running", query_of(request, "service")
        query = DeskQuery(
            kind="job", state=state, service=service, cursor=cursor_of(request), limit=PAGE_SIZE
        )
        found = await desk.deliveries.page(query)
        counts, silent = await desk.numbers.counts()
        totals = {name: sum(one.counts.jobs.get(name, 0) for one in counts) for name in JOB_STATES}
        tabs = tuple(
            Item(JOB_LABELS[name], f"/admin/jobs?state={name}", current=name == state, count=totals[name])
            for name in JOB_STATES
        )
        view = JobsView(
            found=found,
            state=state,
            service=service,
            tabs=tabs,
            older=older_of("/admin/jobs", found.more, state=state),
            pager=Pager("", same_page(request, cursor=None) if query.cursor else ""),
            silent=silent or found.silent,
            labels=JOB_LABELS,
            kinds=JOB_KINDS,
            here=same_page(request),
        )
        template = "_jobs.html" if wants_fragment(request) else "jobs.html"
        return draw(request, f"admin/{template}", view, title="Jobs")

    async def errors(request: Request) -> Response:
        service = query_of(request, "service")
        query = ErrorsQuery(service=service, cursor=cursor_of(request), limit=PAGE_SIZE)
        found = await desk.deliveries.errors(query)
        pager = Pager("", same_page(request, cursor=None) if query.cursor else "")
        view = ErrorsView(found, service, older_of("/admin/errors", found.more), pager)
        return draw(request, "admin/errors.html", view, title="Errors")

    return [
        Route("/admin/health", health),
        Route("/admin/jobs", jobs),
        Route("/admin/errors", errors),
    ]
