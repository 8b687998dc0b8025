"""Overview, health, jobs, deliveries, errors and the audit log by REST."""

from typing import Annotated

from fastapi import APIRouter, Query

from suuupra.kernel.messages import Message, Nothing
from suuupra.kernel.pagination import Page
from suuupra.services.admin.api import AuditEntry, AuditQuery
from suuupra.services.admin.routes.people import Why
from suuupra.services.admin.service.deliveries import DeliveryList, DeskQuery, ErrorList, ErrorsQuery
from suuupra.services.admin.service.desk import Desk
from suuupra.services.admin.service.numbers import (
    Overlook,
    Overview,
    ServiceCounts,
    ServiceHealth,
    Silence,
)


class HealthList(Message):
    services: tuple[ServiceHealth, ...] = ()


class JobList(Message):
    """Counts by service, and the jobs of one state."""

    counts: tuple[ServiceCounts, ...] = ()
    jobs: DeliveryList = DeliveryList()
    silent: tuple[Silence, ...] = ()


def run_routes(router: APIRouter, desk: Desk) -> None:
    """What runs, and the trail."""

    @router.get("/overview")
    async def overview(query: Annotated[Overlook, Query()]) -> Overview:
        """Figures by day, health, what waits for a person."""
        return await desk.numbers.overview(query)

    @router.get("/health")
    async def health() -> HealthList:
        """The parts of every service."""
        return HealthList(services=await desk.numbers.health())

    @router.get("/jobs")
    async def jobs(state: str = "running", service: str = "", cursor: str | None = None) -> JobList:
        """Jobs of one state, and how many there are of each."""
        counts, silent = await desk.numbers.counts()
        asked = DeskQuery(kind="job", state=state, service=service, cursor=cursor)
        return JobList(counts=counts, jobs=await desk.deliveries.page(asked), silent=silent)

    @router.get("/deliveries")
    async def deliveries(query: Annotated[DeskQuery, Query()]) -> DeliveryList:
        """Parked events or dead jobs, with their traces."""
        return await desk.deliveries.page(query)

    @router.post("/deliveries/{reference}/retries")
    async def retry(reference: str, body: Why) -> Nothing:
        """Send it again."""
        return await desk.deliveries.retry(reference, body.reason)

    @router.post("/deliveries/{reference}/discards")
    async def discard(reference: str, body: Why) -> Nothing:
        """Give it up."""
        return await desk.deliveries.discard(reference, body.reason)

    @router.get("/errors")
    async def errors(query: Annotated[ErrorsQuery, Query()]) -> ErrorList:
        """Groups of errors, the latest first."""
        return await desk.deliveries.errors(query)

    @router.get("/audit")
    async def audit(query: Annotated[AuditQuery, Query()]) -> Page[AuditEntry]:
        """Who did what to what and why, newest first."""
        return await desk.trail.entries(query)
