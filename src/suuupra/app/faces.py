"""How the house answers a person: the frame of a page, drawn Problems, and pages about Problems."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from suuupra.kernel.auth import Identified
from suuupra.kernel.call import current_call
from suuupra.kernel.clock import Clock
from suuupra.kernel.manifest import Manifest, NavigationItem, Site
from suuupra.kernel.problems import (
    FieldError,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    Problem,
    TooLarge,
    Unauthenticated,
    WrongType,
    all_problems,
)
from suuupra.services.notifications.api import FeedCounts
from suuupra.web.answers import flashes_of, see_other, theme_of, wants_fragment
from suuupra.web.draw import draw
from suuupra.web.frame import Bell, Frame, Item, Person, Section
from suuupra.web.parts import ProblemView

log = structlog.get_logger()
Saw = Callable[[str, BaseException], None]

ADVICE = {
    401: "Sign in and try again.",
    403: "If you think that you should be able to do this, ask the people who run this site.",
    404: "Check the address, or start from the home page.",
    409: "Go back, load the page again and look at what changed.",
    410: "Ask whoever sent you here for a new link.",
    412: "Load the page again; what you typed was not saved over the newer version.",
    413: "Choose a smaller file.",
    415: "Choose another kind of file.",
    422: "Go back and correct the fields that are named.",
    429: "Wait a little and try again.",
    451: "The notice says who asked for it and why.",
    503: "Wait a moment and try again.",
    504: "Wait a moment and try again.",
}
LOST = {500: "Nothing that you had saved is lost.", 503: "Nothing that you had saved is lost."}


class MethodNotAllowed(Problem):
    """The path is there, the method is not."""

    status = 405
    title = "This cannot be done with this address"


_KINDS = (Malformed, Unauthenticated, Forbidden, NotFound, MethodNotAllowed, TooLarge, WrongType)
BY_STATUS = {cls.status: cls for cls in _KINDS}


class Faces:
    """Makes frames and draws Problems for one process."""

    def __init__(self, manifests: Sequence[Manifest], site: Site, clock: Clock, saw: Saw) -> None:
        self._site = site
        self._clock = clock
        self._saw = saw
        self._items = sorted(
            (item for manifest in manifests for item in manifest.navigation), key=lambda item: item.order
        )

    def frame(self, request: Request) -> Frame:
        """What this visitor sees around every page."""
        who: Identified = getattr(request.state, "identified", Identified())
        path = request.url.path
        bell: FeedCounts | None = getattr(request.state, "bell", None)
        areas = {area: self._shown(area, who, path) for area in ("main", "account", "admin", "tab")}
        return Frame(
            now=self._clock.now(),
            site=self._site.name,
            navigation=tuple(item for _, item in areas["main"]),
            tabs=tuple(item for _, item in areas["tab"])[:5],
            account=tuple(item for _, item in areas["account"]),
            rail=_sections(areas["admin"]) if path.startswith("/admin") else (),
            person=Person(who.name, who.picture_url or "") if who.principal.is_person else None,
            bell=Bell(bell.unread, topic=bell.topic) if bell else None,
            tickets={bell.topic: bell.ticket} if bell and bell.topic else {},
            csrf=getattr(request.state, "csrf", ""),
            theme=theme_of(request),
            flashes=flashes_of(request),
            trace_id=current_call().trace,
        )

    def _shown(self, area: str, who: Identified, path: str) -> list[tuple[NavigationItem, Item]]:
        return [
            (item, Item(item.label, item.href, item.icon, current=_is_current(item.href, path)))
            for item in self._items
            if item.area == area and _may_see(item, who)
        ]

    async def problem(self, request: Request, error: Exception) -> Response:
        """A Problem as JSON or as a drawn page."""
        problem = error if isinstance(error, Problem) else Problem()
        trace = current_call().trace
        headers = {}
        if problem.retry_after_s is not None:
            headers["Retry-After"] = str(max(1, round(problem.retry_after_s)))
        if not wants_page(request):
            body = problem.document() | {"instance": request.url.path, "trace_id": trace}
            return JSONResponse(body, problem.status, headers, media_type="application/problem+json")
        if type(problem) is Unauthenticated and request.method in {"GET", "HEAD"}:
            return Response(status_code=303, headers={"Location": sign_in_address(request)})
        if problem.status == Unauthenticated.status and "href" in problem.members:
            return see_other(request, str(problem.members["href"]))
        view = ProblemView(
            problem.status,
            problem.title,
            problem.detail,
            advice=(ADVICE[problem.status],) if problem.status in ADVICE else (),
            lost=LOST.get(problem.status, ""),
            trace_id=trace,
        )
        template = "web/_problem.html" if wants_fragment(request) else "web/problem.html"
        answer = draw(request, template, view, title=problem.title, status=problem.status, robots="noindex")
        answer.headers.update(headers)
        return answer

    async def validation(self, request: Request, error: Exception) -> Response:
        """The wrong fields that FastAPI or a message found, as `Invalid`."""
        found = error.errors() if isinstance(error, RequestValidationError | ValidationError) else []
        errors = [FieldError(_pointer(item["loc"]), str(item["msg"])) for item in found]
        return await self.problem(request, Invalid(errors[0].detail if errors else "", errors=errors))

    async def http(self, request: Request, error: Exception) -> Response:
        """Starlette's own refusals (no such route, wrong method, broken form)."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        kind = BY_STATUS.get(status, Problem)
        return await self.problem(request, kind())

    async def bug(self, request: Request, error: Exception) -> Response:
        """Anything undeclared: logged once with its trace, title only outside."""
        route = getattr(request.scope.get("route"), "path", request.url.path)
        await log.aerror("request.failed", route=route, exc_info=error, trace_id=current_call().trace)
        self._saw("web", error)
        return await self.problem(request, Problem())


