"""Mailed links: confirming an address, signing in without a password, resetting one, changing an address.

Looking at a link changes nothing, since mail scanners look at all of them; only the button spends it.
"""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from pydantic import Field

from suuupra.kernel.audit import audited
from suuupra.kernel.call import principal
from suuupra.kernel.messages import Command
from suuupra.kernel.stores import Rate
from suuupra.kernel.work import Unit
from suuupra.services.identity.api import FactorChanged, InvalidCredentials, LinkSpent
from suuupra.services.identity.rules import addresses, passwords
from suuupra.services.identity.rules.sessions import digest, safe_next
from suuupra.services.identity.service.entry import Entry, Proven, admit, require_account
from suuupra.services.identity.service.errands import MailLink
from suuupra.services.identity.service.ground import Ground
from suuupra.services.identity.service.sign_in import Guess, SignIns
from suuupra.services.identity.service.steps import (
    Ask,
    Happening,
    claim_mailbox,
    confirm_mailbox,
    end_sessions,
    mail_challenge,
    note,
    open_challenge,
    take_challenge,
    target,
)
from suuupra.services.identity.service.visits import Visit
from suuupra.services.identity.store import accounts, challenges, credentials, sessions

ASKED = Rate(3, 900)
ASKED_BY_NETWORK = Rate(20, 300)
MAILED = ("verify", "magic", "reset", "address", "undo_address")
TEMPLATES = {"magic": "identity.magic", "reset": "identity.reset", "verify": "identity.verify"}


class AskLink(Command):
    """`kind` is `magic` (sign in), `reset` (a new password) or `verify` (again)."""

    kind: str = Field(pattern="^(magic|reset|verify)$")
    address: str
    next: str = "/"


class SpendLink(Command):
    """What the page of a link sends. `password`: the new one of a reset, else the proof of the account."""

    token: str
    password: str = Field(default="", repr=False)


@dataclass(frozen=True)
class Link:
    """What the page of a link shows. `needs_password`: this browser is not known to be its person's."""

    kind: str
    hint: str
    needs_password: bool = False


