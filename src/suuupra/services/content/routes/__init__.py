"""Public REST of content."""

from fastapi import APIRouter

from suuupra.services.content.routes.approvals import approval_routes
from suuupra.services.content.routes.authoring import authoring_routes
from suuupra.services.content.routes.enrolments import enrolment_routes
from suuupra.services.content.routes.learning import learning_routes
from suuupra.services.content.routes.reading import reading_routes
from suuupra.services.content.service.content import Content


def routes(content: Content) -> APIRouter:
    """`/api/v1/…`."""
    router = APIRouter(prefix="/api/v1", tags=["content"])
    parts = (reading_routes, authoring_routes, approval_routes, enrolment_routes, learning_routes)
    for part in parts:
        router.include_router(part(content))
    return router
