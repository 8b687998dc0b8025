"""The gateway of one process: who calls, how often they may, and the door in front of the app."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from suuupra.kernel.auth import Identified, ResolveCookie
from suuupra.kernel.manifest import Site
from suuupra.kernel.problems import Late, Unavailable
from suuupra.kernel.stores import Limits
from suuupra.services.gateway import rules
from suuupra.services.gateway.api import Verifier
from suuupra.services.gateway.service.counting import Counting
from suuupra.services.gateway.service.passage import NOBODY, Drawer, Passage
from suuupra.services.gateway.service.visitors import Visitors
from suuupra.services.gateway.settings import GatewaySettings

log = structlog.get_logger(service="gateway")
Elsewhere = Callable[[str], ASGIApp | None]


@dataclass
class Gateway:
    """Edge policies of one process, and who answers what they ask."""

    site: Site
    settings: GatewaySettings
    limits: Limits | None
    verifier: Verifier | None
    visitors: Visitors | None = None

    def wrap(self, app: ASGIApp, draw_problem: Drawer, elsewhere: Elsewhere | None = None) -> ASGIApp:
        """The app behind its door.

        `draw_problem` answers what the door itself refuses; `elsewhere` gives the way to the process where
        the service of a path lives, if it is not this one.
        """

        async def route(scope: Scope, receive: Receive, send: Send) -> None:
            distant = elsewhere(scope["path"]) if elsewhere is not None and scope["type"] == "http" else None
            await (distant or app)(scope, receive, send)

        inner = app if elsewhere is None else route

        async def door(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] in {"http", "websocket"}:
                await Passage(self, inner, draw_problem, scope, send).pass_through(scope, receive)
            else:
                await app(scope, receive, send)

        return door

    @cached_property
    def counting(self) -> Counting | None:
        """The limits of the settings; None where nobody is counted."""
        if self.limits is None:
            return None
        chosen = self.settings
        allowed = rules.Allowances(
            chosen.api_anonymous_per_15min,
            chosen.api_person_per_15min,
            chosen.pages_per_min,
            chosen.health_per_min,
            chosen.sign_in_per_min,
        )
        return Counting(self.limits, rules.policies(allowed), self.visitors)

    async def identify(self, fields: Mapping[str, str], address: str) -> Identified:
        """Who calls, by cookie. Identity away: nobody, so that public pages still stand."""
        secret = rules.cookie_of(fields.get("cookie", ""))
        if not secret or self.verifier is None:
            return NOBODY
        query = ResolveCookie(
            secret=secret,
            address_prefix=rules.prefix_of(address),
            agent=fields.get("user-agent", "")[:200],
        )
        try:
            return await self.verifier.resolve_cookie(query)
        except (Unavailable, Late):
            await log.awarning("verifier.away")
            return NOBODY

    def without_limits(self) -> "Gateway":
        """The same door that counts nobody: for those who build here, never outside dev."""
        return replace(self, limits=None)
