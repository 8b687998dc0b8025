"""The security settings of whoever asks: password, and what the page about it shows."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import Field

from suuupra.kernel.call import principal
from suuupra.kernel.messages import Command
from suuupra.kernel.problems import Invalid
from suuupra.services.identity.api import InvalidCredentials, UserNotFound
from suuupra.services.identity.rules import addresses, passwords
from suuupra.services.identity.rules.roles import is_staff
from suuupra.services.identity.service.ground import Ground
from suuupra.services.identity.service.links import set_password
from suuupra.services.identity.service.sign_in import Guess, SignIns
from suuupra.services.identity.service.step_ups import StepUpService
from suuupra.services.identity.service.steps import Happening, note
from suuupra.services.identity.service.visits import Visit
from suuupra.services.identity.store import accounts, credentials, history, roles

SHOWN = 20


class ChangePassword(Command):
    """`current` is needed where there is one."""

    new: str = Field(repr=False)
    current: str = Field(default="", repr=False)


@dataclass(frozen=True)
class Happened:
    """A line of the security log."""

    kind: str
    at: datetime
    device: str
    network: str


@dataclass(frozen=True)
class Overview:
    """What the page shows. `asks_factor`: staff rights wait until there is a second factor."""

    address: str
    is_verified: bool
    has_password: bool
    is_provisional: bool
    has_totp: bool
    codes_left: int
    asks_factor: bool
    upstreams: tuple[str, ...]
    happened: tuple[Happened, ...]


class Security:
    """Own settings."""

    def __init__(self, ground: Ground, sign_ins: SignIns, step_ups: StepUpService) -> None:
        self._ground = ground
        self._sign_ins = sign_ins
        self._step_ups = step_ups

    async def change_password(self, command: ChangePassword, visit: Visit) -> None:
        """Every other session ends. `StepUpRequired`, `Invalid` by field, `TooMany`."""
        ground, who = self._ground, principal()
        account_id = who.person()
        await self._step_ups.check("identity.password")
        async with ground.work.read() as session:
            found = await credentials.by_account(session, account_id)
            account = await accounts.by_id(session, account_id)
            box = await accounts.mailbox_of(session, account_id)
            present = await credentials.password_of(session, account_id)
        known = (account.name if account else "", open_address(ground, box), ground.site.name)
        await asyncio.to_thread(passwords.check, command.new, known, "/new")
        if found is not None and found.phc is not None:
            await self._check_current(Guess(found, command.current, f"identity:change:{account_id}"), visit)
        phc = await ground.hasher.hash(command.new)
        async with ground.work.begin() as unit:
            ended = await set_password(unit, credentials.NewPassword(account_id, phc), who.session)
            note(unit, Happening(account_id, "password_changed", notice=True), visit)
        await ground.revoke(ended)
        if present is not None and present.is_provisional and ground.settings.owner_file is not None:
            await asyncio.to_thread(_forget, ground.settings.owner_file)

    async def _check_current(self, guess: Guess, visit: Visit) -> None:
        try:
            await self._sign_ins.check_password(guess, visit)
        except InvalidCredentials:
            raise Invalid.at("/current", "This is not your present password.") from None

    async def overview(self) -> Overview:
        """Of whoever asks."""
        ground, account_id = self._ground, principal().person()
        async with ground.work.read() as session:
            found = await credentials.by_account(session, account_id)
            box = await accounts.mailbox_of(session, account_id)
            password = await credentials.password_of(session, account_id)
            left = await credentials.recovery_codes_left(session, account_id)
            held = await roles.roles_of(session, account_id)
            issuers = await accounts.issuers_of(session, account_id)
            entries = await history.entries(session, account_id, SHOWN)
        if found is None:
            raise UserNotFound
        titles = {provider.issuer: provider.title for provider in ground.settings.upstreams().values()}
        return Overview(
            address=open_address(ground, box),
            is_verified=box is not None and box.is_verified,
            has_password=password is not None,
            is_provisional=password is not None and password.is_provisional,
            has_totp=found.has_totp,
            codes_left=left,
            asks_factor=ground.staff_needs_factor and is_staff(held) and not found.has_totp,
            upstreams=tuple(titles.get(issuer, issuer) for issuer in issuers),
            happened=tuple(
                Happened(entry.kind, entry.at, entry.device, entry.ip_prefix) for entry in entries
            ),
        )


def open_address(ground: Ground, box: accounts.Mailbox | None) -> str:
    """The plain address; empty where there is none."""
    if box is None:
        return ""
    return ground.vault.unseal(ground.vault.unwrap(box.account_id, box.wrapped), box.sealed, "email")


def hint_of(ground: Ground, box: accounts.Mailbox | None) -> str:
    """The same, masked."""
    return addresses.mask(open_address(ground, box))


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)
