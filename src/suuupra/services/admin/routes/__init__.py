"""REST of admin: everything that its pages show and do, under `/api/v1/admin`."""

from fastapi import APIRouter

from suuupra.services.admin.routes.courses import course_routes
from suuupra.services.admin.routes.people import people_routes
from suuupra.services.admin.routes.run import run_routes
from suuupra.services.admin.service.desk import Desk


def routes(desk: Desk) -> APIRouter:
    """One router over the parts."""
    router = APIRouter(prefix="/api/v1/admin", tags=["admin"])
    for part in (run_routes(desk), people_routes(desk), course_routes(desk)):
        router.include_router(part)
    return router
