"""Passwords, authenticators, recovery codes: what proves that somebody is who they say."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from suuupra.kernel.session import Session
from suuupra.services.identity.tables import Account, AccountLink, Email, Password, RecoveryCode, Totp

__all__ = ["Credentials", "Password", "RecoveryCode", "Totp"]


@dataclass(frozen=True)
class Credentials:
    """What a sign-in needs to know of an account."""

    account_id: UUID
    status: str
    phc: str | None
    has_totp: bool


async def by_address(session: Session, key: bytes) -> Credentials | None:
    """Of whose mailbox this is."""
    return await _credentials(session, select(Email.account_id).where(Email.key == key).scalar_subquery())


async def by_account(session: Session, account_id: UUID) -> Credentials | None:
    return await _credentials(session, account_id)


async def _credentials(session: Session, account_id: object) -> Credentials | None:
    has_totp = exists().where(Totp.account_id == Account.id, Totp.confirmed_at.is_not(None))
    query = (
        select(Account.id, Account.status, Password.phc, has_totp)
        .outerjoin(Password, Password.account_id == Account.id)
        .where(Account.id == account_id)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Credentials(row[0], row[1], row[2], row[3])


@dataclass(frozen=True)
class NewPassword:
    """A hash to keep. `is_provisional`: made by the house."""

    account_id: UUID
    phc: str
    is_provisional: bool = False


async def put_password(session: Session, new: NewPassword, now: datetime) -> None:
    """The account's password from now on."""
    values = {"phc": new.phc, "changed_at": now, "is_provisional": new.is_provisional}
    statement = insert(Password).values(account_id=new.account_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["account_id"], set_=values))


async def rehash(session: Session, account_id: UUID, old: str, new: str) -> None:
    """The same password under stronger parameters, unless it was changed meanwhile."""
    statement = update(Password).where(Password.account_id == account_id, Password.phc == old)
    await session.execute(statement.values(phc=new))


async def password_of(session: Session, account_id: UUID) -> Password | None:
    return await session.get(Password, account_id)


async def totp_of(session: Session, account_id: UUID, *, lock: bool = False) -> Totp | None:
    """The authenticator, confirmed or not."""
    return await session.get(Totp, account_id, with_for_update=lock)


async def drop_totp(session: Session, account_id: UUID) -> bool:
    """Authenticator and recovery codes; True if there was a confirmed one."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    statement = delete(Totp).where(Totp.account_id == account_id).returning(Totp.confirmed_at)
    return (await session.scalar(statement)) is not None


async def drop_all(session: Session, account_id: UUID) -> None:
    """Everything that proves an identity here: a stranger may have set it."""
    await drop_totp(session, account_id)
    await session.execute(delete(Password).where(Password.account_id == account_id))
    await session.execute(delete(AccountLink).where(AccountLink.account_id == account_id))


async def replace_recovery_codes(
    session: Session, account_id: UUID, codes: list[tuple[UUID, bytes]], now: datetime
) -> None:
    """Ten new ones; the old ones are worth nothing any more."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    session.add_all(
        RecoveryCode(id=code_id, account_id=account_id, hash=hashed, created_at=now)
        for code_id, hashed in codes
    )


async def spend_recovery_code(session: Session, account_id: UUID, hashed: bytes, now: datetime) -> bool:
    """Once: a second taker of the same code finds it spent."""
    statement = (
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.hash == hashed,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    )
    return (await session.scalar(statement)) is not None


async def recovery_codes_left(session: Session, account_id: UUID) -> int:
    query = select(func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    return await session.scalar(query) or 0
