"""Accounts, their mailboxes and keys; lists of them for staff and for other services' pages."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.dialects.postgresql import insert

from suuupra.kernel.session import Session
from suuupra.services.identity.tables import (
    Account,
    AccountLink,
    Email,
    RoleGrant,
    SubjectKey,
    Totp,
    Upstream,
)
from suuupra.services.identity.tables import Session as SessionRow

__all__ = ["Account", "AccountLink", "Email", "Mailbox", "Row", "SubjectKey"]


@dataclass(frozen=True)
class Mailbox:
    """An address as it stands in the database, with the key that opens it."""

    account_id: UUID
    sealed: bytes
    wrapped: bytes
    is_verified: bool


@dataclass(frozen=True)
class Row:
    """An account as lists show it."""

    account: Account
    mailbox: Mailbox | None
    has_totp: bool
    last_seen_at: datetime | None


async def lock_key(session: Session, key: bytes) -> None:
    """Whoever else registers this address waits until this transaction ends."""
    number = int.from_bytes(key[:8], "big", signed=True)
    await session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


async def by_id(session: Session, account_id: UUID, *, lock: bool = False) -> Account | None:
    return await session.get(Account, account_id, with_for_update=lock)


async def by_address(session: Session, key: bytes) -> Account | None:
    """Whose mailbox it is, confirmed or not."""
    query = select(Account).join(Email, Email.account_id == Account.id).where(Email.key == key)
    return await session.scalar(query)


async def email_of(session: Session, account_id: UUID) -> Email | None:
    """The primary one."""
    return await session.scalar(select(Email).where(Email.account_id == account_id, Email.is_primary))


async def wrapped_key(session: Session, account_id: UUID) -> bytes:
    """The account's key, wrapped; a missing one is a damaged database."""
    wrapped = await session.scalar(select(SubjectKey.wrapped).where(SubjectKey.account_id == account_id))
    if wrapped is None:
        raise LookupError("an account without its key")
    return wrapped


async def mailbox_of(session: Session, account_id: UUID) -> Mailbox | None:
    """The primary address of somebody."""
    return (await mailboxes(session, (account_id,))).get(account_id)


async def mailboxes(session: Session, ids: Collection[UUID]) -> dict[UUID, Mailbox]:
    """The primary addresses of these accounts."""
    query = (
        select(Email.account_id, Email.sealed, SubjectKey.wrapped, Email.is_verified)
        .join(SubjectKey, SubjectKey.account_id == Email.account_id)
        .where(Email.account_id.in_(ids), Email.is_primary)
    )
    rows = (await session.execute(query)).all()
    return {row[0]: Mailbox(row[0], row[1], row[2], row[3]) for row in rows}


async def cards(session: Session, ids: Collection[UUID]) -> Sequence[Account]:
    """Those of the accounts that exist."""
    query = select(Account).where(Account.id.in_(ids), Account.kind == "person")
    return (await session.scalars(query)).all()


@dataclass(frozen=True)
class Filter:
    """What a list of accounts is narrowed by; empty parts narrow nothing."""

    words: str = ""
    key: bytes | None = None
    role: str = ""
    status: str = ""


async def page(session: Session, wanted: Filter, before: UUID | None, limit: int) -> list[Row]:
    """Newest first, below `before`."""
    query = select(Account).where(Account.kind == "person").order_by(Account.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Account.id < before)
    found = (await session.scalars(_narrowed(query, wanted))).all()
    return await rows_of(session, found)


async def rows_of(session: Session, accounts: Sequence[Account]) -> list[Row]:
    """The same accounts with what lists show beside them."""
    ids = [account.id for account in accounts]
    boxes = await mailboxes(session, ids)
    factors = set(
        (
            await session.scalars(
                select(Totp.account_id).where(Totp.account_id.in_(ids), Totp.confirmed_at.is_not(None))
            )
        ).all()
    )
    seen_query = (
        select(SessionRow.account_id, func.max(SessionRow.last_seen_at))
        .where(SessionRow.account_id.in_(ids))
        .group_by(SessionRow.account_id)
    )
    seen = {row[0]: row[1] for row in (await session.execute(seen_query)).all()}
    return [
        Row(account, boxes.get(account.id), account.id in factors, seen.get(account.id))
        for account in accounts
    ]


def _narrowed(query: Select[Account], wanted: Filter) -> Select[Account]:
    if wanted.key is not None:
        query = query.where(Account.id.in_(select(Email.account_id).where(Email.key == wanted.key)))
    elif wanted.words:
        words = func.to_tsvector(text("'simple'::regconfig"), Account.name)
        query = query.where(words.op("@@")(func.to_tsquery(text("'simple'::regconfig"), wanted.words)))
    if wanted.role:
        holders = select(RoleGrant.account_id).where(RoleGrant.role == wanted.role)
        query = query.where(Account.id.in_(holders))
    if wanted.status:
        query = query.where(Account.status == wanted.status)
    return query


async def link_of(session: Session, upstream_id: UUID, subject: str) -> AccountLink | None:
    """Whose account at the other site this is."""
    return await session.scalar(
        select(AccountLink).where(AccountLink.upstream_id == upstream_id, AccountLink.subject == subject)
    )


async def put_upstream(session: Session, new_id: UUID, issuer: str, now: datetime) -> UUID:
    """The row of another site, made when the first person comes from there."""
    query = select(Upstream.id).where(Upstream.issuer == issuer)
    known = await session.scalar(query)
    if known is not None:
        return known
    values = {"id": new_id, "issuer": issuer, "created_at": now}
    await session.execute(insert(Upstream).values(values).on_conflict_do_nothing(index_elements=["issuer"]))
    return (await session.scalars(query)).one()


async def issuers_of(session: Session, account_id: UUID) -> Sequence[str]:
    """The other sites somebody may sign in with."""
    query = (
        select(Upstream.issuer)
        .join(AccountLink, AccountLink.upstream_id == Upstream.id)
        .where(AccountLink.account_id == account_id)
    )
    return (await session.scalars(query)).all()


async def sign_ups(session: Session, since: datetime) -> list[tuple[datetime, int]]:
    """People who signed up, by day in UTC."""
    day = func.date_trunc("day", Account.created_at, "UTC")
    query = (
        select(day, func.count())
        .where(Account.kind == "person", Account.created_at >= since)
        .group_by(day)
        .order_by(day)
    )
    return [(row[0], row[1]) for row in (await session.execute(query)).all()]


async def people(session: Session) -> int:
    """How many accounts there are."""
    return await session.scalar(select(func.count()).where(Account.kind == "person")) or 0
