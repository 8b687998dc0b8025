"""REST of portal: what the mobile app's first screen needs in one answer, and preferences."""

from fastapi import APIRouter

from suuupra.kernel.call import principal
from suuupra.kernel.messages import Command, Message
from suuupra.services.content.api import Card, Category, MyCourse
from suuupra.services.portal.service import Preferences, Storefront


class HomeAnswer(Message):
    """The home page as data."""

    carry_on: MyCourse | None = None
    categories: tuple[Category, ...] = ()
    courses: tuple[Card, ...] = ()


class PutPreferences(Command):
    """How pages look."""

    theme: str


class PreferencesAnswer(Message):
    """What is kept."""

    theme: str


def routes(storefront: Storefront, preferences: Preferences) -> APIRouter:
    """`/api/v1/me/home`, `/api/v1/me/preferences`."""
    router = APIRouter(prefix="/api/v1/me", tags=["portal"])

    @router.get("/home")
    async def home() -> HomeAnswer:
        """The first screen: where to carry on, categories, courses."""
        found = await storefront.home(principal())
        return HomeAnswer(
            carry_on=found.mine[0] if found.mine else None,
            categories=found.categories,
            courses=found.shelf.items,
        )

    @router.get("/preferences")
    async def read() -> PreferencesAnswer:
        """Your display preferences."""
        return PreferencesAnswer(theme=await preferences.theme(principal()))

    @router.put("/preferences")
    async def write(command: PutPreferences) -> PreferencesAnswer:
        """Change your display preferences."""
        return PreferencesAnswer(theme=await preferences.choose_theme(principal(), command.theme))

    return router