class Links:
    """Asks for links, shows them, spends them; address links are spent by `Mailboxes`."""

    def __init__(self, ground: Ground, sign_ins: SignIns) -> None:
        self._ground = ground
        self._sign_ins = sign_ins

    async def ask(self, command: AskLink, visit: Visit) -> None:
        """A mail, if anybody has the address; the answer and its time do not tell. `Invalid`, `TooMany`."""
        ground = self._ground
        key = ground.vault.address_key(addresses.normalise(command.address))
        await ground.take(f"identity:links:{visit.prefix}", ASKED_BY_NETWORK)
        await ground.take(f"identity:links:{command.kind}:{key.hex()}", ASKED)
        job = MailLink(kind=command.kind, address_key=key.hex(), next=safe_next(command.next))
        async with ground.work.begin() as unit:
            unit.enqueue(job)

    async def mail(self, job: MailLink) -> None:
        """The job: open the challenge and ask for its mail; nobody there, nothing happens."""
        async with self._ground.work.begin() as unit:
            account = await accounts.by_address(unit.session, bytes.fromhex(job.address_key))
            if account is not None and _may_have(account, job.kind):
                await challenges.spend_all(unit.session, account.id, (job.kind,), unit.now)
                ask = Ask(job.kind, account.id, facts={"next": job.next})
                challenge_id = await open_challenge(unit, self._ground.vault, ask)
                mail_challenge(unit, TEMPLATES[job.kind], (challenge_id, account.id))
            unit.finish()

    async def kind_of(self, token: str) -> str:
        """What a link was for, also a spent one; empty where nobody knows any more."""
        async with self._ground.work.read() as session:
            found = await challenges.by_hash(session, digest(token))
        return found.kind if found is not None and found.kind in MAILED else ""

    async def look(self, token: str, visit: Visit) -> Link:
        """What the link is for; `LinkSpent`."""
        async with self._ground.work.read() as session:
            found = await challenges.by_hash(session, digest(token))
            box = await accounts.mailbox_of(session, found.account_id) if found and found.account_id else None
        if found is None or found.kind not in MAILED or found.used_at or box is None:
            raise LinkSpent
        if found.expires_at <= self._ground.clock.now():
            raise LinkSpent
        vault = self._ground.vault
        facts = vault.open_facts(found.payload, found.id)
        address = facts.get("address") or vault.unseal(
            vault.unwrap(box.account_id, box.wrapped), box.sealed, "email"
        )
        needs_password = found.kind == "verify" and not self._is_theirs(box.account_id, visit)
        return Link(found.kind, addresses.mask(address), needs_password)

    async def verify(self, command: SpendLink, visit: Visit) -> Entry:
        """Confirm an address and go in. `LinkSpent`; `InvalidCredentials` from an unknown browser."""
        ground, account_id = self._ground, await self._whose(command.token, "verify")
        who = principal()
        methods: tuple[str, ...] = ("mail",)
        if not self._is_theirs(account_id, visit):
            await self._check_password(account_id, command.password, visit)
            methods = ("mail", "password")
        async with ground.work.begin() as unit:
            facts = await self._spend(unit, command.token, "verify")
            await confirm_mailbox(unit, account_id)
            note(unit, Happening(account_id, "email_verified"), visit)
            if who.subject == account_id:
                return Entry("signed_in", str(facts["next"]), account_id)
            proven = Proven(account_id, "password", methods, next=str(facts["next"]))
            return await admit(unit, ground, proven, visit)

    async def magic(self, command: SpendLink, visit: Visit) -> Entry:
        """Sign in by the mailbox alone. `LinkSpent`, `AccountSuspended`."""
        ground, account_id = self._ground, await self._whose(command.token, "magic")
        async with ground.work.begin() as unit:
            facts = await self._spend(unit, command.token, "magic")
            ended = await claim_mailbox(unit, account_id)
            proven = Proven(account_id, "magic_link", ("mail",), next=str(facts["next"]))
            entry = await admit(unit, ground, proven, visit)
        await ground.revoke(ended)
        return entry

    async def reset(self, command: SpendLink, visit: Visit) -> Entry:
        """A new password; every session ends. `Invalid`, `LinkSpent`, `AccountSuspended`."""
        ground, account_id = self._ground, await self._whose(command.token, "reset")
        known = (ground.site.name,)
        await asyncio.to_thread(passwords.check, command.password, known)
        phc = await ground.hasher.hash(command.password)
        async with ground.work.begin() as unit:
            facts = await self._spend(unit, command.token, "reset")
            await require_account(unit, account_id)
            claimed = await claim_mailbox(unit, account_id)
            ended = await set_password(unit, credentials.NewPassword(account_id, phc), None)
            note(unit, Happening(account_id, "password_reset", notice=True), visit)
            proven = Proven(account_id, "magic_link", ("mail",), next=str(facts["next"]))
            entry = await admit(unit, ground, proven, visit)
        await ground.revoke((*claimed, *ended))
        return entry

    async def _whose(self, token: str, kind: str) -> UUID:
        async with self._ground.work.read() as session:
            found = await challenges.by_hash(session, digest(token))
        if found is None or found.kind != kind or found.account_id is None:
            raise LinkSpent
        return found.account_id

    async def _spend(self, unit: Unit, token: str, kind: str) -> dict[str, object]:
        challenge = await take_challenge(unit, token, kind)
        challenge.used_at = unit.now
        return self._ground.vault.open_facts(challenge.payload, challenge.id)

    def _is_theirs(self, account_id: UUID, visit: Visit) -> bool:
        signed_up, _ = self._ground.vault.read_crumb("sign_up", visit.sign_up)
        return account_id in {principal().subject, signed_up}

    async def _check_password(self, account_id: UUID, password: str, visit: Visit) -> None:
        if not password:
            raise InvalidCredentials("Enter the password that you chose at sign-up.")
        async with self._ground.work.read() as session:
            found = await credentials.by_account(session, account_id)
        guess = Guess(found, password, f"identity:verify:{account_id}")
        await self._sign_ins.check_password(guess, visit)


def _may_have(account: accounts.Account, kind: str) -> bool:
    return account.status == "pending" if kind == "verify" else account.status != "suspended"


async def set_password(unit: Unit, new: credentials.NewPassword, keep: UUID | None) -> tuple[UUID, ...]:
    """A step: the hash, the news, and the end of every other session and open link."""
    account_id = new.account_id
    await credentials.put_password(unit.session, new, unit.now)
    await challenges.spend_all(unit.session, account_id, ("reset", "magic", "second_factor"), unit.now)
    unit.publish(FactorChanged(user_id=account_id, factor="password", change="changed"))
    unit.publish(audited("identity.password.changed", target(account_id)))
    return await end_sessions(unit, sessions.Ending(account_id, "password_changed", keep=keep))