def wants_page(request: Request) -> bool:
    """A browser that navigates (or htmx), and not a script or an API client."""
    if request.url.path.startswith(("/api/", "/ports/", "/media/", "/objects/")):
        return False
    return "text/html" in request.headers.get("accept", "") or "hx-request" in request.headers


def sign_in_address(request: Request) -> str:
    """Where to sign in and come back from."""
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/sign-in?next={quote(target, safe='')}"


def problem_pages() -> list[Route]:
    """`/problems/<service>/<name>`: the page behind each type."""

    async def show(request: Request) -> Response:
        wanted = f"/problems/{request.path_params['service']}/{request.path_params['name']}"
        for cls in all_problems():
            if cls.wire_type() == wanted:
                meaning = " ".join((cls.__doc__ or "").split())
                advice = (ADVICE[cls.status],) if cls.status in ADVICE else ()
                view = ProblemView(cls.status, cls.title, meaning, advice=advice)
                return draw(request, "web/problem.html", view, title=cls.title, description=meaning)
        raise NotFound

    return [Route("/problems/{service}/{name}", show)]


def _pointer(location: Sequence[Any]) -> str:
    parts = location[1:] if location and location[0] in {"body", "query", "path", "header"} else location
    return "/" + "/".join(map(str, parts))


def _is_current(href: str, path: str) -> bool:
    return path == href or (href not in {"/", "/admin", "/teach", "/learn"} and path.startswith(href + "/"))


def _may_see(item: NavigationItem, who: Identified) -> bool:
    person = who.principal.is_person
    if (item.audience == "guest" and person) or (item.audience == "person" and not person):
        return False
    return item.permission is None or who.principal.may(item.permission)


def _sections(items: list[tuple[NavigationItem, Item]]) -> tuple[Section, ...]:
    groups: dict[str, list[Item]] = {}
    for source, item in items:
        groups.setdefault(source.group, []).append(item)
    return tuple(Section(name, tuple(found)) for name, found in groups.items())
