"""The browser that asks, as far as identity looks at it, and the cookies it is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suuupra.kernel.manifest import Site
from suuupra.services.identity.api import COOKIE, COOKIE_ON_LOOPBACK
from suuupra.services.identity.rules.sessions import safe_next
from suuupra.services.identity.rules.throttle import prefix_of

DAY_S = 86_400
SESSION_LIFE_S = 90 * DAY_S
DEVICE_LIFE_S = 365 * DAY_S
AGENT_LENGTH_MAX = 400


@dataclass(frozen=True)
class Visit:
    """Where somebody comes from. `device`, `sign_up` and `upstream` are cookies as they came."""

    prefix: str = "unknown"
    agent: str = ""
    device: str = ""
    sign_up: str = ""
    upstream: str = ""


@dataclass(frozen=True)
class Crumb:
    """A cookie to set; an empty value takes it away."""

    name: str
    value: str
    life_s: int
    is_secure: bool

    def keywords(self) -> dict[str, Any]:
        """For `Response.set_cookie`: never read by scripts, never sent along by other sites' writes."""
        return {
            "key": self.name,
            "value": self.value,
            "max_age": self.life_s if self.value else 0,
            "path": "/",
            "secure": self.is_secure,
            "httponly": True,
            "samesite": "lax",
        }


def here(path: str | None) -> str:
    """A path of this site to go on at, else the home page."""
    return safe_next(path)


class Cookies:
    """Names and ages. Over plain HTTP (loopback) the prefix and `Secure` fall away."""

    def __init__(self, site: Site) -> None:
        self._is_secure = site.base_url.startswith("https://")
        self._prefix = COOKIE if self._is_secure else COOKIE_ON_LOOPBACK

    def session(self, secret: str) -> Crumb:
        return Crumb(self._prefix, secret, SESSION_LIFE_S, self._is_secure)

    def device(self, value: str) -> Crumb:
        """Says that this browser signed in before."""
        return Crumb(f"{self._prefix}-device", value, DEVICE_LIFE_S, self._is_secure)

    def sign_up(self, value: str) -> Crumb:
        """Says that this browser filled in the sign-up form."""
        return Crumb(f"{self._prefix}-sign-up", value, DAY_S, self._is_secure)

    def upstream(self, value: str) -> Crumb:
        """Ties an answer of another site to the browser that asked."""
        return Crumb(f"{self._prefix}-upstream", value, 600, self._is_secure)

    def visit(self, cookies: Mapping[str, str], agent: str, address: str) -> Visit:
        """Read what came."""
        return Visit(
            prefix=prefix_of(address),
            agent=agent[:AGENT_LENGTH_MAX],
            device=cookies.get(f"{self._prefix}-device", ""),
            sign_up=cookies.get(f"{self._prefix}-sign-up", ""),
            upstream=cookies.get(f"{self._prefix}-upstream", ""),
        )

    def entry(self, session: str | None, device: str | None) -> tuple[Crumb, ...]:
        """What a sign-in sets; None leaves a cookie as it is."""
        fresh = (self.session(session),) if session is not None else ()
        return (*fresh, self.device(device)) if device is not None else fresh
