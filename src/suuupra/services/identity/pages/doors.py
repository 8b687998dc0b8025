"""Sign up, sign in, sign out."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.call import principal
from suuupra.kernel.problems import Invalid, Problem, TooMany, Unavailable
from suuupra.services.identity.api import AccountSuspended, EndSession, InvalidCredentials, SignUpClosed
from suuupra.services.identity.pages.browser import enter, fields_of, refused, visit_of, with_crumbs
from suuupra.services.identity.service import Identity
from suuupra.services.identity.service.sign_in import SignIn
from suuupra.services.identity.service.sign_up import SignUp
from suuupra.services.identity.service.visits import here
from suuupra.web.answers import see_other
from suuupra.web.draw import draw
from suuupra.web.forms import Form
from suuupra.web.frame import Flash


@dataclass(frozen=True)
class Door:
    """A form at the door. `others` are further ways in: (key, title)."""

    form: Form
    next: str = "/"
    others: tuple[tuple[str, str], ...] = ()
    is_open: bool = True


class Doors:
    """The pages, over the use cases."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def sign_in(self, request: Request) -> Response:
        href = here(request.query_params.get("next"))
        if principal().is_person:
            return see_other(request, href)
        return self._draw(request, "sign-in", Form(), href)

    async def sign_in_with(self, request: Request) -> Response:
        fields = await fields_of(request)
        command = SignIn(
            address=fields.get("address", ""),
            password=fields.get("password", ""),
            next=fields.get("next", "/"),
        )
        try:
            entry = await self._identity.sign_ins.sign_in(command, visit_of(self._identity, request))
        except (InvalidCredentials, AccountSuspended, TooMany, Unavailable) as problem:
            return self._draw(request, "sign-in", refused(fields, problem), here(command.next), problem)
        return enter(self._identity, request, entry)

    async def sign_up(self, request: Request) -> Response:
        return self._draw(request, "sign-up", Form(), here(request.query_params.get("next")))

    async def sign_up_with(self, request: Request) -> Response:
        identity, fields = self._identity, await fields_of(request)
        command = SignUp(
            name=fields.get("name", ""),
            address=fields.get("address", ""),
            password=fields.get("password", ""),
            next=fields.get("next", "/"),
        )
        try:
            cookie = await identity.sign_ups.register(command, visit_of(identity, request))
        except (Invalid, TooMany, Unavailable) as problem:
            return self._draw(request, "sign-up", refused(fields, problem), here(command.next), problem)
        except SignUpClosed as problem:
            return self._draw(request, "sign-up", refused(fields, problem), "/", problem)
        answer = sent(
            identity, request, "Open the mail we sent and press its button to confirm your address."
        )
        return with_crumbs(answer, (identity.cookies.sign_up(cookie),))

    async def sign_out(self, request: Request) -> Response:
        """Also without a session: whoever presses the button is out."""
        who = principal()
        if who.is_person and who.session is not None:
            await self._identity.sessions.end(EndSession(session_id=who.session))
        answer = see_other(request, "/", Flash("You are signed out.", "good"))
        return with_crumbs(answer, (self._identity.cookies.session(""),))

    def _draw(
        self, request: Request, page: str, form: Form, href: str, problem: Problem | None = None
    ) -> Response:
        identity = self._identity
        view = Door(
            form=form,
            next=href,
            others=identity.upstreams.titles(),
            is_open=identity.sign_ups.is_open,
        )
        title = "Sign in" if page == "sign-in" else "Create an account"
        answer = draw(
            request,
            f"identity/{page}.html",
            view,
            title=title,
            status=problem.status if problem else 200,
            robots="noindex",
        )
        if problem is not None and problem.retry_after_s is not None:
            answer.headers["Retry-After"] = str(max(1, round(problem.retry_after_s)))
        return answer


@dataclass(frozen=True)
class Sent:
    """A mail is on its way, perhaps."""

    text: str
    shows_spool: bool


def sent(identity: Identity, request: Request, text: str) -> Response:
    """The same page whether or not anybody has the address."""
    view = Sent(text, identity.sign_ups.shows_spool)
    return draw(request, "identity/sent.html", view, title="Look into your mail", status=202)


def door_pages(identity: Identity) -> list[Route]:
    doors = Doors(identity)
    return [
        Route("/sign-in", doors.sign_in, methods=["GET"]),
        Route("/sign-in", doors.sign_in_with, methods=["POST"]),
        Route("/sign-up", doors.sign_up, methods=["GET"]),
        Route("/sign-up", doors.sign_up_with, methods=["POST"]),
        Route("/sign-out", doors.sign_out, methods=["POST"]),
    ]
