"""Own profile and own devices."""

from dataclasses import dataclass
from uuid import UUID

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.problems import Invalid, Problem
from suuupra.services.identity.api import (
    EndAllSessions,
    EndSession,
    PictureTooLarge,
    PictureWrongType,
    ProfileStale,
    SessionFacts,
    SessionNotFound,
    SessionQuery,
)
from suuupra.services.identity.pages.browser import done, fields_of, refused
from suuupra.services.identity.service import Identity
from suuupra.services.identity.service.choices import LANGUAGES, zones
from suuupra.services.identity.service.profile import ChangeProfile, Profile
from suuupra.web.draw import draw
from suuupra.web.forms import Form
from suuupra.web.frame import Item
from suuupra.web.parts import Option

PICTURE_BYTES_READ = 8 * 1024 * 1024 + 1


@dataclass(frozen=True)
class ProfileView:
    """The profile page."""

    profile: Profile
    form: Form
    picture: Form
    tabs: tuple[Item, ...]
    languages: tuple[Option, ...]
    zones: tuple[Option, ...]


@dataclass(frozen=True)
class SessionsView:
    """The devices page."""

    sessions: tuple[SessionFacts, ...]
    next: str | None
    tabs: tuple[Item, ...]


def tabs(current: str) -> tuple[Item, ...]:
    """Between the settings pages."""
    named = (("Profile", "profile"), ("Security", "security"), ("Devices", "sessions"))
    return tuple(Item(label, f"/settings/{name}", current=name == current) for label, name in named)


class Settings:
    """The pages, over the use cases."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def profile(self, request: Request) -> Response:
        profile = await self._identity.profiles.mine()
        return self._profile(request, profile, Form.of(**_shown(profile)))

    async def change(self, request: Request) -> Response:
        identity, fields = self._identity, await fields_of(request)
        version = fields.get("version", "")
        command = ChangeProfile(
            name=fields.get("name"),
            headline=fields.get("headline"),
            bio=fields.get("bio"),
            locale=fields.get("locale"),
            time_zone=fields.get("time_zone"),
            version=int(version) if version.isascii() and version.isdigit() else None,
        )
        try:
            await identity.profiles.change(command)
        except (Invalid, ProfileStale) as problem:
            profile = await identity.profiles.mine()
            form = refused(fields | {"version": str(profile.version)}, problem)
            return self._profile(request, profile, form, problem)
        return done(request, "/settings/profile", "Your profile is saved.")

    async def put_picture(self, request: Request) -> Response:
        identity = self._identity
        try:
            await identity.profiles.put_picture(await _picture(request))
        except (Invalid, PictureTooLarge, PictureWrongType) as problem:
            profile = await identity.profiles.mine()
            shown = Form.of(**_shown(profile))
            text = problem.detail or problem.title
            picture = Form.refused({}, [{"pointer": "/picture", "detail": text}])
            return self._profile(request, profile, shown, problem, picture)
        return done(request, "/settings/profile", "Your picture is saved.")

    async def drop_picture(self, request: Request) -> Response:
        await self._identity.profiles.drop_picture()
        return done(request, "/settings/profile", "Your picture is removed.")

    async def sessions(self, request: Request) -> Response:
        query = SessionQuery(cursor=request.query_params.get("cursor"), limit=20)
        page = await self._identity.sessions.page(query)
        view = SessionsView(page.items, page.next, tabs("sessions"))
        return draw(request, "identity/sessions.html", view, title="Signed-in devices")

    async def end(self, request: Request) -> Response:
        try:
            session_id = UUID(request.path_params["session_id"])
        except ValueError:
            raise SessionNotFound from None
        await self._identity.sessions.end(EndSession(session_id=session_id))
        return done(request, "/settings/sessions", "That device is signed out.")

    async def end_all(self, request: Request) -> Response:
        await self._identity.sessions.end_all(EndAllSessions(keep_current=True))
        return done(request, "/settings/sessions", "Every other device is signed out.")

    def _profile(
        self,
        request: Request,
        profile: Profile,
        form: Form,
        problem: Problem | None = None,
        picture: Form | None = None,
    ) -> Response:
        languages = tuple(Option(code, name) for code, name in LANGUAGES)
        named = tuple(Option(zone, zone.replace("_", " ")) for zone in zones())
        view = ProfileView(profile, form, picture or Form(), tabs("profile"), languages, named)
        status = problem.status if problem else 200
        return draw(request, "identity/profile.html", view, title="Profile", status=status)


async def _picture(request: Request) -> bytes:
    """The bytes of the form's file, at most one more than is taken."""
    async with request.form() as form:
        upload = form.get("picture")
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise Invalid.at("/picture", "Choose a picture first.")
        return await upload.read(PICTURE_BYTES_READ)


def _shown(profile: Profile) -> dict[str, str]:
    return {
        "name": profile.name,
        "headline": profile.headline,
        "bio": profile.bio,
        "locale": profile.locale,
        "time_zone": profile.time_zone,
        "version": str(profile.version),
    }


def settings_pages(identity: Identity) -> list[Route]:
    settings = Settings(identity)
    return [
        Route("/settings/profile", settings.profile, methods=["GET"]),
        Route("/settings/profile", settings.change, methods=["POST"]),
        Route("/settings/profile/picture", settings.put_picture, methods=["POST"]),
        Route("/settings/profile/picture/removal", settings.drop_picture, methods=["POST"]),
        Route("/settings/sessions", settings.sessions, methods=["GET"]),
        Route("/settings/sessions/end-all", settings.end_all, methods=["POST"]),
        Route("/settings/sessions/{session_id}/end", settings.end, methods=["POST"]),
    ]
