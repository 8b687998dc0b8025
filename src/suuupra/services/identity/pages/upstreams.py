"""Continue with another site: out, back, and the question whether to connect."""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suuupra.kernel.call import principal
from suuupra.kernel.problems import TooMany
from suuupra.services.identity.api import AccountSuspended, AddressNotVerified, SignUpClosed, UpstreamRefused
from suuupra.services.identity.pages.browser import done, enter, fields_of, visit_of, with_crumbs
from suuupra.services.identity.service import Identity
from suuupra.services.identity.service.visits import here
from suuupra.web.answers import see_other
from suuupra.web.draw import draw
from suuupra.web.forms import Form
from suuupra.web.frame import Flash

ANSWER_LENGTH_MAX = 4096


@dataclass(frozen=True)
class Connect:
    """The question whether the other site's account is to open this one."""

    title: str
    token: str
    action: str


@dataclass(frozen=True)
class OtherWays:
    """What is left when another site did not let somebody in."""

    form: Form
    reason: str
    others: tuple[tuple[str, str], ...]


class UpstreamPages:
    """The pages, over the use cases."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def depart(self, request: Request) -> Response:
        identity = self._identity
        href = here(request.query_params.get("next"))
        try:
            departure = await identity.upstreams.depart(
                request.path_params["provider"], href, visit_of(identity, request)
            )
        except (UpstreamRefused, TooMany) as problem:
            return self._other_ways(request, problem)
        answer = RedirectResponse(departure.href, 303, {"Cache-Control": "no-store"})
        return with_crumbs(answer, (identity.cookies.upstream(departure.cookie),))

    async def arrive(self, request: Request) -> Response:
        identity = self._identity
        told = {name: value[:ANSWER_LENGTH_MAX] for name, value in request.query_params.items()}
        try:
            arrival = await identity.upstreams.arrive(
                request.path_params["provider"], told, visit_of(identity, request)
            )
        except (UpstreamRefused, SignUpClosed, AddressNotVerified, AccountSuspended) as problem:
            return self._other_ways(request, problem)
        gone = (identity.cookies.upstream(""),)
        if arrival.entry is not None:
            return with_crumbs(enter(identity, request, arrival.entry), gone)
        return with_crumbs(see_other(request, arrival.href), gone)

    async def ask(self, request: Request) -> Response:
        """Whoever is not signed in as the account's person does that first, then comes back here."""
        token = request.query_params.get("token", "")
        title, account_id = await self._identity.upstreams.to_connect(token)
        if principal().subject != account_id:
            target = quote(f"{request.url.path}?token={token}", safe="")
            text = f"You have an account with this address. Sign in once, then connect {title}."
            return see_other(request, f"/sign-in?next={target}", Flash(text))
        view = Connect(title, token, request.url.path)
        return draw(request, "identity/connect.html", view, title=f"Connect {title}", robots="noindex")

    async def connect(self, request: Request) -> Response:
        token = (await fields_of(request)).get("token", "")
        title, _ = await self._identity.upstreams.to_connect(token)
        href = await self._identity.upstreams.connect(token, visit_of(self._identity, request))
        return done(request, here(href), f"You can sign in with {title} from now on.")

    def _other_ways(
        self,
        request: Request,
        problem: UpstreamRefused | SignUpClosed | AddressNotVerified | AccountSuspended | TooMany,
    ) -> Response:
        reason = problem.detail or problem.title
        view = OtherWays(Form(), reason, self._identity.upstreams.titles())
        return draw(
            request,
            "identity/other-ways.html",
            view,
            title="Another way in",
            status=problem.status,
            robots="noindex",
        )


def upstream_pages(identity: Identity) -> list[Route]:
    upstreams = UpstreamPages(identity)
    return [
        Route("/auth/{provider}/login", upstreams.depart, methods=["GET"]),
        Route("/auth/{provider}/callback", upstreams.arrive, methods=["GET"]),
        Route("/auth/{provider}/connect", upstreams.ask, methods=["GET"]),
        Route("/auth/{provider}/connect", upstreams.connect, methods=["POST"]),
    ]
