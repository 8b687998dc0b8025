"""`/account` and `/account/appearance`."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.auth import Identified
from suuupra.kernel.call import principal
from suuupra.services.portal.service import Preferences
from suuupra.web.answers import see_other
from suuupra.web.draw import draw
from suuupra.web.forms import Form
from suuupra.web.frame import Flash
from suuupra.web.parts import Option

YEAR_S = 365 * 86_400
THEMES = (
    Option("auto", "As the device does", "Light by day, dark by night, if your device is set so."),
    Option("light", "Light", "Ink on warm paper."),
    Option("dark", "Dark", "Easier on the eyes in the evening."),
)


@dataclass(frozen=True)
class AppearanceView:
    """The form."""

    form: Form
    options: tuple[Option, ...]


@dataclass(frozen=True)
class AccountView:
    """Who is signed in."""

    name: str
    picture_url: str
    is_verified: bool


def account_pages(preferences: Preferences) -> list[Route]:
    """Routes of the account."""

    async def account(request: Request) -> Response:
        who = principal()
        who.person()
        found: Identified = request.state.identified
        view = AccountView(found.name, found.picture_url or "", who.is_verified)
        return draw(request, "portal/account.html", view, title="Account", robots="noindex")

    async def appearance(request: Request) -> Response:
        theme = await preferences.theme(principal())
        view = AppearanceView(Form.of(theme=theme), THEMES)
        return draw(request, "portal/appearance.html", view, title="Appearance", robots="noindex")

    async def choose(request: Request) -> Response:
        form = await request.form()
        theme = await preferences.choose_theme(principal(), str(form.get("theme") or ""))
        answer = see_other(request, "/account/appearance", Flash("Saved.", "good"))
        answer.set_cookie(
            "theme", theme, max_age=YEAR_S, path="/", samesite="lax", secure=request.url.scheme == "https"
        )
        return answer

    return [
        Route("/account", account),
        Route("/account/appearance", appearance),
        Route("/account/appearance", choose, methods=["POST"]),
    ]
