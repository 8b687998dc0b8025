"""Challenges by the hash of their token; each is spent once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update

from suuupra.kernel.session import Session
from suuupra.services.identity.tables import Challenge

__all__ = ["Challenge"]


async def by_hash(session: Session, hashed: bytes, *, lock: bool = False) -> Challenge | None:
    query = select(Challenge).where(Challenge.hash == hashed)
    return await session.scalar(query.with_for_update() if lock else query)


async def by_id(session: Session, challenge_id: UUID) -> Challenge | None:
    return await session.get(Challenge, challenge_id)


async def spend(session: Session, challenge_id: UUID, now: datetime) -> bool:
    """True for exactly one taker, while it is valid."""
    statement = (
        update(Challenge)
        .where(Challenge.id == challenge_id, Challenge.used_at.is_(None), Challenge.expires_at > now)
        .values(used_at=now)
        .returning(Challenge.id)
    )
    return (await session.scalar(statement)) is not None


async def spend_all(session: Session, account_id: UUID, kinds: tuple[str, ...], now: datetime) -> None:
    """All open ones of these kinds: a newer one, or a changed password, makes them worthless."""
    statement = update(Challenge).where(
        Challenge.account_id == account_id, Challenge.kind.in_(kinds), Challenge.used_at.is_(None)
    )
    await session.execute(statement.values(used_at=now))


async def open_by_key(session: Session, kind: str, key: bytes, now: datetime) -> Challenge | None:
    """An invitation that still holds, or a grant of a step-up that nobody used."""
    query = select(Challenge).where(
        Challenge.kind == kind,
        Challenge.key == key,
        Challenge.used_at.is_(None),
        Challenge.expires_at > now,
    )
    return await session.scalar(query.order_by(Challenge.id).limit(1).with_for_update())


async def forget(session: Session, before: datetime, most: int) -> int:
    """Delete what ended before that moment; how many there were."""
    old = select(Challenge.id).where(Challenge.expires_at < before).limit(most)
    found = await session.scalars(delete(Challenge).where(Challenge.id.in_(old)).returning(Challenge.id))
    return len(found.all())
