"""Mailed links: asking for one, and the page of each, whose button alone spends it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.problems import Invalid, Problem, TooMany, Unavailable
from suuupra.services.identity.api import AccountSuspended, InvalidCredentials, LinkSpent
from suuupra.services.identity.pages.browser import done, enter, fields_of, refused, visit_of
from suuupra.services.identity.pages.doors import sent
from suuupra.services.identity.service import Identity
from suuupra.services.identity.service.entry import Entry
from suuupra.services.identity.service.links import AskLink, Link, SpendLink
from suuupra.services.identity.service.visits import Visit, here
from suuupra.web.draw import draw
from suuupra.web.forms import Form

Spend = Callable[[SpendLink, Visit], Awaitable[Entry]]
TITLES = {
    "verify": "Confirm your address",
    "magic": "Sign in",
    "reset": "Choose a new password",
    "address": "Confirm your new address",
    "undo_address": "Bring your address back",
}
ASKS = {
    "magic": ("Sign in without a password", "Send me a link", "/sign-in/link"),
    "reset": ("Forgot your password", "Send me a link", "/reset"),
}


@dataclass(frozen=True)
class Ask:
    """The form that asks for a link."""

    form: Form
    title: str
    button: str
    action: str
    next: str = "/"


@dataclass(frozen=True)
class LinkView:
    """The page of a link."""

    form: Form
    link: Link
    token: str
    title: str


@dataclass(frozen=True)
class Spent:
    """A link that is worth nothing any more; `kind` says which new one may be asked for."""

    kind: str


class LinkPages:
    """The pages, over the use cases."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def ask_magic(self, request: Request) -> Response:
        return self._ask(request, "magic", Form(), here(request.query_params.get("next")))

    async def ask_reset(self, request: Request) -> Response:
        return self._ask(request, "reset", Form(), "/")

    async def send_magic(self, request: Request) -> Response:
        return await self._send(request, "magic")

    async def send_reset(self, request: Request) -> Response:
        return await self._send(request, "reset")

    async def send_verify(self, request: Request) -> Response:
        fields = await fields_of(request)
        await self._identity.links.ask(
            AskLink(kind="verify", address=fields.get("address", "")), visit_of(self._identity, request)
        )
        return sent(
            self._identity, request, "If this address waits to be confirmed, a new link is on its way."
        )

    async def show(self, request: Request) -> Response:
        token = request.path_params["token"]
        try:
            link = await self._identity.links.look(token, visit_of(self._identity, request))
        except LinkSpent:
            return await self._spent(request, token)
        return self._link(request, token, link, Form())

    async def spend(self, request: Request) -> Response:
        identity, token = self._identity, request.path_params["token"]
        visit, fields = visit_of(identity, request), await fields_of(request)
        try:
            link = await identity.links.look(token, visit)
        except LinkSpent:
            return await self._spent(request, token)
        command = SpendLink(token=token, password=fields.get("password", ""))
        try:
            return await self._spend(request, link.kind, command, visit)
        except LinkSpent:
            return await self._spent(request, token)
        except (Invalid, InvalidCredentials, AccountSuspended, TooMany, Unavailable) as problem:
            return self._link(request, token, link, refused(fields, problem), problem)

    async def _spend(self, request: Request, kind: str, command: SpendLink, visit: Visit) -> Response:
        identity = self._identity
        if kind == "address":
            await identity.mailboxes.confirm(command.token, visit)
            return done(request, "/settings/security", "Your new address is in use.")
        if kind == "undo_address":
            await identity.mailboxes.undo(command.token, visit)
            return done(request, "/reset", "Your address is back. Now choose a new password.")
        spends: dict[str, Spend] = {
            "verify": identity.links.verify,
            "magic": identity.links.magic,
            "reset": identity.links.reset,
        }
        return enter(identity, request, await spends[kind](command, visit))

    async def _send(self, request: Request, kind: str) -> Response:
        identity, fields = self._identity, await fields_of(request)
        href = here(fields.get("next"))
        try:
            await identity.links.ask(
                AskLink(kind=kind, address=fields.get("address", ""), next=href), visit_of(identity, request)
            )
        except (Invalid, TooMany) as problem:
            return self._ask(request, kind, refused(fields, problem), href, problem)
        return sent(identity, request, "If there is an account with this address, a link is on its way.")

    def _ask(
        self, request: Request, kind: str, form: Form, href: str, problem: Problem | None = None
    ) -> Response:
        title, button, action = ASKS[kind]
        view = Ask(form, title, button, action, href)
        status = problem.status if problem else 200
        return draw(request, "identity/ask.html", view, title=title, status=status, robots="noindex")

    def _link(
        self, request: Request, token: str, link: Link, form: Form, problem: Problem | None = None
    ) -> Response:
        view = LinkView(form, link, token, TITLES[link.kind])
        status = problem.status if problem else 200
        return draw(request, "identity/link.html", view, title=view.title, status=status, robots="noindex")

    async def _spent(self, request: Request, token: str) -> Response:
        view = Spent(await self._identity.links.kind_of(token))
        title = LinkSpent.title
        return draw(request, "identity/spent.html", view, title=title, status=410, robots="noindex")


def link_pages(identity: Identity) -> list[Route]:
    links = LinkPages(identity)
    return [
        Route("/sign-in/link", links.ask_magic, methods=["GET"]),
        Route("/sign-in/link", links.send_magic, methods=["POST"]),
        Route("/sign-in/confirmation", links.send_verify, methods=["POST"]),
        Route("/reset", links.ask_reset, methods=["GET"]),
        Route("/reset", links.send_reset, methods=["POST"]),
        Route("/verify/{token}", links.show, methods=["GET"]),
        Route("/verify/{token}", links.spend, methods=["POST"]),
    ]
