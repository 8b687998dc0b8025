"""Who is counted against which limit, and how many uploads somebody sends at once."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from suuupra.kernel.auth import Principal
from suuupra.kernel.metrics import METRICS
from suuupra.kernel.stores import Limits
from suuupra.services.gateway import rules
from suuupra.services.gateway.api import LimitReached
from suuupra.services.gateway.service.outward import Counted
from suuupra.services.gateway.service.visitors import NAME, Visitors

BEFORE_IDENTITY = frozenset({"sign_in", "health", "media", "playback"})
UPLOADS_AT_ONCE = 3
UPLOAD_RETRY_S = 2.0


@dataclass
class Counting:
    """The limits of one door."""

    limits: Limits
    policies: Mapping[str, rules.Policy]
    visitors: Visitors | None = None
    _sending: Counter[str] = field(default_factory=Counter)

    async def by_address(self, kind: str, path: str, address: str) -> Counted | None:
        """What is counted before anybody is asked who this is."""
        if kind in {"media", "playback"}:
            policy = self.policies["media"]
            verdict = await self.limits.peek(policy.key(rules.limit_key(address)), policy.rate)
            if not verdict.allowed:
                return policy, verdict
            return await self._take(self.policies[kind], path) if kind == "playback" else None
        return await self._take(self.policies[kind], rules.limit_key(address))

    async def by_caller(self, kind: str, who: Principal, address: str, cookies: str) -> Counted | None:
        """What is counted by person; nobody by address, or by visitor behind it."""
        if kind == "api":
            return await self._api(who, address, cookies)
        policy = self.policies.get(kind)
        if policy is None:
            return None
        counted = str(who.subject) if policy.by == "person" and who.is_person else rules.limit_key(address)
        return await self._take(policy, counted)

    async def _api(self, who: Principal, address: str, cookies: str) -> Counted:
        if who.is_person:
            return await self._take(self.policies["api-person"], str(who.subject))
        counted = rules.limit_key(address)
        visitor = self.visitors.ripe(cookies) if self.visitors is not None and NAME in cookies else ""
        if not visitor:
            return await self._take(self.policies["api"], counted)
        whole = await self._take(self.policies["address"], counted)
        return await self._take(self.policies["api"], f"{counted} {visitor}") if whole[1].allowed else whole

    async def count_bad_grant(self, address: str) -> None:
        """An address of media or of a playback without a right behind it."""
        policy = self.policies["media"]
        await self.limits.take(policy.key(rules.limit_key(address)), policy.rate)

    @contextmanager
    def sending(self, who: Principal, address: str) -> Iterator[None]:
        """One of the few uploads that somebody sends at once."""
        sender = str(who.subject) if who.is_person else rules.limit_key(address)
        if self._sending[sender] >= UPLOADS_AT_ONCE:
            METRICS.count("limit_refusals", policy="uploads")
            raise LimitReached(retry_after_s=UPLOAD_RETRY_S, policy="uploads")
        self._sending[sender] += 1
        try:
            yield
        finally:
            self._sending[sender] -= 1
            if not self._sending[sender]:
                del self._sending[sender]

    async def _take(self, policy: rules.Policy, counted: str) -> Counted:
        return policy, await self.limits.take(policy.key(counted), policy.rate)
