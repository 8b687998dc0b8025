"""Every query of notifications."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from suuupra.kernel.session import Session
from suuupra.services.notifications.tables import (
    Address,
    Contact,
    Delivery,
    DeliveryEvent,
    FeedHead,
    FeedRow,
    SentMessage,
    TemplateVersion,
)

__all__ = ["Address", "Contact", "Delivery", "DeliveryEvent", "FeedRow", "SentMessage", "TemplateVersion"]


async def newer_contact(session: Session, values: dict[str, Any]) -> bool:
    """Store the contact unless a newer one is known; whether it was stored."""
    statement = insert(Contact).values(**values)
    guarded = statement.on_conflict_do_update(
        index_elements=[Contact.recipient_id],
        set_={name: statement.excluded[name] for name in values if name != "recipient_id"},
        where=Contact.version < statement.excluded.version,
    )
    return await session.scalar(guarded.returning(Contact.recipient_id)) is not None


async def replace_addresses(session: Session, recipient_id: UUID, rows: Sequence[dict[str, Any]]) -> None:
    """The whole set; an address that stays keeps its state."""
    keys = [row["key"] for row in rows]
    await session.execute(
        delete(Address).where(Address.recipient_id == recipient_id, Address.key.not_in(keys))
    )
    if rows:
        await session.execute(
            insert(Address)
            .values(list(rows))
            .on_conflict_do_nothing(index_elements=["recipient_id", "channel", "key"])
        )


async def contact(session: Session, recipient_id: UUID) -> Contact | None:
    """What is known of a recipient."""
    return await session.get(Contact, recipient_id)


async def usable_addresses(session: Session, recipient_id: UUID) -> Sequence[Address]:
    """Where mail goes."""
    found = select(Address).where(Address.recipient_id == recipient_id, Address.state == "usable")
    return (await session.scalars(found)).all()


async def live_versions(session: Session, key: str) -> dict[str, TemplateVersion]:
    """By locale."""
    found = await session.scalars(
        select(TemplateVersion).where(TemplateVersion.key == key, TemplateVersion.is_live)
    )
    return {version.locale: version for version in found}


async def last_number(session: Session, key: str, locale: str) -> int:
    """0 before the first version."""
    found = select(func.max(TemplateVersion.number)).where(
        TemplateVersion.key == key, TemplateVersion.locale == locale
    )
    return await session.scalar(found) or 0


async def retire(session: Session, key: str, locale: str) -> None:
    """The live version makes room."""
    await session.execute(
        update(TemplateVersion)
        .where(TemplateVersion.key == key, TemplateVersion.locale == locale, TemplateVersion.is_live)
        .values(is_live=False)
    )


async def message_by_key(session: Session, asked_by: str, dedup_key: str) -> SentMessage | None:
    """The first message of a key."""
    found = select(SentMessage).where(SentMessage.asked_by == asked_by, SentMessage.dedup_key == dedup_key)
    return await session.scalar(found)


async def insert_message(session: Session, values: dict[str, Any]) -> bool:
    """False where a twin was first."""
    statement = (
        insert(SentMessage).values(**values).on_conflict_do_nothing(index_elements=["asked_by", "dedup_key"])
    )
    return await session.scalar(statement.returning(SentMessage.id)) is not None


async def waiting_messages(session: Session, recipient_id: UUID) -> Sequence[SentMessage]:
    """Messages that wait for the contact of their recipient, oldest first."""
    found = (
        select(SentMessage)
        .where(SentMessage.recipient_id == recipient_id, SentMessage.state == "waiting")
        .order_by(SentMessage.id)
        .with_for_update()
    )
    return (await session.scalars(found)).all()


async def locked_delivery(session: Session, delivery_id: UUID) -> Delivery | None:
    """For a change of its state."""
    return await session.get(Delivery, delivery_id, with_for_update=True)


async def deliveries_of(session: Session, message_id: UUID) -> Sequence[Delivery]:
    """Of one message."""
    found = select(Delivery).where(Delivery.message_id == message_id).order_by(Delivery.id)
    return (await session.scalars(found)).all()


async def steps_of(session: Session, message_id: UUID) -> Sequence[tuple[DeliveryEvent, str]]:
    """The story of a message: (step, channel) in order."""
    found = (
        select(DeliveryEvent, Delivery.channel)
        .join(Delivery, Delivery.id == DeliveryEvent.delivery_id)
        .where(Delivery.message_id == message_id)
        .order_by(DeliveryEvent.id)
    )
    return [(row[0], row[1]) for row in await session.execute(found)]


async def locked_head(session: Session, recipient_id: UUID) -> FeedHead:
    """The feed's head, locked; made at the first line."""
    await session.execute(
        insert(FeedHead).values(recipient_id=recipient_id, last_seq=0, unread=0).on_conflict_do_nothing()
    )
    found = await session.get(FeedHead, recipient_id, with_for_update=True)
    if found is None:
        raise LookupError("the feed's head vanished")
    return found


async def drop_unread_twin(session: Session, recipient_id: UUID, collapse_key: str) -> int:
    """Take away the unread line with this collapse key; how many there were (0 or 1)."""
    gone = await session.scalars(
        delete(FeedRow)
        .where(
            FeedRow.recipient_id == recipient_id,
            FeedRow.collapse_key == collapse_key,
            FeedRow.read_at.is_(None),
        )
        .returning(FeedRow.seq)
    )
    return len(gone.all())


async def feed_page(
    session: Session, recipient_id: UUID, before: int | None, limit: int
) -> Sequence[FeedRow]:
    """Newest first, below a number."""
    found = select(FeedRow).where(FeedRow.recipient_id == recipient_id)
    if before is not None:
        found = found.where(FeedRow.seq < before)
    return (await session.scalars(found.order_by(FeedRow.seq.desc()).limit(limit))).all()


async def unread(session: Session, recipient_id: UUID) -> int:
    """As the head counts them."""
    head = await session.get(FeedHead, recipient_id)
    return head.unread if head else 0


async def mark_read(
    session: Session, recipient_id: UUID, at: datetime, up_to: int | None, seqs: Sequence[int]
) -> int:
    """How many lines became read."""
    mine = update(FeedRow).where(FeedRow.recipient_id == recipient_id, FeedRow.read_at.is_(None))
    chosen = (
        mine.where(FeedRow.seq <= up_to) if up_to is not None else mine.where(FeedRow.seq.in_(list(seqs)))
    )
    return len((await session.scalars(chosen.values(read_at=at).returning(FeedRow.seq))).all())


async def forget(session: Session, recipient_id: UUID) -> None:
    """Everything of a recipient but the facts of delivery."""
    await session.execute(delete(Contact).where(Contact.recipient_id == recipient_id))
    await session.execute(delete(FeedRow).where(FeedRow.recipient_id == recipient_id))
    await session.execute(delete(FeedHead).where(FeedHead.recipient_id == recipient_id))
    await session.execute(
        update(SentMessage)
        .where(SentMessage.recipient_id == recipient_id)
        .values(sealed=None, state=func.coalesce(func.nullif(SentMessage.state, "waiting"), "cancelled"))
    )


async def purge(session: Session, before: datetime) -> int:
    """Words and addresses of messages that ended so long ago; the facts stay."""
    gone = await session.scalars(
        update(SentMessage)
        .where(SentMessage.expires_at < before, SentMessage.sealed.is_not(None))
        .values(sealed=None)
        .returning(SentMessage.id)
    )
    ids = gone.all()
    if ids:
        await session.execute(
            update(Delivery).where(Delivery.message_id.in_(ids)).values(sealed_address=None)
        )
    return len(ids)
