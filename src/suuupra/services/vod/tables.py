"""The tables of vod. Sizes of segments are arrays of their rendition: manifests are drawn from rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from suuupra.kernel.session import NAMING

AT = DateTime(timezone=True)


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Rows are dataclasses; every relationship would raise when lazy, so there are none."""

    metadata = MetaData(schema="vod", naming_convention=NAMING)


class Upload(Base):
    """A file on its way in. `offset_bytes` is what was safely kept when it was last written."""

    __tablename__ = "upload"
    __table_args__ = (
        Index("ix_upload_owner_id_state", "owner_id", "state"),
        Index("ix_upload_asset_id", "asset_id"),
        Index("ix_upload_state_expires_at", "state", "expires_at"),
        Index("ix_upload_created_at", "created_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    asset_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    name: Mapped[str]
    method: Mapped[str]
    length_bytes: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(AT)
    created_at: Mapped[datetime] = mapped_column(AT)
    changed_at: Mapped[datetime] = mapped_column(AT)
    sent_by: Mapped[UUID | None] = mapped_column(default=None)
    replaces: Mapped[UUID | None] = mapped_column(default=None)
    kind: Mapped[str] = mapped_column(default="video")
    media_type: Mapped[str] = mapped_column(default="")
    head_sha256: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str] = mapped_column(default="")
    offset_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    reserved_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    scan_state: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")


class Asset(Base):
    """What an upload becomes. `revision` is the one that plays, 0 while there is none."""

    __tablename__ = "asset"
    __table_args__ = (
        Index("ix_asset_owner_id_id", "owner_id", "id"),
        Index("ix_asset_state", "state"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]
    name: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(AT)
    changed_at: Mapped[datetime] = mapped_column(AT)
    kind: Mapped[str] = mapped_column(default="video")
    revision: Mapped[int] = mapped_column(default=0)
    visibility: Mapped[str] = mapped_column(default="rights")
    reason: Mapped[str] = mapped_column(default="")
    deleted_at: Mapped[datetime | None] = mapped_column(AT, default=None)


class Revision(Base):
    """One source of an asset and how far it is made. `probe` and `ladder` are the engine's own values."""

    __tablename__ = "revision"
    __table_args__ = (Index("ix_revision_state", "state"),)
    asset_id: Mapped[UUID] = mapped_column(ForeignKey("vod.asset.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    upload_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    state: Mapped[str]
    source_key: Mapped[str]
    source_sha256: Mapped[str]
    scan_state: Mapped[str]
    probe: Mapped[dict[str, Any]] = mapped_column(JSONB)
    ladder: Mapped[dict[str, Any]] = mapped_column(JSONB)
    duration_ms: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(AT)
    index_key: Mapped[str] = mapped_column(default="")
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)
    segments: Mapped[int] = mapped_column(default=0)
    has_audio: Mapped[bool] = mapped_column(default=False)
    has_poster: Mapped[bool] = mapped_column(default=False)
    has_mp4: Mapped[bool] = mapped_column(default=False)
    reserved_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    stored_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    reason: Mapped[str] = mapped_column(default="")
    playable_at: Mapped[datetime | None] = mapped_column(AT, default=None)
    ready_at: Mapped[datetime | None] = mapped_column(AT, default=None)


class Rendition(Base):
    """One rung of a revision. `sizes` has a place for each segment, 0 for one that is not there yet."""

    __tablename__ = "rendition"
    __table_args__ = (
        UniqueConstraint("asset_id", "revision", "codec_name", "height", "variant"),
        Index("ix_rendition_asset_id_revision", "asset_id", "revision"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    asset_id: Mapped[UUID] = mapped_column(ForeignKey("vod.asset.id", ondelete="CASCADE"))
    revision: Mapped[int]
    name: Mapped[str]
    height: Mapped[int]
    codec_name: Mapped[str]
    cap_kbps: Mapped[int]
    rung: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sizes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    is_first: Mapped[bool] = mapped_column(default=False)
    variant: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="waiting")
    codec: Mapped[str] = mapped_column(default="")
    init_sha256: Mapped[str] = mapped_column(default="")
    average_kbps: Mapped[int] = mapped_column(default=0)
    peak_kbps: Mapped[int] = mapped_column(default=0)


class Track(Base):
    """Sound of a revision, cut like the pictures."""

    __tablename__ = "track"
    __table_args__ = (UniqueConstraint("asset_id", "revision", "kind", "language", "label"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    asset_id: Mapped[UUID] = mapped_column(ForeignKey("vod.asset.id", ondelete="CASCADE"))
    revision: Mapped[int]
    kind: Mapped[str]
    codec: Mapped[str]
    sizes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    channels: Mapped[int] = mapped_column(default=0)
    language: Mapped[str] = mapped_column(default="")
    label: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="machine")


class Step(Base):
    """One piece of making a revision; the job of the same place runs it. `frames_done` never falls."""

    __tablename__ = "step"
    __table_args__ = (
        UniqueConstraint("asset_id", "revision", "name", "chunk"),
        Index("ix_step_state", "state"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    asset_id: Mapped[UUID] = mapped_column(ForeignKey("vod.asset.id", ondelete="CASCADE"))
    owner_id: Mapped[UUID]
    revision: Mapped[int]
    name: Mapped[str]
    state: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(AT)
    chunk: Mapped[int] = mapped_column(default=0)
    frames_done: Mapped[int] = mapped_column(BigInteger, default=0)
    frames_total: Mapped[int] = mapped_column(BigInteger, default=0)
    tries: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None] = mapped_column(AT, default=None)
    seconds: Mapped[float] = mapped_column(default=0.0)
    error: Mapped[str] = mapped_column(Text, default="")


class Playback(Base):
    """One session of watching."""

    __tablename__ = "playback"
    __table_args__ = (
        Index("ix_playback_subject_id_asset_id", "subject_id", "asset_id"),
        Index("ix_playback_opened_at", "opened_at"),
        Index("ix_playback_revoked_at", "revoked_at", postgresql_where="revoked_at is not null"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    asset_id: Mapped[UUID]
    revision: Mapped[int]
    context_ref: Mapped[str]
    purpose: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(AT)
    renewed_at: Mapped[datetime] = mapped_column(AT)
    asked_at: Mapped[datetime] = mapped_column(AT)
    duration_ms: Mapped[int] = mapped_column(BigInteger)
    subject_id: Mapped[UUID | None] = mapped_column(default=None)
    right_source: Mapped[str] = mapped_column(default="")
    until_at: Mapped[datetime | None] = mapped_column(AT, default=None)
    height_max: Mapped[int | None] = mapped_column(default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(AT, default=None)
    revoked_reason: Mapped[str] = mapped_column(default="")
    completed_at: Mapped[datetime | None] = mapped_column(AT, default=None)
    position_ms: Mapped[int] = mapped_column(BigInteger, default=0)


class Watched(Base):
    """What a session saw, merged on write; what it was credited and what its clock allowed, in ms."""

    __tablename__ = "watched"
    playback_id: Mapped[UUID] = mapped_column(
        ForeignKey("vod.playback.id", ondelete="CASCADE"), primary_key=True
    )
    intervals: Mapped[Any] = mapped_column(INT8MULTIRANGE)
    credited_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    earned_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    stalls: Mapped[int] = mapped_column(default=0)


class ResumePoint(Base):
    """Where a person stopped in media outside lessons; a lesson's position is its owner's."""

    __tablename__ = "resume_point"
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    asset_id: Mapped[UUID] = mapped_column(primary_key=True)
    position_ms: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[datetime] = mapped_column(AT)
    version: Mapped[int] = mapped_column(default=1)
