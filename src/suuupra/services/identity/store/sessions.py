"""Sessions: looked up by the hash of their secret at each request, listed and ended by account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Text, bindparam, cast, func, select, update

from suuupra.kernel.session import Session
from suuupra.services.identity.tables import Account, RoleGrant
from suuupra.services.identity.tables import Session as SessionRow

__all__ = ["Live", "SessionRow"]


@dataclass(frozen=True, slots=True)
class Live:
    """A session and what each request needs of its person, read in one go."""

    id: UUID
    level: int
    authenticated_at: datetime
    created_at: datetime
    last_seen_at: datetime
    account_id: UUID
    status: str
    name: str
    picture_key: str | None
    roles: frozenset[str]


# Built once, columns only: it runs at every request, and mapped rows would cost three times as much.
_HELD = (
    select(func.coalesce(func.array_agg(RoleGrant.role), cast([], ARRAY(Text))))
    .where(RoleGrant.account_id == SessionRow.account_id)
    .scalar_subquery()
)
_BY_SECRET = (
    select(
        SessionRow.id,
        SessionRow.level,
        SessionRow.authenticated_at,
        SessionRow.created_at,
        SessionRow.last_seen_at,
        Account.id.label("account_id"),
        Account.status,
        Account.name,
        Account.picture_key,
        _HELD.label("roles"),
    )
    .join(Account, Account.id == SessionRow.account_id)
    .where(SessionRow.secret_hash == bindparam("secret_hash"), SessionRow.ended_at.is_(None))
)


async def by_secret(session: Session, secret_hash: bytes) -> Live | None:
    """One that has not been ended; its age is for the rules."""
    rows = await session.execute(_BY_SECRET, {"secret_hash": secret_hash})
    found = rows.mappings().one_or_none()
    return None if found is None else Live(**{**found, "roles": frozenset(found["roles"])})


async def get(session: Session, session_id: UUID, *, lock: bool = False) -> SessionRow | None:
    return await session.get(SessionRow, session_id, with_for_update=lock)


async def seen(session: Session, session_id: UUID, ip_prefix: str, now: datetime) -> None:
    """It is in use, from there."""
    statement = update(SessionRow).where(SessionRow.id == session_id, SessionRow.last_seen_at < now)
    await session.execute(statement.values(last_seen_at=now, ip_prefix=ip_prefix or SessionRow.ip_prefix))


@dataclass(frozen=True)
class Window:
    """What ends a session by itself, and where a page of them starts."""

    seen_after: datetime
    started_after: datetime
    position: tuple[datetime, UUID] | None = None
    limit: int = 50


async def page(session: Session, account_id: UUID, window: Window) -> Sequence[SessionRow]:
    """Live ones, the one used last first."""
    query = (
        select(SessionRow)
        .where(
            SessionRow.account_id == account_id,
            SessionRow.ended_at.is_(None),
            SessionRow.last_seen_at > window.seen_after,
            SessionRow.created_at > window.started_after,
        )
        .order_by(SessionRow.last_seen_at.desc(), SessionRow.id.desc())
        .limit(window.limit)
    )
    if window.position is not None:
        seen_at, session_id = window.position
        query = query.where(
            (SessionRow.last_seen_at < seen_at)
            | ((SessionRow.last_seen_at == seen_at) & (SessionRow.id < session_id))
        )
    return (await session.scalars(query)).all()


async def count(session: Session, account_id: UUID) -> int:
    """How many there ever were, at most two: whether this is somebody's first."""
    query = select(SessionRow.id).where(SessionRow.account_id == account_id).limit(2)
    return len((await session.scalars(query)).all())


@dataclass(frozen=True)
class Ending:
    """Which sessions end, and why. None: all of the account; `keep` is spared."""

    account_id: UUID
    reason: str
    session_id: UUID | None = None
    keep: UUID | None = None


async def end(session: Session, ending: Ending, now: datetime) -> tuple[UUID, ...]:
    """The ids of those that were live."""
    statement = (
        update(SessionRow)
        .where(SessionRow.account_id == ending.account_id, SessionRow.ended_at.is_(None))
        .values(ended_at=now, end_reason=ending.reason)
        .returning(SessionRow.id)
    )
    if ending.session_id is not None:
        statement = statement.where(SessionRow.id == ending.session_id)
    if ending.keep is not None:
        statement = statement.where(SessionRow.id != ending.keep)
    return tuple((await session.scalars(statement)).all())


async def renew(session: Session, session_id: UUID, values: dict[str, object]) -> bool:
    """Change a live session; False where it ended meanwhile."""
    statement = (
        update(SessionRow)
        .where(SessionRow.id == session_id, SessionRow.ended_at.is_(None))
        .values(values)
        .returning(SessionRow.id)
    )
    return (await session.scalar(statement)) is not None
