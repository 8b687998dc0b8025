"""The home page, and the file that tells crawlers what is not for them."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from suuupra.kernel.auth import Identified
from suuupra.kernel.call import principal
from suuupra.kernel.manifest import Site
from suuupra.kernel.stores import Cache
from suuupra.services.content import api as content
from suuupra.services.portal.pages import shapes
from suuupra.services.portal.pages.strangers import for_strangers
from suuupra.services.portal.service import Storefront
from suuupra.web.answers import PRIVATE, PUBLIC
from suuupra.web.draw import draw
from suuupra.web.parts import CourseCard, ResumeCard

PRIVATE_PATHS = ("/admin", "/api/", "/learn", "/teach", "/account", "/settings")
DESCRIPTION = "Courses by teachers who love their subject, at your own pace, on any screen."


@dataclass(frozen=True)
class HomeView:
    """The home page."""

    resume: ResumeCard | None
    categories: tuple[content.Category, ...]
    cards: tuple[CourseCard, ...]


def home_pages(site: Site, storefront: Storefront, cache: Cache) -> list[Route]:
    """`/` and `/robots.txt`."""

    async def home(request: Request) -> Response:
        found = await storefront.home(principal())
        who: Identified = request.state.identified
        view = HomeView(
            shapes.resume_of(found.mine[0], who.name) if found.mine else None,
            found.categories,
            tuple(shapes.card_of(card, found.faces) for card in found.shelf.items),
        )
        return draw(
            request,
            "portal/home.html",
            view,
            description=DESCRIPTION,
            canonical=site.link("/"),
            cache=cache_of(request),
        )

    async def robots(_: Request) -> Response:
        lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE_PATHS)]
        return PlainTextResponse("\n".join(lines) + "\n")

    return [Route("/", for_strangers(cache, home)), Route("/robots.txt", robots)]


def cache_of(request: Request) -> str:
    """Pages of strangers may be kept by a shared cache, those of people never."""
    who: Identified = request.state.identified
    return PRIVATE if who.principal.is_person else PUBLIC
