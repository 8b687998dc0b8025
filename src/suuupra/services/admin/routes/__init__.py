"""REST of admin: everything that its pages show and do, under `/api/v1/admin`."""

from fastapi import APIRouter

from suuupra.services.admin.routes.courses import course_routes, encoding_routes
from suuupra.services.admin.routes.people import people_routes
from suuupra.services.admin.routes.run import run_routes
from suuupra.services.admin.service.desk import Desk


def routes(desk: Desk) -> APIRouter:
    """One router, filled by its parts."""
    router = APIRouter(prefix="/api/v1/admin", tags=["admin"])
    run_routes(router, desk)
    people_routes(router, desk)
    course_routes(router, desk)
    encoding_routes(router, desk)
    return router
