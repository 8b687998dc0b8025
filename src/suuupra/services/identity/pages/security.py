"""Own security: password, address, second factor, and what happened lately."""

from dataclasses import dataclass

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.problems import Conflict, Invalid, Problem, TooMany, Unavailable
from suuupra.services.identity.api import LastFactor
from suuupra.services.identity.pages.browser import (
    done,
    fields_of,
    refused,
    stepping,
    visit_of,
    with_crumbs,
)
from suuupra.services.identity.pages.settings import tabs
from suuupra.services.identity.service import Identity
from suuupra.services.identity.service.factors import Enrolment
from suuupra.services.identity.service.links import AskLink
from suuupra.services.identity.service.security import ChangePassword, Overview
from suuupra.web.answers import see_other
from suuupra.web.draw import draw
from suuupra.web.forms import Form
from suuupra.web.frame import Flash, Item

HERE = "/settings/security"
WORDS = {
    "signed_in": "Signed in",
    "new_device": "Signed in on a new device",
    "email_verified": "Address confirmed",
    "address_changed": "Address changed",
    "address_restored": "Address brought back",
    "password_changed": "Password changed",
    "password_reset": "Password reset",
    "totp_added": "Second factor added",
    "totp_removed": "Second factor removed",
    "totp_reset": "Second factor reset by staff",
    "recovery_codes_changed": "New recovery codes",
    "upstream_connected": "Another site connected",
}


@dataclass(frozen=True)
class SecurityView:
    """The page."""

    overview: Overview
    password: Form
    address: Form
    tabs: tuple[Item, ...]
    words: dict[str, str]


@dataclass(frozen=True)
class EnrolView:
    """A picture to scan, and the form of the first code."""

    form: Form
    secret: str
    picture: Markup


@dataclass(frozen=True)
class CodesView:
    """Recovery codes, this once."""

    codes: tuple[str, ...]


class SecurityPages:
    """The pages, over the use cases."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def show(self, request: Request) -> Response:
        return await self._show(request, Form(), Form())

    async def change_password(self, request: Request) -> Response:
        identity, fields = self._identity, await fields_of(request)
        command = ChangePassword(new=fields.get("new", ""), current=fields.get("current", ""))
        try:
            await identity.security.change_password(command, visit_of(identity, request))
        except (Invalid, TooMany, Unavailable) as problem:
            return await self._show(request, refused(fields, problem), Form(), problem)
        return done(request, HERE, "Your password is changed. Every other device is signed out.")

    async def change_address(self, request: Request) -> Response:
        fields = await fields_of(request)
        try:
            await self._identity.mailboxes.change(fields.get("address", ""))
        except (Invalid, TooMany) as problem:
            return await self._show(request, Form(), refused(fields, problem), problem)
        return done(request, HERE, "Open the mail at the new address to confirm it.")

    async def confirm_again(self, request: Request) -> Response:
        overview = await self._identity.security.overview()
        command = AskLink(kind="verify", address=overview.address)
        await self._identity.links.ask(command, visit_of(self._identity, request))
        return done(request, HERE, "A new link is on its way.")

    async def start_factor(self, request: Request) -> Response:
        await self._identity.factors.enrol()
        return see_other(request, f"{HERE}/factor")

    async def factor(self, request: Request) -> Response:
        try:
            enrolment = await self._identity.factors.pending()
        except Conflict:
            return see_other(request, HERE)
        return self._enrol(request, enrolment, Form())

    async def confirm_factor(self, request: Request) -> Response:
        identity, fields = self._identity, await fields_of(request)
        try:
            confirmed = await identity.factors.confirm(fields.get("code", ""), visit_of(identity, request))
        except (Invalid, TooMany) as problem:
            return self._enrol(request, await identity.factors.pending(), refused({}, problem), problem)
        answer = self._codes(request, confirmed.recovery_codes)
        return with_crumbs(answer, identity.cookies.entry(confirmed.session, None))

    async def renew_codes(self, request: Request) -> Response:
        confirmed = await self._identity.factors.renew_codes(visit_of(self._identity, request))
        return self._codes(request, confirmed.recovery_codes)

    async def remove_factor(self, request: Request) -> Response:
        try:
            await self._identity.factors.remove(visit_of(self._identity, request))
        except LastFactor as problem:
            return see_other(request, HERE, Flash(problem.title, "warn"))
        return done(request, HERE, "The second factor is removed.")

    def _codes(self, request: Request, codes: tuple[str, ...]) -> Response:
        return draw(request, "identity/codes.html", CodesView(codes), title="Recovery codes")

    def _enrol(
        self, request: Request, enrolment: Enrolment, form: Form, problem: Problem | None = None
    ) -> Response:
        picture = Markup(enrolment.picture)  # noqa: S704 - drawn by segno of our own text
        view = EnrolView(form, enrolment.secret, picture)
        status = problem.status if problem else 200
        return draw(request, "identity/factor.html", view, title="Add a second factor", status=status)

    async def _show(
        self, request: Request, password: Form, address: Form, problem: Problem | None = None
    ) -> Response:
        overview = await self._identity.security.overview()
        view = SecurityView(overview, password, address, tabs("security"), WORDS)
        status = problem.status if problem else 200
        return draw(request, "identity/security.html", view, title="Security", status=status)


def security_pages(identity: Identity) -> list[Route]:
    pages = SecurityPages(identity)
    return [
        Route(HERE, pages.show, methods=["GET"]),
        Route(f"{HERE}/password", stepping(pages.change_password), methods=["POST"]),
        Route(f"{HERE}/address", stepping(pages.change_address), methods=["POST"]),
        Route(f"{HERE}/confirmation", pages.confirm_again, methods=["POST"]),
        Route(f"{HERE}/factor", stepping(pages.factor), methods=["GET"]),
        Route(f"{HERE}/factor", stepping(pages.start_factor), methods=["POST"]),
        Route(f"{HERE}/factor/confirmation", stepping(pages.confirm_factor), methods=["POST"]),
        Route(f"{HERE}/factor/removal", stepping(pages.remove_factor), methods=["POST"]),
        Route(f"{HERE}/recovery-codes", stepping(pages.renew_codes), methods=["POST"]),
    ]
