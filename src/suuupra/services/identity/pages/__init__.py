"""Pages of identity: the doors in and out, the settings, other sites' sign-in, pictures."""

from starlette.routing import Route

from suuupra.services.identity.pages.doors import door_pages
from suuupra.services.identity.pages.links import link_pages
from suuupra.services.identity.pages.pictures import picture_pages
from suuupra.services.identity.pages.security import security_pages
from suuupra.services.identity.pages.settings import settings_pages
from suuupra.services.identity.pages.step_up import step_up_pages
from suuupra.services.identity.pages.upstreams import upstream_pages
from suuupra.services.identity.service import Identity


def pages(identity: Identity) -> list[Route]:
    """All of them."""
    return [
        *door_pages(identity),
        *link_pages(identity),
        *step_up_pages(identity),
        *upstream_pages(identity),
        *settings_pages(identity),
        *security_pages(identity),
        *picture_pages(identity),
    ]
