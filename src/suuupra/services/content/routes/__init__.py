"""Public REST of content."""

from fastapi import APIRouter

from suuupra.services.content.routes.approvals import add_approvals
from suuupra.services.content.routes.authoring import add_authoring
from suuupra.services.content.routes.enrolments import add_enrolments
from suuupra.services.content.routes.learning import add_learning
from suuupra.services.content.routes.reading import add_reading
from suuupra.services.content.service.content import Content


def routes(content: Content) -> APIRouter:
    """`/api/v1/…`, in one flat router, so that each route knows its whole path."""
    router = APIRouter(prefix="/api/v1", tags=["content"])
    for add in (add_reading, add_authoring, add_approvals, add_enrolments, add_learning):
        add(router, content)
    return router
