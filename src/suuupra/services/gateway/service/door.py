"""The gateway of one process: who calls, how often they may, and the door in front of the app."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from suuupra.kernel.auth import Identified, ResolveCookie
from suuupra.kernel.manifest import Site
from suuupra.kernel.problems import Late, Unavailable
from suuupra.kernel.stores import Limits
from suuupra.services.gateway import rules
from suuupra.services.gateway.api import Verifier
from suuupra.services.gateway.service.compress import compressed
from suuupra.services.gateway.service.outward import Counted
from suuupra.services.gateway.service.passage import Drawer, Passage
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

    def wrap(self, app: ASGIApp, draw_problem: Drawer, elsewhere: Elsewhere | None = None) -> ASGIApp:
        """The app behind its door.

        `draw_problem` answers what the door itself refuses; `elsewhere` gives the way to the process where
        the service of a path lives, if it is not this one.
        """
        app = compressed(app)

        async def route(scope: Scope, receive: Receive, send: Send) -> None:
            distant = elsewhere(scope["path"]) if elsewhere is not None and scope["type"] == "http" else None
            await (app if distant is None else compressed(distant))(scope, receive, send)

        async def door(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] in {"http", "websocket"}:
                await Passage(self, route, draw_problem).pass_through(scope, receive, send)
            else:
                await app(scope, receive, send)

        return door

    @property
    def allowances(self) -> rules.Allowances:
        """The settings as the rules know them."""
        chosen = self.settings
        return rules.Allowances(
            chosen.api_anonymous_per_15min,
            chosen.api_person_per_15min,
            chosen.pages_per_min,
            chosen.health_per_min,
            chosen.sign_in_per_min,
        )

    async def identify(self, headers: Headers, address: str) -> Identified:
        """Who calls, by cookie. Identity away: nobody, so that public pages still stand."""
        secret = rules.cookie_of(headers.get("cookie", ""))
        if not secret or self.verifier is None:
            return Identified()
        query = ResolveCookie(
            secret=secret,
            address_prefix=rules.prefix_of(address),
            agent=headers.get("user-agent", "")[:200],
        )
        try:
            return await self.verifier.resolve_cookie(query)
        except (Unavailable, Late):
            await log.awarning("verifier.away")
            return Identified()

    def without_limits(self) -> "Gateway":
        """The same door that counts nobody: for those who build here, never outside dev."""
        return replace(self, limits=None)

    async def limit(self, kind: str, who: Identified, address: str) -> Counted | None:
        """Count the request against its limit, if it has one."""
        if kind == "media" and self.limits is not None:
            grants = rules.policy_of_grants(self.allowances)
            verdict = await self.limits.peek(f"gateway:{grants.name}:{rules.limit_key(address)}", grants.rate)
            return None if verdict.allowed else (grants, verdict)
        person = str(who.principal.subject) if who.principal.is_person else ""
        policy = rules.policy_of(kind, person, self.allowances)
        if policy is None or self.limits is None:
            return None
        counted = person if policy.by == "person" and person else rules.limit_key(address)
        return policy, await self.limits.take(f"gateway:{policy.name}:{counted}", policy.rate)

    async def count_bad_grant(self, address: str) -> None:
        """A media address without a right behind it."""
        if self.limits is not None:
            grants = rules.policy_of_grants(self.allowances)
            await self.limits.take(f"gateway:{grants.name}:{rules.limit_key(address)}", grants.rate)
