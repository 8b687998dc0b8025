"""The tables of notifications. Words and addresses are sealed; facts of delivery are not."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, LargeBinary, MetaData, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from suuupra.kernel.session import NAMING

AT = DateTime(timezone=True)


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Rows are dataclasses; there are no relationships."""

    metadata = MetaData(schema="notifications", naming_convention=NAMING)


class Contact(Base):
    """A recipient as its owner told it; `version` only rises."""

    __tablename__ = "contact"
    recipient_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[datetime] = mapped_column(AT)
    locale: Mapped[str] = mapped_column(default="en")
    time_zone: Mapped[str] = mapped_column(default="Asia/Kolkata")


class Address(Base):
    """Where a recipient is reached. `key` is a keyed hash, so that it can be looked up and not read."""

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("recipient_id", "channel", "key"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient_id: Mapped[UUID] = mapped_column(
        ForeignKey("notifications.contact.recipient_id", ondelete="CASCADE")
    )
    channel: Mapped[str]
    key: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(default="usable")
    last_ok_at: Mapped[datetime | None] = mapped_column(AT, default=None)


class TemplateVersion(Base):
    """Words, never edited: a changed text is the next number. `is_live` marks one a (key, locale)."""

    __tablename__ = "template_version"
    __table_args__ = (
        UniqueConstraint("key", "locale", "number"),
        Index(
            "uq_template_version_live",
            "key",
            "locale",
            unique=True,
            postgresql_where="is_live",
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str]
    locale: Mapped[str]
    number: Mapped[int]
    owner: Mapped[str]
    digest: Mapped[str]
    parts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_at: Mapped[datetime] = mapped_column(AT)
    is_live: Mapped[bool] = mapped_column(default=True)


class SentMessage(Base):
    """One asked-for message. `sealed` holds variables and an address given directly."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("asked_by", "dedup_key"),
        Index("ix_message_recipient_id", "recipient_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    asked_by: Mapped[str]
    dedup_key: Mapped[str]
    digest: Mapped[str]
    template_version_id: Mapped[UUID] = mapped_column(ForeignKey("notifications.template_version.id"))
    template: Mapped[str]
    lane: Mapped[int]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(AT)
    expires_at: Mapped[datetime] = mapped_column(AT)
    recipient_id: Mapped[UUID | None] = mapped_column(default=None)
    not_before: Mapped[datetime | None] = mapped_column(AT, default=None)
    state: Mapped[str] = mapped_column(default="planned")
    trace: Mapped[str] = mapped_column(default="")


class Delivery(Base):
    """One message on one channel to one address."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("message_id", "channel", "address_key"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("notifications.message.id", ondelete="CASCADE"))
    channel: Mapped[str]
    address_key: Mapped[str]
    sealed_address: Mapped[bytes | None] = mapped_column(LargeBinary)
    changed_at: Mapped[datetime] = mapped_column(AT)
    state: Mapped[str] = mapped_column(default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    provider_id: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")


class DeliveryEvent(Base):
    """One step of a delivery, kept as it happened."""

    __tablename__ = "delivery_event"
    __table_args__ = (Index("ix_delivery_event_delivery_id", "delivery_id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("notifications.delivery.id", ondelete="CASCADE"))
    state: Mapped[str]
    at: Mapped[datetime] = mapped_column(AT)
    error: Mapped[str] = mapped_column(default="")


class FeedRow(Base):
    """One line behind the bell. An unread line with the same collapse key is replaced, never twinned."""

    __tablename__ = "feed_item"
    __table_args__ = (Index("ix_feed_item_collapse", "recipient_id", "collapse_key"),)
    recipient_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    message_id: Mapped[UUID]
    category: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(AT)
    collapse_key: Mapped[str | None] = mapped_column(default=None)
    read_at: Mapped[datetime | None] = mapped_column(AT, default=None)


class FeedHead(Base):
    """The last number and the unread count of a recipient; its row lock orders the feed."""

    __tablename__ = "feed_head"
    recipient_id: Mapped[UUID] = mapped_column(primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    unread: Mapped[int] = mapped_column(default=0)
