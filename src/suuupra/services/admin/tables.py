"""The table of admin: audited facts, only ever added. A trigger refuses every other change."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, LargeBinary, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from suuupra.kernel.session import NAMING


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Rows are dataclasses; there are no relationships."""

    metadata = MetaData(schema="admin", naming_convention=NAMING)


class AuditRow(Base):
    """One audited fact with the hash of its leaf."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_at", "at", "event_id"),
        Index("ix_audit_entry_actor", "actor", "at", "event_id"),
        Index("ix_audit_entry_target", "target", "at", "event_id"),
        Index("ix_audit_entry_action", "action", "at", "event_id"),
        Index("ix_audit_entry_source", "source", "at", "event_id"),
    )
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    source: Mapped[str]
    actor: Mapped[str]
    action: Mapped[str]
    target: Mapped[str]
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary)
    acting_for: Mapped[UUID | None] = mapped_column(default=None)
    before: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict)
    reason: Mapped[str] = mapped_column(default="")
    trace_id: Mapped[str] = mapped_column(default="")
