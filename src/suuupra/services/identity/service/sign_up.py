"""Signing up: one answer for free and for known addresses, and a mail that says the rest."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from pydantic import Field

from suuupra.kernel.ids import Ids
from suuupra.kernel.messages import Command
from suuupra.kernel.stores import Rate
from suuupra.kernel.work import Unit
from suuupra.services.identity.api import SignUpClosed
from suuupra.services.identity.rules import addresses, passwords, profiles
from suuupra.services.identity.rules.sessions import safe_next
from suuupra.services.identity.service.errands import SendMail
from suuupra.services.identity.service.findings import Findings
from suuupra.services.identity.service.ground import Ground
from suuupra.services.identity.service.steps import (
    Ask,
    NewAccount,
    create_account,
    mail_challenge,
    open_challenge,
)
from suuupra.services.identity.service.visits import Visit
from suuupra.services.identity.store import accounts, challenges

SIGN_UPS = Rate(100, 300)
"""A network: a whole class may sign up from one address."""
MAILS = Rate(5, 3600)


class SignUp(Command):
    """What the form sends. `next` is where to go on once the address is confirmed."""

    name: str
    address: str
    password: str = Field(repr=False)
    next: str = "/"


@dataclass(frozen=True)
class Wish:
    """A sign-up that passed the rules."""

    name: str
    address: str
    key: bytes
    phc: str
    next: str
    may_mail: bool


class SignUps:
    """New accounts by mail address and password."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    @property
    def is_open(self) -> bool:
        """Whether the page has a form."""
        return self._ground.settings.sign_up != "closed"

    @property
    def shows_spool(self) -> bool:
        """On a laptop mails lie in a folder that `/dev/mail` shows."""
        return self._ground.site.environment == "dev"

    async def register(self, command: SignUp, visit: Visit) -> str:
        """The sign-up cookie, whatever was found. `SignUpClosed`, `Invalid`, `TooMany`."""
        ground = self._ground
        if ground.settings.sign_up == "closed":
            raise SignUpClosed
        await ground.take(f"identity:sign_up:{visit.prefix}", SIGN_UPS)
        name, address = await self._checked(command)
        key = ground.vault.address_key(address)
        verdict = await ground.limits.take(f"identity:mail:{key.hex()}", MAILS)
        phc = await ground.hasher.hash(command.password)
        wish = Wish(name, address, key, phc, safe_next(command.next), verdict.allowed)
        async with ground.work.begin() as unit:
            account_id = await register(unit, ground, wish)
            await ground.faults.at("identity.sign_up.before_commit")
        await ground.faults.at("identity.sign_up.after_commit")
        return ground.vault.crumb("sign_up", account_id or stranger(ground.ids))

    async def _checked(self, command: SignUp) -> tuple[str, str]:
        findings, name, address = Findings(), "", ""
        with findings.collecting():
            name = profiles.clean_name(command.name)
        with findings.collecting():
            address = addresses.normalise(command.address)
        with findings.collecting():
            known = (name, address, self._ground.site.name)
            await asyncio.to_thread(passwords.check, command.password, known)
        findings.settle()
        return name, address


def stranger(ids: Ids) -> UUID:
    """An id that stands for nobody, so that cookies of known and of new addresses look alike."""
    return ids.new()


async def register(unit: Unit, ground: Ground, wish: Wish) -> UUID | None:
    """A step: the new account, or None where the address is known or not invited."""
    await accounts.lock_key(unit.session, wish.key)
    known = await accounts.by_address(unit.session, wish.key)
    if known is not None:
        if wish.may_mail and known.status != "suspended":
            await _remind(unit, ground, known, wish.next)
        return None
    if not await is_admitted(unit, ground, wish.key):
        return None
    new = NewAccount(wish.name, wish.address, "password", wish.phc)
    account_id = await create_account(unit, ground.vault, new)
    await _mail_verification(unit, ground, account_id, wish.next)
    return account_id


async def is_admitted(unit: Unit, ground: Ground, key: bytes) -> bool:
    """Whether this address may have an account; an invitation is spent by its use."""
    match ground.settings.sign_up:
        case "open":
            return True
        case "closed":
            return False
        case _:
            invitation = await challenges.open_by_key(unit.session, "invite", key, unit.now)
            return invitation is not None and await challenges.spend(unit.session, invitation.id, unit.now)


async def _remind(unit: Unit, ground: Ground, known: accounts.Account, href: str) -> None:
    """Tell the owner of a known address: again the link, or that there is an account already."""
    if known.status == "pending":
        await _mail_verification(unit, ground, known.id, href)
        return
    hour = unit.now.strftime("%Y%m%d%H")
    unit.enqueue(
        SendMail(
            template="identity.address_known",
            dedup_key=f"address_known:{known.id}:{hour}",
            account_id=known.id,
        )
    )


async def _mail_verification(unit: Unit, ground: Ground, account_id: UUID, href: str) -> None:
    await challenges.spend_all(unit.session, account_id, ("verify",), unit.now)
    ask = Ask("verify", account_id, facts={"next": href})
    challenge_id = await open_challenge(unit, ground.vault, ask)
    mail_challenge(unit, "identity.verify", (challenge_id, account_id))
