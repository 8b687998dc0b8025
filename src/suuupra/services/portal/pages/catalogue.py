"""The catalogue: `/courses` and `/categories/{slug}`, narrowed by links that work without JavaScript."""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.manifest import Site
from suuupra.kernel.stores import Cache
from suuupra.services.content import api as content
from suuupra.services.portal.pages import shapes
from suuupra.services.portal.pages.home import cache_of
from suuupra.services.portal.pages.strangers import for_strangers
from suuupra.services.portal.service import Storefront
from suuupra.services.portal.service.storefront import Found
from suuupra.web.answers import wants_fragment
from suuupra.web.draw import draw
from suuupra.web.parts import CourseCard

FACETS = ("category", "level", "language", "admission", "tag")
SORTS = (("popular", "Most learners"), ("newest", "Newest"), ("title", "By title"))


@dataclass(frozen=True)
class Choice:
    """One value of a facet, as a link that sets or clears it."""

    label: str
    count: int
    href: str
    current: bool


@dataclass(frozen=True)
class CatalogueView:
    """The catalogue: what was asked, what was found, what could be narrowed."""

    text: str
    was_cut: bool
    ignored: tuple[str, ...]
    total: int
    cards: tuple[CourseCard, ...]
    facets: tuple[tuple[str, tuple[Choice, ...]], ...]
    chips: tuple[Choice, ...]
    sorts: tuple[Choice, ...]
    hidden: tuple[tuple[str, str], ...]
    next: str
    is_narrowed: bool


def catalogue_pages(site: Site, storefront: Storefront, cache: Cache) -> list[Route]:
    """Routes of the catalogue."""

    async def catalogue(request: Request) -> Response:
        question = _question(request)
        found = await storefront.find(question)
        view = _catalogue(request, found, question)
        if wants_fragment(request):
            part = "_more.html" if "cursor" in question else "_results.html"
            return draw(request, f"portal/{part}", view)
        many = sum(name in question for name in FACETS) > 1
        return draw(
            request,
            "portal/catalogue.html",
            view,
            title=_heading(found, question),
            description="All courses of this site, by subject, level and language.",
            canonical=site.link(request.url.path),
            robots="noindex" if many or "text" in question else "",
            cache=cache_of(request),
        )

    shared = for_strangers(cache, catalogue)
    return [Route("/courses", shared), Route("/categories/{category}", shared)]


def _question(request: Request) -> dict[str, str]:
    asked = dict(request.query_params) | dict(request.path_params)
    text, _ = shapes.tidy_text(asked.get("q", "") or asked.get("text", ""))
    question = {name: asked[name] for name in (*FACETS, "cursor") if asked.get(name)}
    question["sort"] = (
        asked["sort"] if asked.get("sort") in dict(SORTS) else ("relevance" if text else "popular")
    )
    return question | ({"text": text} if text else {})


def _heading(found: Found, question: dict[str, str]) -> str:
    named = [item.title for item in found.categories if item.slug == question.get("category")]
    return named[0] if named else "Courses"


def _catalogue(request: Request, found: Found, question: dict[str, str]) -> CatalogueView:
    asked = {name: value for name, value in question.items() if name not in {"cursor", "text"}}
    if question["sort"] in {"popular", "relevance"}:
        asked.pop("sort")
    if "text" in question:
        asked["q"] = question["text"]
    labels = (
        ("Level", "level", found.shelf.facets.levels),
        ("Language", "language", found.shelf.facets.languages),
        ("Joining", "admission", found.shelf.facets.admissions),
    )
    chips = [Choice("All", 0, _href(asked, "category", ""), "category" not in question)]
    chips += [
        Choice(
            item.title, item.count, _href(asked, "category", item.slug), question.get("category") == item.slug
        )
        for item in found.categories
        if item.count or question.get("category") == item.slug
    ]
    _, was_cut = shapes.tidy_text(request.query_params.get("q", ""))
    following = _href(asked, "cursor", found.shelf.next) if found.shelf.next else ""
    labelled = tuple((label, _choices(asked, name, values)) for label, name, values in labels if values)
    return CatalogueView(
        text=question.get("text", ""),
        was_cut=was_cut,
        ignored=found.shelf.ignored,
        total=found.shelf.total,
        cards=tuple(shapes.card_of(card, found.faces) for card in found.shelf.items),
        facets=labelled,
        chips=tuple(chips),
        sorts=tuple(
            Choice(label, 0, _href(asked, "sort", name), question["sort"] == name) for name, label in SORTS
        ),
        hidden=tuple((name, value) for name, value in asked.items() if name != "q"),
        next=following,
        is_narrowed=any(choice.current for _, choices in labelled for choice in choices),
    )


def _choices(asked: dict[str, str], name: str, values: tuple[content.FacetCount, ...]) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            item.label,
            item.count,
            _href(asked, name, "" if asked.get(name) == item.value else item.value),
            asked.get(name) == item.value,
        )
        for item in values
    )


def _href(asked: dict[str, str], name: str, value: str) -> str:
    kept = {key: found for key, found in asked.items() if key != name} | ({name: value} if value else {})
    category = kept.pop("category", "")
    path = f"/categories/{category}" if category else "/courses"
    return f"{path}?{urlencode(kept)}" if kept else path
