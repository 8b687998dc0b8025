"""The second factor: an authenticator and ten recovery codes, added and removed by its person."""

import secrets
from dataclasses import dataclass
from uuid import UUID

import pyotp

from suuupra.kernel.audit import audited
from suuupra.kernel.call import principal
from suuupra.kernel.problems import Conflict, Invalid
from suuupra.kernel.stores import Rate
from suuupra.kernel.work import Unit
from suuupra.services.identity.api import FactorChanged, LastFactor
from suuupra.services.identity.rules import codes
from suuupra.services.identity.rules.roles import is_staff
from suuupra.services.identity.rules.sessions import digest
from suuupra.services.identity.service.ground import Ground
from suuupra.services.identity.service.step_ups import StepUpService
from suuupra.services.identity.service.steps import Happening, note, target
from suuupra.services.identity.service.vault import new_secret
from suuupra.services.identity.service.visits import Visit
from suuupra.services.identity.store import accounts, credentials, roles, sessions

ENROLMENT_TRIES = Rate(10, 900)
TOTP_DIGITS = 6


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator needs; `picture` is the SVG of the QR code."""

    secret: str
    uri: str
    picture: str


@dataclass(frozen=True)
class Confirmed:
    """Recovery codes, shown this once; `session` is the renewed cookie."""

    recovery_codes: tuple[str, ...]
    session: str | None = None


class Factors:
    """Of whoever asks."""

    def __init__(self, ground: Ground, step_ups: StepUpService) -> None:
        self._ground = ground
        self._step_ups = step_ups

    async def enrol(self) -> Enrolment:
        """A new secret; it counts once its first code was given. `StepUpRequired`, `Conflict`."""
        who, ground = principal().person(), self._ground
        await self._step_ups.check("identity.factor")
        secret = pyotp.random_base32()
        async with ground.work.begin() as unit:
            await accounts.by_id(unit.session, who, lock=True)
            present = await credentials.totp_of(unit.session, who, lock=True)
            if present is not None and present.confirmed_at is not None:
                raise Conflict("There is an authenticator already. Remove it first.")
            key = ground.vault.unwrap(who, await accounts.wrapped_key(unit.session, who))
            sealed = ground.vault.seal(key, secret, "totp")
            if present is None:
                unit.session.add(credentials.Totp(account_id=who, sealed=sealed, created_at=unit.now))
            else:
                present.sealed, present.created_at, present.last_step = sealed, unit.now, 0
        return await self.pending()

    async def pending(self) -> Enrolment:
        """The secret that waits for its first code, again. `StepUpRequired`, `Conflict` where none waits."""
        who, ground = principal().person(), self._ground
        await self._step_ups.check("identity.factor")
        async with ground.work.read() as session:
            totp = await credentials.totp_of(session, who)
            box = await accounts.mailbox_of(session, who)
        if totp is None or totp.confirmed_at is not None or box is None:
            raise Conflict("No authenticator waits for its first code.")
        key = ground.vault.unwrap(who, box.wrapped)
        address = ground.vault.unseal(key, box.sealed, "email")
        return enrolment_of(ground.vault.unseal(key, totp.sealed, "totp"), address, ground.site.name)

    async def confirm(self, code: str, visit: Visit) -> Confirmed:
        """The first code; the session rises to level 2. `Invalid`, `StepUpRequired`, `TooMany`."""
        who, ground = principal(), self._ground
        account_id = who.person()
        await self._step_ups.check("identity.factor")
        await ground.take(f"identity:enrol:{account_id}", ENROLMENT_TRIES)
        async with ground.work.begin() as unit:
            totp = await credentials.totp_of(unit.session, account_id, lock=True)
            if totp is None or totp.confirmed_at is not None:
                raise Conflict("Start again: scan a new picture.")
            key = ground.vault.unwrap(account_id, await accounts.wrapped_key(unit.session, account_id))
            secret = ground.vault.unseal(key, totp.sealed, "totp")
            step = codes.matching_step(secret, code, unit.now, totp.last_step)
            if step is None:
                raise Invalid.at("/code", "This code does not fit. Wait for the next one and try again.")
            totp.confirmed_at, totp.last_step = unit.now, step
            fresh = await write_recovery_codes(unit, account_id, key)
            await self._changed(unit, ("totp", "added"), visit)
            cookie = await rise(unit, who.session)
        return Confirmed(fresh, cookie)

    async def renew_codes(self, visit: Visit) -> Confirmed:
        """Ten new recovery codes. `StepUpRequired`, `Conflict` without an authenticator."""
        who, ground = principal().person(), self._ground
        await self._step_ups.check("identity.recovery_codes")
        async with ground.work.begin() as unit:
            totp = await credentials.totp_of(unit.session, who, lock=True)
            if totp is None or totp.confirmed_at is None:
                raise Conflict("Set up an authenticator first.")
            key = ground.vault.unwrap(who, await accounts.wrapped_key(unit.session, who))
            fresh = await write_recovery_codes(unit, who, key)
            await self._changed(unit, ("recovery_codes", "changed"), visit)
        return Confirmed(fresh)

    async def remove(self, visit: Visit) -> None:
        """Authenticator and codes. `StepUpRequired`; `LastFactor` where the site demands one of staff."""
        who, ground = principal().person(), self._ground
        await self._step_ups.check("identity.factor")
        async with ground.work.begin() as unit:
            held = await roles.roles_of(unit.session, who)
            if ground.staff_needs_factor and is_staff(held):
                raise LastFactor
            if await credentials.drop_totp(unit.session, who):
                await self._changed(unit, ("totp", "removed"), visit)

    async def _changed(self, unit: Unit, what: tuple[str, str], visit: Visit) -> None:
        factor, change = what
        who = principal().person()
        unit.publish(FactorChanged(user_id=who, factor=factor, change=change))
        unit.publish(audited("identity.factor.changed", target(who), after={factor: change}))
        note(unit, Happening(who, f"{factor}_{change}", notice=True), visit)


def enrolment_of(secret: str, address: str, site: str) -> Enrolment:
    """The same secret as text, as an address and as a picture."""
    uri = codes.enrolment_uri(secret, address, site)
    import segno

    picture = segno.make(uri, error="m").svg_inline(
        scale=5, border=3, light="#fff", title="QR code for an authenticator"
    )
    return Enrolment(secret, uri, picture)


async def write_recovery_codes(unit: Unit, account_id: UUID, key: bytes) -> tuple[str, ...]:
    """A step: ten fresh ones in place of all before."""
    fresh = tuple(
        codes.recovery_code(secrets.randbits(codes.RECOVERY_BITS)) for _ in range(codes.RECOVERY_COUNT)
    )
    hashed = [(unit.new_id(), codes.recovery_hash(key, code)) for code in fresh]
    await credentials.replace_recovery_codes(unit.session, account_id, hashed, unit.now)
    return fresh


async def check_code(unit: Unit, ground: Ground, account_id: UUID, code: str) -> str | None:
    """A step: spend a code of the authenticator or a recovery code; its method, None where it is wrong."""
    totp = await credentials.totp_of(unit.session, account_id, lock=True)
    if totp is None or totp.confirmed_at is None:
        return None
    key = ground.vault.unwrap(account_id, await accounts.wrapped_key(unit.session, account_id))
    plain = code.strip()
    if len(plain.replace(" ", "")) == TOTP_DIGITS:
        secret = ground.vault.unseal(key, totp.sealed, "totp")
        step = codes.matching_step(secret, plain, unit.now, totp.last_step)
        if step is None:
            return None
        totp.last_step = step
        return "totp"
    hashed = codes.recovery_hash(key, plain)
    spent = await credentials.spend_recovery_code(unit.session, account_id, hashed, unit.now)
    return "recovery_code" if spent else None


async def rise(unit: Unit, session_id: UUID | None, method: str = "totp") -> str | None:
    """A step: the session at hand is at level 2 from now on, under a new secret (no fixation)."""
    if session_id is None:
        return None
    row = await sessions.get(unit.session, session_id, lock=True)
    if row is None or row.ended_at is not None:
        return None
    secret = new_secret()
    row.secret_hash, row.level, row.authenticated_at = digest(secret), 2, unit.now
    row.methods = [*dict.fromkeys([*row.methods, method])]
    return secret
