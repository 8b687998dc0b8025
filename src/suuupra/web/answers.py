"""A drawn page as an HTTP answer: caching, fragments, and a sentence carried over a redirect."""

import json
from typing import get_args
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from suuupra.web.frame import Flash, Frame, Theme, Tone

PRIVATE = "private, no-store"
PUBLIC = "public, s-maxage=60, stale-while-revalidate=600"

_FLASH = "flash"
_FLASH_LIFE_S = 60
_FLASH_LENGTH_MAX = 300


def wants_fragment(request: Request) -> bool:
    """True when htmx asks for a part of the page; a boosted or restored page is whole."""
    headers = request.headers
    whole = "true" in (headers.get("hx-boosted"), headers.get("hx-history-restore-request"))
    return headers.get("hx-request") == "true" and headers.get("hx-request-type") != "full" and not whole


def page(text: str, *, status: int = 200, cache: str = PRIVATE, frame: Frame | None = None) -> HTMLResponse:
    """The answer of a page route. Hand in the frame when it showed flashes: they are cleared."""
    answer = HTMLResponse(text, status, {"Cache-Control": cache, "Vary": "HX-Request, Cookie"})
    if frame is not None and frame.flashes:
        answer.delete_cookie(_FLASH)
    return answer


def see_other(request: Request, href: str, flash: Flash | None = None) -> Response:
    """Go on at `href` after a form: 303, or for htmx a whole-page move."""
    answer: Response
    if wants_fragment(request):
        answer = Response(status_code=204, headers={"HX-Redirect": href})
    else:
        answer = RedirectResponse(href, 303)
    answer.headers["Cache-Control"] = PRIVATE
    if flash is not None:
        value = quote(json.dumps([flash.kind, flash.text[:_FLASH_LENGTH_MAX]]))
        secure = request.url.scheme == "https"
        answer.set_cookie(_FLASH, value, _FLASH_LIFE_S, httponly=True, samesite="lax", secure=secure)
    return answer


def flashes_of(request: Request) -> tuple[Flash, ...]:
    """What the answer before this one had to say; anything unreadable is nothing."""
    try:
        kind, text = json.loads(unquote(request.cookies.get(_FLASH, "")))
    except (ValueError, TypeError):
        return ()
    if kind not in get_args(Tone) or not isinstance(text, str):
        return ()
    return (Flash(text[:_FLASH_LENGTH_MAX], kind),)


def theme_of(request: Request) -> Theme:
    """The theme that this browser chose; unknown values mean auto."""
    match request.cookies.get("theme"):
        case "light":
            return "light"
        case "dark":
            return "dark"
        case _:
            return "auto"
