"""Public REST of identity."""

from fastapi import APIRouter

from suuupra.services.identity.routes.doors import add_doors
from suuupra.services.identity.routes.me import add_me
from suuupra.services.identity.routes.users import add_users
from suuupra.services.identity.service import Identity


def routes(identity: Identity) -> APIRouter:
    """`/api/v1/…`, in one flat router, so that each route knows its whole path."""
    router = APIRouter(prefix="/api/v1", tags=["identity"])
    for add in (add_doors, add_me, add_users):
        add(router, identity)
    return router
