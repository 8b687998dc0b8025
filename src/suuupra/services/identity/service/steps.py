"""Steps that several use cases share; each takes the open unit and opens none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from suuupra.kernel.audit import audited
from suuupra.kernel.work import Unit
from suuupra.services.identity.api import (
    EmailVerified,
    LinkSpent,
    ProfileStale,
    SessionsRevoked,
    UserNotFound,
    UserRegistered,
)
from suuupra.services.identity.rules.sessions import device_of, digest
from suuupra.services.identity.service.errands import RevokeSessions, SendMail, TellContact
from suuupra.services.identity.service.vault import Vault
from suuupra.services.identity.service.visits import Visit
from suuupra.services.identity.store import accounts, challenges, credentials, history, sessions

LIFE = {
    "verify": timedelta(hours=24),
    "magic": timedelta(minutes=15),
    "reset": timedelta(hours=1),
    "address": timedelta(hours=24),
    "undo_address": timedelta(hours=72),
    "second_factor": timedelta(minutes=10),
    "step_up": timedelta(minutes=15),
    "step_up_grant": timedelta(minutes=5),
    "upstream": timedelta(minutes=10),
    "link": timedelta(minutes=30),
    "invite": timedelta(days=30),
}


@dataclass(frozen=True)
class Ask:
    """A challenge to open."""

    kind: str
    account_id: UUID | None = None
    key: bytes | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


async def open_challenge(unit: Unit, vault: Vault, ask: Ask, challenge_id: UUID | None = None) -> UUID:
    """Write it; its token is `vault.token(id)`."""
    challenge_id = challenge_id or unit.new_id()
    unit.session.add(
        challenges.Challenge(
            id=challenge_id,
            kind=ask.kind,
            hash=vault.token_hash(challenge_id),
            account_id=ask.account_id,
            key=ask.key,
            payload=vault.seal_facts(ask.facts, challenge_id) if ask.facts else None,
            created_at=unit.now,
            expires_at=unit.now + LIFE[ask.kind],
        )
    )
    return challenge_id


async def take_challenge(unit: Unit, token: str, *kinds: str) -> challenges.Challenge:
    """The open challenge of this token, locked until the unit ends; else `LinkSpent`."""
    found = await challenges.by_hash(unit.session, digest(token), lock=True)
    if found is None or found.kind not in kinds or found.used_at or found.expires_at <= unit.now:
        raise LinkSpent
    return found


@dataclass(frozen=True)
class NewAccount:
    """Somebody new. `phc` is None where another site vouches for them."""

    name: str
    address: str
    via: str
    phc: str | None = None
    is_verified: bool = False
    is_provisional: bool = False


async def create_account(unit: Unit, vault: Vault, new: NewAccount) -> UUID:
    """Account, key, mailbox and password in one; the address was found free under `lock_key`."""
    account_id, now = unit.new_id(), unit.now
    key, wrapped = vault.new_key(account_id)
    status = "active" if new.is_verified else "pending"
    unit.session.add(
        accounts.Account(id=account_id, name=new.name, created_at=now, changed_at=now, status=status)
    )
    await unit.session.flush()
    unit.session.add(accounts.SubjectKey(account_id=account_id, wrapped=wrapped, created_at=now))
    unit.session.add(
        accounts.Email(
            id=unit.new_id(),
            account_id=account_id,
            key=vault.address_key(new.address),
            sealed=vault.seal(key, new.address, "email"),
            created_at=now,
            is_verified=new.is_verified,
            verified_at=now if new.is_verified else None,
        )
    )
    if new.phc is not None:
        password = credentials.NewPassword(account_id, new.phc, new.is_provisional)
        await credentials.put_password(unit.session, password, now)
    unit.publish(UserRegistered(user_id=account_id, via=new.via))
    unit.publish(audited("identity.account.registered", target(account_id), after={"via": new.via}))
    tell_contact(unit, account_id)
    return account_id


def target(account_id: UUID) -> str:
    """How audited facts name an account."""
    return f"account:{account_id}"


def tell_contact(unit: Unit, account_id: UUID) -> None:
    """Let notifications know what has changed about somebody."""
    unit.enqueue(TellContact(account_id=account_id), unique=str(account_id))


def mail_challenge(
    unit: Unit, template: str, challenge: tuple[UUID, UUID], *, to_payload: bool = False
) -> None:
    """A mail with the link of a challenge: (challenge, account)."""
    challenge_id, account_id = challenge
    unit.enqueue(
        SendMail(
            template=template,
            dedup_key=f"{template}:{challenge_id}",
            account_id=account_id,
            challenge_id=challenge_id,
            to_payload=to_payload,
        )
    )


@dataclass(frozen=True)
class Happening:
    """Something that its person should be able to read later; `notice` also mails it."""

    account_id: UUID
    kind: str
    facts: Mapping[str, str] = field(default_factory=dict)
    notice: bool = False


def note(unit: Unit, happening: Happening, visit: Visit) -> None:
    """Write it into the person's security log."""
    entry_id, device = unit.new_id(), device_of(visit.agent)
    unit.session.add(
        history.SecurityEntry(
            id=entry_id,
            account_id=happening.account_id,
            at=unit.now,
            kind=happening.kind,
            device=device,
            ip_prefix=visit.prefix,
            facts=dict(happening.facts),
        )
    )
    if happening.notice:
        unit.enqueue(
            SendMail(
                template="identity.security_notice",
                dedup_key=f"notice:{entry_id}",
                account_id=happening.account_id,
                facts={
                    "kind": happening.kind,
                    "device": device,
                    "network": visit.prefix,
                    "at": unit.now.strftime("%d %b %Y, %H:%M UTC"),
                },
            )
        )


