"""Continue with another site (OpenID Connect): ask, check the answer, and find whose account it is."""

import asyncio
import contextlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from suuupra.kernel.audit import audited
from suuupra.kernel.call import principal
from suuupra.kernel.problems import Invalid, Problem
from suuupra.kernel.stores import Rate
from suuupra.kernel.work import Unit
from suuupra.services.identity.api import (
    AddressNotVerified,
    LinkSpent,
    SignUpClosed,
    StateMismatch,
    UpstreamRefused,
    UserNotFound,
)
from suuupra.services.identity.rules import addresses, profiles, upstreams
from suuupra.services.identity.rules.sessions import digest, safe_next
from suuupra.services.identity.rules.upstreams import Answer, Asking
from suuupra.services.identity.service.entry import Entry, Proven, admit
from suuupra.services.identity.service.ground import Ground
from suuupra.services.identity.service.profile import Profiles
from suuupra.services.identity.service.sign_up import is_admitted
from suuupra.services.identity.service.steps import (
    Ask,
    Happening,
    NewAccount,
    claim_mailbox,
    create_account,
    mail_challenge,
    note,
    open_challenge,
    take_challenge,
    target,
)
from suuupra.services.identity.service.vault import new_secret
from suuupra.services.identity.service.visits import Visit
from suuupra.services.identity.settings import Provider
from suuupra.services.identity.store import accounts, challenges

STARTS = Rate(30, 300)
FALLBACK_NAME = "New member"


class UpstreamClient(Protocol):
    """Speaks OpenID Connect. `UpstreamRefused`, `StateMismatch`."""

    async def address(self, provider: Provider, asking: Asking) -> str:
        """Where to send the browser."""
        ...

    async def claims(self, provider: Provider, answer: Answer) -> upstreams.Claims:
        """What the other site says, checked."""
        ...

    async def picture(self, url: str) -> bytes:
        """A profile picture; `UpstreamRefused`."""
        ...


@dataclass(frozen=True)
class Departure:
    """Where the browser goes, and the cookie that ties the answer to it."""

    href: str
    cookie: str


@dataclass(frozen=True)
class Arrival:
    """Where an answer led: inside (`entry`), or to the question whether to connect (`href`)."""

    entry: Entry | None = None
    href: str = ""


