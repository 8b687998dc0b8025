"""The first owner: made where there is none; the password is shown once and kept until it is changed."""

import asyncio
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from suuupra.kernel.audit import audited
from suuupra.kernel.work import Unit
from suuupra.services.identity.api import FactorChanged, RoleChanged, UserNotFound
from suuupra.services.identity.rules import addresses
from suuupra.services.identity.rules.roles import OWNER, STUDENT
from suuupra.services.identity.service.ground import Ground
from suuupra.services.identity.service.security import open_address
from suuupra.services.identity.service.steps import NewAccount, create_account, end_sessions, target
from suuupra.services.identity.store import accounts, credentials, roles, sessions

PASSWORD_BYTES = 15
OWNER_NAME = "Site owner"


@dataclass(frozen=True)
class OwnerAccess:
    """What the terminal shows once."""

    address: str
    password: str = field(repr=False)


class Owners:
    """Called by the command line, not by any request."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def ensure(self) -> OwnerAccess | None:
        """The first owner, or None where there is one already.

        The file is written inside the unit: whoever holds the lock writes it, and a commit that follows
        finds it there. A crash in between leaves a file that the next start replaces.
        """
        ground = self._ground
        async with ground.work.read() as session:
            if await roles.any_owner(session) is not None:
                return None
        access = _new_access(addresses.normalise(ground.settings.owner_address, "/owner_address"))
        phc = await ground.hasher.hash(access.password)
        async with ground.work.begin() as unit:
            await accounts.lock_key(unit.session, ground.vault.address_key(access.address))
            if await roles.any_owner(unit.session) is not None:
                return None
            await self._keep(access)
            await self._make(unit, access.address, phc)
        return access

    async def _make(self, unit: Unit, address: str, phc: str) -> None:
        ground = self._ground
        known = await accounts.by_address(unit.session, ground.vault.address_key(address))
        if known is None:
            new = NewAccount(OWNER_NAME, address, "bootstrap", phc, is_verified=True, is_provisional=True)
            account_id = await create_account(unit, ground.vault, new)
        else:
            account_id = known.id
            await credentials.put_password(
                unit.session, credentials.NewPassword(account_id, phc, is_provisional=True), unit.now
            )
        await roles.grant(unit.session, roles.new_grant(unit.new_id(), account_id, OWNER, unit.now, None))
        held = frozenset({OWNER, STUDENT})
        unit.publish(RoleChanged(user_id=account_id, role=OWNER, change="granted", roles=held))
        unit.publish(audited("identity.role.granted", target(account_id), after={"roles": sorted(held)}))

    async def reset_password(self) -> OwnerAccess:
        """A new password for the first owner; every session of theirs ends. `UserNotFound` without one."""
        ground = self._ground
        async with ground.work.read() as session:
            owner = await roles.any_owner(session)
            box = await accounts.mailbox_of(session, owner) if owner else None
        if owner is None:
            raise UserNotFound("There is no owner yet. Start the site first.")
        access = _new_access(open_address(ground, box))
        phc = await ground.hasher.hash(access.password)
        await self._keep(access)
        async with ground.work.begin() as unit:
            new = credentials.NewPassword(owner, phc, is_provisional=True)
            await credentials.put_password(unit.session, new, unit.now)
            await credentials.drop_totp(unit.session, owner)
            unit.publish(FactorChanged(user_id=owner, factor="password", change="reset"))
            unit.publish(audited("identity.password.reset", target(owner), after={"by": "command line"}))
            ended = await end_sessions(unit, sessions.Ending(owner, "password_changed"))
        await ground.revoke(ended)
        return access

    async def _keep(self, access: OwnerAccess) -> None:
        path = self._ground.settings.owner_file
        if path is not None:
            await asyncio.to_thread(_write, path, access)


def _new_access(address: str) -> OwnerAccess:
    return OwnerAccess(address, secrets.token_urlsafe(PASSWORD_BYTES))


def _write(path: Path, access: OwnerAccess) -> None:
    """Readable by nobody else, and never half written."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    body = json.dumps({"address": access.address, "password": access.password}) + "\n"
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