def record_attempt(unit: Unit, outcome: str, method: str, whose: tuple[UUID | None, Visit]) -> None:
    """A try, for those who watch for guessing."""
    account_id, visit = whose
    unit.session.add(
        history.Attempt(
            id=unit.new_id(),
            at=unit.now,
            outcome=outcome,
            method=method,
            ip_prefix=visit.prefix,
            account_id=account_id,
        )
    )


async def end_sessions(unit: Unit, ending: sessions.Ending) -> tuple[UUID, ...]:
    """End them and say so; give the ids to `Ground.revoke` after the commit."""
    ended = await sessions.end(unit.session, ending, unit.now)
    if ended:
        unit.publish(SessionsRevoked(user_id=ending.account_id, session_ids=ended, reason=ending.reason))
        unit.enqueue(RevokeSessions(session_ids=ended))
    return ended


async def confirm_mailbox(unit: Unit, account_id: UUID) -> None:
    """The address is theirs."""
    account = await accounts.by_id(unit.session, account_id, lock=True)
    email = await accounts.email_of(unit.session, account_id)
    if account is None or email is None or email.is_verified:
        return
    email.is_verified, email.verified_at = True, unit.now
    if account.status == "pending":
        account.status = "active"
    account.version += 1
    unit.publish(EmailVerified(user_id=account_id))
    unit.publish(audited("identity.email.verified", target(account_id)))
    tell_contact(unit, account_id)


async def claim_mailbox(unit: Unit, account_id: UUID) -> tuple[UUID, ...]:
    """Confirm it for whoever reads its mail: what a stranger set before falls (pre-hijacking)."""
    email = await accounts.email_of(unit.session, account_id)
    if email is None or email.is_verified:
        return ()
    await credentials.drop_all(unit.session, account_id)
    await challenges.spend_all(unit.session, account_id, ("verify", "address"), unit.now)
    ended = await end_sessions(unit, sessions.Ending(account_id, "mailbox_claimed"))
    await confirm_mailbox(unit, account_id)
    return ended


async def require_version(unit: Unit, account_id: UUID, version: int | None) -> accounts.Account:
    """A step: the account, locked. `UserNotFound`; `ProfileStale` where it is another version by now."""
    account = await accounts.by_id(unit.session, account_id, lock=True)
    if account is None:
        raise UserNotFound
    if version is not None and version != account.version:
        raise ProfileStale
    return account
