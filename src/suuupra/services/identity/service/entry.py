"""The door inside: who has proved an identity gets a session, or is asked for the second factor first."""

from dataclasses import dataclass
from uuid import UUID

from suuupra.kernel.work import Unit
from suuupra.services.identity.api import AccountSuspended, SignedIn
from suuupra.services.identity.rules.sessions import device_of, digest
from suuupra.services.identity.service.ground import Ground
from suuupra.services.identity.service.steps import Ask, Happening, note, open_challenge, record_attempt
from suuupra.services.identity.service.vault import new_secret
from suuupra.services.identity.service.visits import Visit
from suuupra.services.identity.store import accounts, credentials, sessions


@dataclass(frozen=True)
class Proven:
    """What has been proved of whom, and where they want to go on."""

    account_id: UUID
    via: str
    methods: tuple[str, ...]
    level: int = 1
    next: str = "/"


@dataclass(frozen=True)
class Entry:
    """What a proof led to. `step` is `signed_in` or `second_factor`; `href` where to go on.

    `session` and `device` are values of cookies to set; None: leave them as they are.
    """

    step: str
    href: str
    account_id: UUID | None = None
    session: str | None = None
    device: str | None = None
    challenge: str | None = None


async def admit(unit: Unit, ground: Ground, proven: Proven, visit: Visit) -> Entry:
    """A step: open the session, or the challenge of the second factor. `AccountSuspended`."""
    found = await credentials.by_account(unit.session, proven.account_id)
    if found is None or found.status == "suspended":
        raise AccountSuspended
    if found.has_totp and "totp" not in proven.methods and "recovery_code" not in proven.methods:
        facts = {"via": proven.via, "methods": proven.methods, "next": proven.next}
        ask = Ask("second_factor", proven.account_id, facts=facts)
        token = ground.vault.token(await open_challenge(unit, ground.vault, ask))
        return Entry("second_factor", f"/challenge?token={token}", proven.account_id, challenge=token)
    return await _open_session(unit, ground, proven, visit)


async def _open_session(unit: Unit, ground: Ground, proven: Proven, visit: Visit) -> Entry:
    vault, account_id = ground.vault, proven.account_id
    known_account, _ = vault.read_crumb("device", visit.device)
    is_first = await sessions.count(unit.session, account_id) == 0
    is_new_device = known_account != account_id and not is_first
    session_id, secret = unit.new_id(), new_secret()
    unit.session.add(
        sessions.SessionRow(
            id=session_id,
            account_id=account_id,
            secret_hash=digest(secret),
            level=proven.level,
            methods=list(proven.methods),
            created_at=unit.now,
            authenticated_at=unit.now,
            last_seen_at=unit.now,
            device=device_of(visit.agent),
            ip_prefix=visit.prefix,
        )
    )
    record_attempt(unit, "passed", proven.via, (account_id, visit))
    kind = "new_device" if is_new_device else "signed_in"
    note(unit, Happening(account_id, kind, {"via": proven.via}, notice=is_new_device), visit)
    unit.publish(
        SignedIn(
            user_id=account_id,
            session_id=session_id,
            method=proven.via,
            strength=proven.level,
            is_new_device=is_new_device,
        )
    )
    device = None if known_account == account_id else vault.crumb("device", account_id)
    return Entry("signed_in", proven.next, account_id, session=secret, device=device)


async def require_account(unit: Unit, account_id: UUID) -> accounts.Account:
    """Locked; `AccountSuspended` for somebody who is not (or no longer) to act."""
    account = await accounts.by_id(unit.session, account_id, lock=True)
    if account is None or account.status == "suspended":
        raise AccountSuspended
    return account