class Upstreams:
    """Sign-in by other sites."""

    def __init__(self, ground: Ground, client: UpstreamClient, profiles_: Profiles) -> None:
        self._ground = ground
        self._client = client
        self._profiles = profiles_
        self._providers = ground.settings.upstreams()

    def titles(self) -> tuple[tuple[str, str], ...]:
        """(key, title) of each; none, no button."""
        return tuple((provider.key, provider.title) for provider in self._providers.values())

    async def depart(self, key: str, href: str, visit: Visit) -> Departure:
        """`UpstreamRefused` where it cannot be reached, `UserNotFound` for an unknown one, `TooMany`."""
        ground, provider = self._ground, self._provider(key)
        await ground.take(f"identity:upstream:{visit.prefix}", STARTS)
        cookie, nonce, verifier = new_secret(), new_secret(), secrets.token_urlsafe(48)
        challenge_id = ground.ids.new()
        asking = Asking(
            redirect_uri=self._redirect_uri(key),
            state=ground.vault.token(challenge_id),
            nonce=nonce,
            code_challenge=upstreams.challenge_of(verifier),
        )
        address = await self._client.address(provider, asking)
        facts = {
            "provider": key,
            "nonce": nonce,
            "verifier": verifier,
            "next": safe_next(href),
            "cookie": digest(cookie).hex(),
        }
        async with ground.work.begin() as unit:
            await open_challenge(unit, ground.vault, Ask("upstream", facts=facts), challenge_id)
        return Departure(address, cookie)

    async def arrive(self, key: str, answer: Mapping[str, str], visit: Visit) -> Arrival:
        """`StateMismatch` (audited), `UpstreamRefused`, `SignUpClosed`, `AccountSuspended`."""
        provider = self._provider(key)
        try:
            facts = await self._facts(key, answer, visit)
            if answer.get("error") or not answer.get("code"):
                raise UpstreamRefused
            claims = await self._client.claims(
                provider,
                Answer(
                    code=answer["code"],
                    redirect_uri=self._redirect_uri(key),
                    verifier=facts["verifier"],
                    nonce=facts["nonce"],
                    issuer=answer.get("iss", ""),
                ),
            )
        except StateMismatch as problem:
            await self._audit_mismatch(key, problem)
            raise
        return await self._settle(provider, claims, facts["next"], visit)

    async def _facts(self, key: str, answer: Mapping[str, str], visit: Visit) -> dict[str, str]:
        """What we kept for this state, once, for the browser that began."""
        ground = self._ground
        try:
            async with ground.work.begin() as unit:
                challenge = await take_challenge(unit, answer.get("state", ""), "upstream")
                challenge.used_at = unit.now
                facts = ground.vault.open_facts(challenge.payload, challenge.id)
        except LinkSpent:
            raise StateMismatch(claim="state") from None
        if facts["provider"] != key:
            raise StateMismatch(claim="provider")
        if not hmac.compare_digest(facts["cookie"], digest(visit.upstream).hex()):
            raise StateMismatch(claim="browser")
        return facts

    async def _settle(self, provider: Provider, claims: upstreams.Claims, href: str, visit: Visit) -> Arrival:
        ground, claims = self._ground, _tidy(claims)
        key = ground.vault.address_key(claims.address) if claims.address else b""
        async with ground.work.begin() as unit:
            upstream_id = await accounts.put_upstream(unit.session, unit.new_id(), provider.issuer, unit.now)
            who = Stranger(claims, key, upstream_id, provider, href)
            await accounts.lock_key(unit.session, digest(f"{provider.issuer}\0{claims.subject}"))
            if key:
                await accounts.lock_key(unit.session, key)
            arrival, new_account, ended = await self._fate(unit, who, visit)
        await ground.revoke(ended)
        if new_account is not None and claims.picture_url:
            await self._fetch_picture(new_account, claims.picture_url)
        return arrival

    async def _fate(
        self, unit: Unit, who: "Stranger", visit: Visit
    ) -> tuple[Arrival, UUID | None, tuple[UUID, ...]]:
        link = await accounts.link_of(unit.session, who.upstream_id, who.claims.subject)
        local = await accounts.by_address(unit.session, who.key) if who.key else None
        fate = upstreams.fate_of(
            who.claims,
            is_linked=link is not None,
            is_known=local is not None,
            is_local_verified=local is not None and local.status != "pending",
        )
        if link is not None:
            return Arrival(await self._admit(unit, link.account_id, who, visit)), None, ()
        if fate == "register":
            account_id = await self._register(unit, who)
            return Arrival(await self._admit(unit, account_id, who, visit)), account_id, ()
        if local is None or fate == "refuse":
            raise AddressNotVerified(f"{who.provider.title} has not confirmed your mail address.")
        if fate == "take_over":
            ended = await claim_mailbox(unit, local.id)
            connect(unit, who, local.id)
            return Arrival(await self._admit(unit, local.id, who, visit)), None, ended
        facts = {"subject": who.claims.subject, "provider": who.provider.key, "next": who.next}
        ask = Ask("link", local.id, facts=facts)
        token = self._ground.vault.token(await open_challenge(unit, self._ground.vault, ask))
        return Arrival(href=f"/auth/{who.provider.key}/connect?token={token}"), None, ()

    async def _register(self, unit: Unit, who: "Stranger") -> UUID:
        ground, claims = self._ground, who.claims
        if not await is_admitted(unit, ground, who.key):
            raise SignUpClosed
        new = NewAccount(claims.name, claims.address, "upstream", is_verified=claims.is_address_verified)
        account_id = await create_account(unit, ground.vault, new)
        connect(unit, who, account_id)
        if not claims.is_address_verified:
            ask = Ask("verify", account_id, facts={"next": who.next})
            mail_challenge(
                unit,
                "identity.verify",
                (await open_challenge(unit, ground.vault, ask), account_id),
            )
        return account_id

    async def _admit(self, unit: Unit, account_id: UUID, who: "Stranger", visit: Visit) -> Entry:
        proven = Proven(account_id, "upstream", ("upstream",), next=who.next)
        return await admit(unit, self._ground, proven, visit)

    async def connect(self, token: str, visit: Visit) -> str:
        """Join the other site's account to that of whoever asks; where to go on. `LinkSpent`."""
        ground, account_id = self._ground, principal().person()
        async with ground.work.begin() as unit:
            challenge = await take_challenge(unit, token, "link")
            if challenge.account_id != account_id:
                raise LinkSpent
            challenge.used_at = unit.now
            facts = ground.vault.open_facts(challenge.payload, challenge.id)
            provider = self._provider(facts["provider"])
            upstream_id = await accounts.put_upstream(unit.session, unit.new_id(), provider.issuer, unit.now)
            claims = upstreams.Claims(subject=facts["subject"])
            if await accounts.link_of(unit.session, upstream_id, claims.subject) is None:
                connect(unit, Stranger(claims, b"", upstream_id, provider, ""), account_id)
                note(unit, Happening(account_id, "upstream_connected", notice=True), visit)
        return str(facts["next"])

    async def to_connect(self, token: str) -> tuple[str, UUID | None]:
        """The title of the site that waits to be joined, and whose account it is; `LinkSpent`."""
        async with self._ground.work.read() as session:
            found = await challenges.by_hash(session, digest(token))
        if found is None or found.kind != "link" or found.used_at is not None:
            raise LinkSpent
        if found.expires_at <= self._ground.clock.now():
            raise LinkSpent
        facts = self._ground.vault.open_facts(found.payload, found.id)
        return self._provider(facts["provider"]).title, found.account_id

    async def _fetch_picture(self, account_id: UUID, url: str) -> None:
        """Nice to have: whatever goes wrong, somebody is signed in with initials."""
        with contextlib.suppress(Problem, TimeoutError):
            async with asyncio.timeout(2):
                await self._profiles.store_picture(account_id, await self._client.picture(url))

    async def _audit_mismatch(self, key: str, problem: StateMismatch) -> None:
        async with self._ground.work.begin() as unit:
            claim = str(problem.members.get("claim", ""))
            unit.publish(audited("identity.upstream.refused", f"upstream:{key}", after={"claim": claim}))

    def _provider(self, key: str) -> Provider:
        if key not in self._providers:
            raise UserNotFound("This site does not offer that way in.")
        return self._providers[key]

    def _redirect_uri(self, key: str) -> str:
        return self._ground.site.link(f"/auth/{key}/callback")


@dataclass(frozen=True)
class Stranger:
    """Somebody whom another site vouches for; `key` finds their address here."""

    claims: upstreams.Claims
    key: bytes
    upstream_id: UUID
    provider: Provider
    next: str


def connect(unit: Unit, who: Stranger, account_id: UUID) -> None:
    """A step: their account there is this one here."""
    unit.session.add(
        accounts.AccountLink(
            id=unit.new_id(),
            upstream_id=who.upstream_id,
            subject=who.claims.subject,
            account_id=account_id,
            created_at=unit.now,
        )
    )
    unit.publish(
        audited("identity.upstream.connected", target(account_id), after={"upstream": who.provider.key})
    )


def _tidy(claims: upstreams.Claims) -> upstreams.Claims:
    """Names and addresses of strangers pass the same rules as those of forms."""
    try:
        address = addresses.normalise(claims.address) if claims.address else ""
    except Invalid:
        address = ""
    try:
        name = profiles.clean_name(claims.name[: profiles.NAME_LENGTH_MAX])
    except Invalid:
        name = FALLBACK_NAME
    return upstreams.Claims(claims.subject, address, claims.is_address_verified, name, claims.picture_url)
