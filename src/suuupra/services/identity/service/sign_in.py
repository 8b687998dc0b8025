"""Signing in by password, and the second factor after any first proof."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import Field

from suuupra.kernel.messages import Command
from suuupra.kernel.problems import Invalid
from suuupra.kernel.stores import Rate
from suuupra.services.identity.api import AccountSuspended, InvalidCredentials, LinkSpent
from suuupra.services.identity.rules import addresses, passwords, throttle
from suuupra.services.identity.rules.passwords import Checked
from suuupra.services.identity.rules.sessions import digest, safe_next
from suuupra.services.identity.service.entry import Entry, Proven, admit
from suuupra.services.identity.service.factors import check_code
from suuupra.services.identity.service.ground import Ground
from suuupra.services.identity.service.steps import record_attempt, take_challenge
from suuupra.services.identity.service.visits import Visit
from suuupra.services.identity.store import challenges, credentials
from suuupra.services.identity.store.history import REFUSED

GUESSES = Rate(5, 900)
NETWORK = Rate(20, 300)
CODES = Rate(10, 900)
CODE_TRIES = 5


class SignIn(Command):
    """What the form sends."""

    address: str
    password: str = Field(repr=False)
    next: str = "/"


class SecondFactor(Command):
    """A code for the challenge that the first proof led to."""

    token: str
    code: str = Field(repr=False)


@dataclass(frozen=True)
class Guess:
    """A password given for an account that may not exist, and where it is counted."""

    found: credentials.Credentials | None
    password: str
    bucket: str


class SignIns:
    """Passwords and codes."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def sign_in(self, command: SignIn, visit: Visit) -> Entry:
        """`InvalidCredentials` for whatever is wrong, `AccountSuspended`, `TooMany`, `Unavailable`."""
        ground = self._ground
        key = self._key(command.address)
        async with ground.work.read() as session:
            found = await credentials.by_address(session, key)
        device = self._device(visit, found)
        guess = Guess(found, command.password, throttle.guess_bucket(key, device))
        checked = await self.check_password(guess, visit)
        if found is None or found.status == "suspended":
            raise AccountSuspended
        proven = Proven(found.account_id, "password", ("password",), next=safe_next(command.next))
        async with ground.work.begin() as unit:
            if checked.rehashed and found.phc:
                await credentials.rehash(unit.session, found.account_id, found.phc, checked.rehashed)
            return await admit(unit, ground, proven, visit)

    async def check_password(self, guess: Guess, visit: Visit) -> Checked:
        """Count the try, compare, record a failure. `InvalidCredentials`, `TooMany`."""
        ground, found = self._ground, guess.found
        await ground.look(f"identity:failures:{visit.prefix}", NETWORK)
        await ground.take(guess.bucket, GUESSES)
        phc = found.phc if found else None
        can_be = len(guess.password) <= passwords.LENGTH_MAX and passwords.is_text(guess.password)
        checked = await ground.hasher.check(phc, guess.password if can_be else "")
        if not checked.is_right:
            await self.refuse("password", (found.account_id if found else None), visit)
            raise InvalidCredentials
        await ground.limits.forget(guess.bucket)
        return checked

    async def second_factor(self, command: SecondFactor, visit: Visit) -> Entry:
        """`InvalidCredentials`, `LinkSpent` after five wrong codes or ten minutes, `TooMany`."""
        ground = self._ground
        account_id = await self._whose(command.token)
        await ground.take(f"identity:codes:{account_id}", CODES)
        async with ground.work.begin() as unit:
            challenge = await take_challenge(unit, command.token, "second_factor")
            if challenge.attempts >= CODE_TRIES:
                raise LinkSpent
            method = await check_code(unit, ground, account_id, command.code)
            if method is not None:
                challenge.used_at = unit.now
                facts = ground.vault.open_facts(challenge.payload, challenge.id)
                methods = (*facts["methods"], method)
                proven = Proven(account_id, facts["via"], methods, 2, facts["next"])
                return await admit(unit, ground, proven, visit)
            challenge.attempts += 1
        await self.refuse("second_factor", account_id, visit)
        raise InvalidCredentials("This code is wrong or has been used. Try the next one.")

    async def waits(self, token: str) -> bool | None:
        """Whether this question for a second factor is open; None: it is not one."""
        async with self._ground.work.read() as session:
            challenge = await challenges.by_hash(session, digest(token))
        if challenge is None or challenge.kind != "second_factor":
            return None
        is_late = challenge.used_at is not None or challenge.expires_at <= self._ground.clock.now()
        return not is_late and challenge.attempts < CODE_TRIES

    async def _whose(self, token: str) -> UUID:
        async with self._ground.work.read() as session:
            challenge = await challenges.by_hash(session, digest(token))
        if challenge is None or challenge.kind != "second_factor" or challenge.account_id is None:
            raise LinkSpent
        return challenge.account_id

    async def refuse(self, method: str, account_id: UUID | None, visit: Visit) -> None:
        """Count and keep a failure."""
        await self._ground.limits.take(f"identity:failures:{visit.prefix}", NETWORK)
        async with self._ground.work.begin() as unit:
            record_attempt(unit, REFUSED, method, (account_id, visit))

    def _key(self, address: str) -> bytes:
        """Also of what is no address: nobody has it, and the answer takes as long."""
        try:
            return self._ground.vault.address_key(addresses.normalise(address))
        except Invalid:
            return self._ground.vault.address_key("")

    def _device(self, visit: Visit, found: credentials.Credentials | None) -> str:
        account_id, device = self._ground.vault.read_crumb("device", visit.device)
        return device if found is not None and account_id == found.account_id else ""
