"""`/dev/mail`: the spool as pages, for this machine's own browser alone.

A mail's HTML is a stranger's: it is drawn in a frame without script, without the site's origin, and may
load nothing. Its links open in a new tab.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from suuupra.kernel.clock import Clock
from suuupra.kernel.problems import NotFound
from suuupra.platform.mail.spool import SpooledMail, SpoolMailer
from suuupra.web.draw import draw
from suuupra.web.headers import page_policy
from suuupra.web.parts import Column

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
FORWARDED = frozenset(
    {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "suuupra-forwarded"}
)
SANDBOX = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
SHOWN_MAX = 200


@dataclass(frozen=True)
class SpoolView:
    """The list, newest first."""

    mails: tuple[SpooledMail, ...]
    to: str
    columns: tuple[Column, ...] = (Column("When"), Column("To"), Column("Subject"))


def refuse_strangers(request: Request) -> None:
    """404 for a foreign `Host` (a name that was rebound to this machine) and for whatever was forwarded."""
    host = request.headers.get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if name not in LOOPBACK or FORWARDED & set(request.headers.keys()):
        raise NotFound


def mail_pages(spool: SpoolMailer, clock: Clock) -> list[Route]:  # noqa: ARG001 - the frame has the time
    """The list; one mail, its HTML in a sandbox, its parts, its source."""

    async def listing(request: Request) -> Response:
        to = request.query_params.get("to", "")
        view = SpoolView(tuple(await spool.page(to, SHOWN_MAX)), to)
        return draw(request, "mail/list.html", view, title="Mail spool", robots="noindex")

    async def one(request: Request) -> Response:
        mail = await spool.read(request.path_params["id"])
        answer = draw(request, "mail/one.html", mail, title=mail.subject, robots="noindex")
        answer.headers["Content-Security-Policy"] = page_policy().replace(
            "frame-src 'none'", "frame-src 'self'"
        )
        return answer

    async def framed(request: Request) -> Response:
        mail = await spool.read(request.path_params["id"])
        body = mail.html.replace("<head>", '<head><base target="_blank">', 1)
        headers = {"Content-Security-Policy": SANDBOX, "X-Frame-Options": "SAMEORIGIN"}
        return HTMLResponse(body, headers=headers | {"Cache-Control": "no-store"})

    async def part(request: Request) -> Response:
        mail = await spool.read(request.path_params["id"])
        if request.path_params["number"] >= len(mail.attachments):
            raise NotFound
        found = mail.attachments[request.path_params["number"]]
        disposition = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
        headers = {"Content-Disposition": disposition, "Content-Security-Policy": SANDBOX}
        return Response(found.body, 200, headers, found.media_type)

    async def source(request: Request) -> Response:
        mail = await spool.read(request.path_params["id"])
        return PlainTextResponse(mail.source)

    return [
        Route("/dev/mail", _near(listing)),
        Route("/dev/mail/{id}", _near(one)),
        Route("/dev/mail/{id}/html", _near(framed)),
        Route("/dev/mail/{id}/parts/{number:int}", _near(part)),
        Route("/dev/mail/{id}/source", _near(source)),
    ]


def _near(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        refuse_strangers(request)
        return await endpoint(request)

    return guarded
