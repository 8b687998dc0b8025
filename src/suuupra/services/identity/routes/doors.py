"""Signing up and in by REST: the same use cases as the pages, the same cookies."""

from fastapi import APIRouter, Request, Response
from pydantic import Field

from suuupra.kernel.messages import Message
from suuupra.services.identity.service import Identity
from suuupra.services.identity.service.entry import Entry
from suuupra.services.identity.service.links import AskLink
from suuupra.services.identity.service.sign_in import SecondFactor, SignIn
from suuupra.services.identity.service.sign_up import SignUp
from suuupra.services.identity.service.visits import Visit


class Accepted(Message):
    """The answer that tells nothing about the address."""

    state: str = "mailed"


class NextStep(Message):
    """`next` is `signed_in`, or `second_factor` with the challenge to answer."""

    next: str
    challenge: str | None = None


class AddressOnly(Message):
    address: str = Field(max_length=400)
    next: str = "/"


def visit_of(identity: Identity, request: Request) -> Visit:
    """Where the request comes from; the gateway has found the client's address."""
    address = getattr(request.state, "address", request.client.host if request.client else "")
    return identity.cookies.visit(request.cookies, request.headers.get("user-agent", ""), address)


def _entered(identity: Identity, response: Response, entry: Entry) -> NextStep:
    for crumb in identity.cookies.entry(entry.session, entry.device):
        response.set_cookie(**crumb.keywords())
    response.headers["Cache-Control"] = "no-store"
    if entry.step == "second_factor":
        response.status_code = 200
    return NextStep(next=entry.step, challenge=entry.challenge)


def add_doors(router: APIRouter, identity: Identity) -> None:
    """Registrations, sessions, links."""

    @router.post("/registrations", status_code=202)
    async def register(command: SignUp, request: Request, response: Response) -> Accepted:
        """The same answer for free and for known addresses; a mail says the rest."""
        cookie = await identity.sign_ups.register(command, visit_of(identity, request))
        response.set_cookie(**identity.cookies.sign_up(cookie).keywords())
        return Accepted()

    @router.post("/sessions", status_code=201)
    async def sign_in(command: SignIn, request: Request, response: Response) -> NextStep:
        """A session by password; 200 with `second_factor` where a code is needed too."""
        entry = await identity.sign_ins.sign_in(command, visit_of(identity, request))
        return _entered(identity, response, entry)

    @router.post("/sessions/second-factors", status_code=201)
    async def second_factor(command: SecondFactor, request: Request, response: Response) -> NextStep:
        """The code for a challenge."""
        entry = await identity.sign_ins.second_factor(command, visit_of(identity, request))
        return _entered(identity, response, entry)

    @router.post("/sessions/magic-links", status_code=202)
    async def magic(command: AddressOnly, request: Request) -> Accepted:
        """A link by mail, if anybody has the address."""
        ask = AskLink(kind="magic", address=command.address, next=command.next)
        await identity.links.ask(ask, visit_of(identity, request))
        return Accepted()

    @router.post("/password-resets", status_code=202)
    async def reset(command: AddressOnly, request: Request) -> Accepted:
        """A link to choose a new password, if anybody has the address."""
        ask = AskLink(kind="reset", address=command.address)
        await identity.links.ask(ask, visit_of(identity, request))
        return Accepted()
