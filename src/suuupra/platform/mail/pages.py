"""`/dev/mail`: the spool as a page, for this machine's own browser alone."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from suuupra.kernel.clock import Clock
from suuupra.kernel.problems import NotFound
from suuupra.platform.mail.spool import SpooledMail, SpoolMailer
from suuupra.web.draw import draw

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
FORWARDED = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-host", "suuupra-forwarded"})
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
SHOWN_MAX = 200


@dataclass(frozen=True)
class SpoolView:
    """The list, newest first."""

    mails: tuple[SpooledMail, ...]
    to: str


def refuse_strangers(request: Request) -> None:
    """404 for a foreign `Host` (a rebinding name) and for whatever was forwarded."""
    host = request.headers.get("host", "")
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if name not in LOOPBACK or FORWARDED & set(request.headers.keys()):
        raise NotFound


def mail_pages(spool: SpoolMailer, clock: Clock) -> list[Route]:  # noqa: ARG001 - the frame has the time
    """The list, one mail, its HTML in a sandbox, its source."""

    async def listing(request: Request) -> Response:
        refuse_strangers(request)
        to = request.query_params.get("to", "")
        mails = await spool.page(to, SHOWN_MAX)
        return draw(
            request, "mail/list.html", SpoolView(tuple(mails), to), title="Mail spool", robots="noindex"
        )

    async def one(request: Request) -> Response:
        refuse_strangers(request)
        mail = await spool.read(request.path_params["id"])
        return draw(request, "mail/one.html", mail, title=mail.subject, robots="noindex")

    async def html(request: Request) -> Response:
        refuse_strangers(request)
        mail = await spool.read(request.path_params["id"])
        return HTMLResponse(
            mail.html, headers={"Content-Security-Policy": SANDBOX, "X-Frame-Options": "SAMEORIGIN"}
        )

    async def source(request: Request) -> Response:
        refuse_strangers(request)
        mail = await spool.read(request.path_params["id"])
        return PlainTextResponse(mail.source)

    return [
        Route("/dev/mail", listing),
        Route("/dev/mail/{id}", one),
        Route("/dev/mail/{id}/html", html),
        Route("/dev/mail/{id}/source", source),
    ]
