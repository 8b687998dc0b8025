"""Changing the address: the new one is confirmed, the old one told, and 72 hours given to undo it."""

from dataclasses import dataclass

from suuupra.kernel.audit import audited
from suuupra.kernel.call import principal
from suuupra.kernel.stores import Rate
from suuupra.kernel.work import Unit
from suuupra.services.identity.api import EmailVerified, LinkSpent
from suuupra.services.identity.rules import addresses
from suuupra.services.identity.service.ground import Ground
from suuupra.services.identity.service.step_ups import StepUpService
from suuupra.services.identity.service.steps import (
    Ask,
    Happening,
    end_sessions,
    mail_challenge,
    note,
    open_challenge,
    take_challenge,
    target,
    tell_contact,
)
from suuupra.services.identity.service.visits import Visit
from suuupra.services.identity.store import accounts, challenges, credentials, sessions

CHANGES = Rate(5, 3600)


@dataclass(frozen=True)
class Moved:
    """An address that was swapped for another."""

    account: accounts.Account
    old: str
    new: str


class Mailboxes:
    """The address of whoever asks."""

    def __init__(self, ground: Ground, step_ups: StepUpService) -> None:
        self._ground = ground
        self._step_ups = step_ups

    async def change(self, address: str) -> None:
        """A link to the new address; nothing changes before it is spent. `Invalid`, `StepUpRequired`."""
        ground, who = self._ground, principal().person()
        wanted = addresses.normalise(address)
        await self._step_ups.check("identity.email")
        await ground.take(f"identity:address:{who}", CHANGES)
        async with ground.work.begin() as unit:
            await challenges.spend_all(unit.session, who, ("address",), unit.now)
            taken = await accounts.by_address(unit.session, ground.vault.address_key(wanted))
            ask = Ask("address", who, facts={"address": wanted})
            challenge_id = await open_challenge(unit, ground.vault, ask)
            if taken is None:
                mail_challenge(unit, "identity.verify_address", (challenge_id, who), to_payload=True)

    async def confirm(self, token: str, visit: Visit) -> None:
        """The new address is theirs: swap, and let the old one undo it. `LinkSpent`."""
        ground = self._ground
        async with ground.work.begin() as unit:
            moved = await self._swap(unit, token, "address")
            account_id = moved.account.id
            await challenges.spend_all(unit.session, account_id, ("verify",), unit.now)
            ask = Ask("undo_address", account_id, facts={"address": moved.old})
            undo_id = await open_challenge(unit, ground.vault, ask)
            mail_challenge(unit, "identity.address_changed", (undo_id, account_id), to_payload=True)
            note(unit, Happening(account_id, "address_changed"), visit)

    async def undo(self, token: str, visit: Visit) -> None:
        """The old address is back; whoever changed it is out, and a new password is due. `LinkSpent`."""
        ground = self._ground
        async with ground.work.begin() as unit:
            moved = await self._swap(unit, token, "undo_address")
            account_id = moved.account.id
            await credentials.drop_all(unit.session, account_id)
            ended = await end_sessions(unit, sessions.Ending(account_id, "address_restored"))
            note(unit, Happening(account_id, "address_restored", notice=True), visit)
        await ground.revoke(ended)

    async def _swap(self, unit: Unit, token: str, kind: str) -> Moved:
        vault = self._ground.vault
        challenge = await take_challenge(unit, token, kind)
        challenge.used_at = unit.now
        wanted = str(vault.open_facts(challenge.payload, challenge.id)["address"])
        key = vault.address_key(wanted)
        await accounts.lock_key(unit.session, key)
        account_id = challenge.account_id
        if account_id is None or await accounts.by_address(unit.session, key) is not None:
            raise LinkSpent
        account = await accounts.by_id(unit.session, account_id, lock=True)
        email = await accounts.email_of(unit.session, account_id)
        if account is None or email is None or account.status == "suspended":
            raise LinkSpent
        subject_key = vault.unwrap(account_id, await accounts.wrapped_key(unit.session, account_id))
        old = vault.unseal(subject_key, email.sealed, "email")
        email.key, email.sealed = key, vault.seal(subject_key, wanted, "email")
        if not email.is_verified:
            unit.publish(EmailVerified(user_id=account_id))
        email.is_verified, email.verified_at = True, unit.now
        account.status, account.version = "active", account.version + 1
        unit.publish(audited("identity.email.changed", target(account_id), after={"by": kind}))
        tell_contact(unit, account_id)
        return Moved(account, old, wanted)
