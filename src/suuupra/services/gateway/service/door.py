"""The gateway of one process: who calls, how often they may, and the door in front of the app."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

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

    @cached_property
    def policies(self) -> Mapping[str, rules.Policy]:
        """The limits of the settings."""
        chosen = self.settings
        allowed = rules.Allowances(
            chosen.api_anonymous_per_15min,
            chosen.api_person_per_15min,
            chosen.pages_per_min,
            chosen.health_per_min,
            chosen.sign_in_per_min,
        )
        return rules.policies(allowed)

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
        is_person = who.principal.is_person
        policy = self.policies.get("api-person" if kind == "api" and is_person else kind)
        if policy is None or self.limits is None:
            return None
        if kind == "media":  # counted afterwards, where the grant was bad
            verdict = await self.limits.peek(_key(policy, address), policy.rate)
            return None if verdict.allowed else (policy, verdict)
        counted = str(who.principal.subject) if policy.by == "person" and is_person else address
        return policy, await self.limits.take(_key(policy, counted), policy.rate)

    async def count_bad_grant(self, address: str) -> None:
        """A media address without a right behind it."""
        if self.limits is not None:
            policy = self.policies["media"]
            await self.limits.take(_key(policy, address), policy.rate)


def _key(policy: rules.Policy, counted: str) -> str:
    return f"gateway:{policy.name}:{rules.limit_key(counted)}"
