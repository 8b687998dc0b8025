"""Public REST of identity."""

from fastapi import APIRouter

from suuupra.services.identity.routes.doors import door_routes
from suuupra.services.identity.routes.me import me_routes
from suuupra.services.identity.routes.users import user_routes
from suuupra.services.identity.service import Identity


def routes(identity: Identity) -> APIRouter:
    """`/api/v1/…`."""
    router = APIRouter(prefix="/api/v1", tags=["identity"])
    for part in (door_routes(identity), me_routes(identity), user_routes(identity)):
        router.include_router(part)
    return router
