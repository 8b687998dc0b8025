"""One's own account by REST. The profile carries an ETag; a change may send it back as `If-Match`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from pydantic import Field

from suuupra.kernel.messages import Command, Message
from suuupra.kernel.pagination import Page
from suuupra.kernel.problems import Invalid
from suuupra.services.identity.api import EndAllSessions, Ended, EndSession, SessionFacts, SessionQuery
from suuupra.services.identity.routes.doors import visit_of
from suuupra.services.identity.service import Identity
from suuupra.services.identity.service.profile import ChangeProfile, Profile
from suuupra.services.identity.service.security import ChangePassword

PICTURE_BYTES_READ = 8 * 1024 * 1024


class ProfileChange(Message):
    """Absent fields stay as they are."""

    name: str | None = None
    headline: str | None = None
    bio: str | None = None
    locale: str | None = None
    time_zone: str | None = None


class NewAddress(Command):
    address: str


class Code(Command):
    code: str = Field(repr=False)


class NewTotp(Message):
    """For an authenticator; shown until its first code is confirmed."""

    secret: str
    uri: str


class RecoveryCodes(Message):
    """Shown this once."""

    codes: tuple[str, ...]


def add_me(router: APIRouter, identity: Identity) -> None:
    """`/me/…`."""
    for add in (_profile, _sessions, _security):
        add(router, identity)


def _profile(router: APIRouter, identity: Identity) -> None:
    def tagged(response: Response, profile: Profile) -> Profile:
        response.headers["ETag"] = f'"{profile.version}"'
        response.headers["Cache-Control"] = "private, no-cache"
        return profile

    @router.get("/me")
    async def mine(response: Response) -> Profile:
        """Your profile."""
        return tagged(response, await identity.profiles.mine())

    @router.patch("/me")
    async def change(
        change: ProfileChange, response: Response, if_match: Annotated[str | None, Header()] = None
    ) -> Profile:
        """Change some fields; 412 where somebody did meanwhile."""
        command = ChangeProfile(**change.model_dump(exclude_none=True), version=_version(if_match))
        return tagged(response, await identity.profiles.change(command))

    @router.put("/me/picture")
    async def put_picture(request: Request, response: Response) -> Profile:
        """The bytes of a JPEG, PNG or WebP."""
        return tagged(response, await identity.profiles.put_picture(await _bytes(request)))

    @router.delete("/me/picture")
    async def drop_picture(response: Response) -> Profile:
        """Initials again."""
        return tagged(response, await identity.profiles.drop_picture())


def _sessions(router: APIRouter, identity: Identity) -> None:
    @router.get("/me/sessions")
    async def sessions(cursor: str | None = None, limit: int = 50) -> Page[SessionFacts]:
        """Where you are signed in."""
        return await identity.sessions.page(SessionQuery(cursor=cursor, limit=limit))

    @router.delete("/me/sessions")
    async def end_all(*, keep_current: bool = False) -> Ended:
        """Sign out everywhere."""
        return await identity.sessions.end_all(EndAllSessions(keep_current=keep_current))

    @router.delete("/me/sessions/{session_id}", status_code=204)
    async def end(session_id: UUID) -> None:
        """Sign one device out."""
        await identity.sessions.end(EndSession(session_id=session_id))


def _security(router: APIRouter, identity: Identity) -> None:
    @router.put("/me/password", status_code=204)
    async def change_password(command: ChangePassword, request: Request) -> None:
        """A new password; every other session ends."""
        await identity.security.change_password(command, visit_of(identity, request))

    @router.put("/me/email", status_code=202)
    async def change_address(command: NewAddress) -> None:
        """A link goes to the new address; nothing changes before it is confirmed."""
        await identity.mailboxes.change(command.address)

    @router.post("/me/factors/totp", status_code=201)
    async def enrol() -> NewTotp:
        """A secret for an authenticator."""
        enrolment = await identity.factors.enrol()
        return NewTotp(secret=enrolment.secret, uri=enrolment.uri)

    @router.post("/me/factors/totp/confirmation", status_code=201)
    async def confirm(command: Code, request: Request, response: Response) -> RecoveryCodes:
        """Its first code; answers ten recovery codes."""
        confirmed = await identity.factors.confirm(command.code, visit_of(identity, request))
        for crumb in identity.cookies.entry(confirmed.session, None):
            response.set_cookie(**crumb.keywords())
        response.headers["Cache-Control"] = "no-store"
        return RecoveryCodes(codes=confirmed.recovery_codes)

    @router.delete("/me/factors/totp", status_code=204)
    async def remove(request: Request) -> None:
        """Remove the authenticator and its recovery codes."""
        await identity.factors.remove(visit_of(identity, request))


def _version(if_match: str | None) -> int | None:
    if if_match is None or if_match == "*":
        return None
    tag = if_match.removeprefix("W/").strip('"')
    if not (tag.isascii() and tag.isdigit()):
        raise Invalid("If-Match is not an ETag of this profile.")
    return int(tag)


async def _bytes(request: Request) -> bytes:
    """At most one byte more than a picture may have, so that the use case can refuse it."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > PICTURE_BYTES_READ:
            break
    return bytes(body)
