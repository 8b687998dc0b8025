"""The challenge: the second factor after a first proof, or a fresh proof before an act."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.problems import Problem, TooMany, Unavailable
from suuupra.services.identity.api import InvalidCredentials, LinkSpent, RedeemStepUp
from suuupra.services.identity.pages.browser import enter, fields_of, refused, visit_of, with_crumbs
from suuupra.services.identity.service import Identity
from suuupra.services.identity.service.sign_in import SecondFactor
from suuupra.services.identity.service.step_ups import Redeemed
from suuupra.web.answers import see_other
from suuupra.web.draw import draw
from suuupra.web.forms import Form
from suuupra.web.frame import Flash


@dataclass(frozen=True)
class Challenge:
    """`asks` is `code`, `password` or `sign_in`; `is_entry`: nobody is signed in yet."""

    form: Form
    token: str
    asks: str
    is_entry: bool = False
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class GoOn:
    """The form that was stopped, with everything that was typed into it."""

    path: str
    fields: tuple[tuple[str, str], ...]


class Challenges:
    """The page, over the use cases."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def show(self, request: Request) -> Response:
        token = request.query_params.get("token", "")
        try:
            waits = await self._identity.sign_ins.waits(token)
            if waits is not None:
                entry = Challenge(Form(), token, "code", is_entry=True)
                return self._draw(request, entry) if waits else self._again(request)
            passed = await self._identity.step_ups.passed(token)
            return self._go_on(request, passed) if passed else await self._ask(request, token, Form())
        except LinkSpent:
            return self._again(request)

    async def answer(self, request: Request) -> Response:
        identity, fields = self._identity, await fields_of(request)
        token, proof = fields.get("token", ""), fields.get("proof", "")
        visit = visit_of(identity, request)
        try:
            if await identity.sign_ins.waits(token) is not None:
                return await self._enter(request, SecondFactor(token=token, code=proof))
            redeemed = await identity.step_ups.prove(RedeemStepUp(challenge=token, proof=proof[:256]), visit)
            return self._go_on(request, redeemed)
        except LinkSpent:
            return self._again(request)
        except (InvalidCredentials, TooMany, Unavailable) as problem:
            return await self._ask(request, token, refused(fields, problem), problem)

    async def _enter(self, request: Request, command: SecondFactor) -> Response:
        identity = self._identity
        try:
            entry = await identity.sign_ins.second_factor(command, visit_of(identity, request))
        except (InvalidCredentials, TooMany) as problem:
            view = Challenge(refused({}, problem), command.token, "code", is_entry=True)
            return self._draw(request, view, problem)
        return enter(identity, request, entry)

    async def _ask(
        self, request: Request, token: str, form: Form, problem: Problem | None = None
    ) -> Response:
        question = await self._identity.step_ups.question(token)
        others = self._identity.upstreams.titles()
        return self._draw(request, Challenge(form, token, question.asks, others=others), problem)

    def _go_on(self, request: Request, redeemed: Redeemed) -> Response:
        back, crumbs = redeemed.back, self._identity.cookies.entry(redeemed.session, None)
        if back is None or back.method == "GET":
            return with_crumbs(see_other(request, back.path if back else "/"), crumbs)
        fields = tuple((name, value) for name, value in back.fields if name != "csrf_token")
        view = GoOn(back.path, fields)
        return with_crumbs(draw(request, "identity/go-on.html", view, title="Confirmed"), crumbs)

    def _again(self, request: Request) -> Response:
        flash = Flash("That took too long or too many tries. Please start again.", "warn")
        return see_other(request, "/sign-in", flash)

    def _draw(self, request: Request, view: Challenge, problem: Problem | None = None) -> Response:
        title = "Second factor" if view.is_entry else "Confirm that it is you"
        status = problem.status if problem else 200
        return draw(request, "identity/challenge.html", view, title=title, status=status, robots="noindex")


def step_up_pages(identity: Identity) -> list[Route]:
    challenges = Challenges(identity)
    return [
        Route("/challenge", challenges.show, methods=["GET"]),
        Route("/challenge", challenges.answer, methods=["POST"]),
    ]
