"""How pages look to a person."""

from suuupra.kernel.auth import Principal
from suuupra.kernel.problems import Invalid
from suuupra.kernel.work import Work
from suuupra.services.portal import store
from suuupra.services.portal.rules import THEMES


class Preferences:
    """Kept for people; visitors have a cookie alone."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def theme(self, who: Principal) -> str:
        """`auto`, `light` or `dark`."""
        async with self._work.read() as session:
            return await store.theme_of(session, who.person())

    async def choose_theme(self, who: Principal, theme: str) -> str:
        """`Invalid` for another word."""
        if theme not in THEMES:
            raise Invalid.at("/theme", "Choose light, dark, or as the device does.")
        async with self._work.begin() as unit:
            await store.keep_theme(unit.session, who.person(), theme, unit.now)
        return theme
