"""The tables of content. Blocks and frozen revisions are never changed: what is live is a pointer to one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INT8MULTIRANGE, JSONB, TSVECTOR, Range
from sqlalchemy.dialects.postgresql.ranges import MultiRange
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from suuupra.kernel.session import NAMING

AT = DateTime(timezone=True)
WORDS = ARRAY(Text)


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Rows are dataclasses; every relationship would raise when lazy, so there are none."""

    metadata = MetaData(schema="content", naming_convention=NAMING)


class Category(Base):
    """`position` orders siblings; parents stand before their children."""

    __tablename__ = "category"
    slug: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    parent: Mapped[str | None] = mapped_column(ForeignKey("content.category.slug"))
    position: Mapped[int]


class Course(Base):
    """What the catalogue reads. Title to duration are copies of the live revision; before one, of the draft.

    `media_edition` rises with each change of a video, so that cached outlines have a new key.
    """

    __tablename__ = "course"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]
    slug: Mapped[str]
    draft_revision_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(AT)
    changed_at: Mapped[datetime] = mapped_column(AT)
    live_revision_id: Mapped[UUID | None] = mapped_column(default=None)
    state: Mapped[str] = mapped_column(default="draft")
    state_reason: Mapped[str] = mapped_column(default="")
    admission: Mapped[str] = mapped_column(default="granted")
    title: Mapped[str] = mapped_column(default="")
    summary: Mapped[str] = mapped_column(default="")
    level: Mapped[str] = mapped_column(default="all")
    language: Mapped[str] = mapped_column(default="en")
    category: Mapped[str] = mapped_column(default="")
    tags: Mapped[list[str]] = mapped_column(WORDS, default_factory=list)
    cover_key: Mapped[str] = mapped_column(default="")
    cover_motif: Mapped[str] = mapped_column(default="")
    cover_palette: Mapped[int] = mapped_column(default=-1)
    lesson_count: Mapped[int] = mapped_column(default=0)
    duration_s: Mapped[int] = mapped_column(default=0)
    enrolled_count: Mapped[int] = mapped_column(default=0)
    media_edition: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime | None] = mapped_column(AT, default=None)
    live_at: Mapped[datetime | None] = mapped_column(AT, default=None)
    words: Mapped[str | None] = mapped_column(TSVECTOR, default=None)

    __table_args__ = (
        UniqueConstraint("slug"),
        Index("ix_course_owner_id_changed_at", "owner_id", "changed_at"),
        Index("ix_course_state_category", "state", "category"),
        Index("ix_course_state_enrolled_count", "state", "enrolled_count", "id"),
        Index("ix_course_state_published_at", "state", "published_at", "id"),
        Index("ix_course_state_title", "state", "title", "id"),
        Index("ix_course_tags", "tags", postgresql_using="gin"),
        Index("ix_course_words", "words", postgresql_using="gin"),
    )


class SlugHistory(Base):
    """Addresses that a course once had."""

    __tablename__ = "slug_history"
    slug: Mapped[str] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("content.course.id", ondelete="CASCADE"))


class Block(Base):
    """A piece of content under the hash of its words.

    `title` and `words` (how many a reader meets) stand beside, so that an outline reads no body.
    """

    __tablename__ = "block"
    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    kind: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    size_bytes: Mapped[int]
    title: Mapped[str] = mapped_column(default="")
    words: Mapped[int] = mapped_column(default=0)


class Revision(Base):
    """A state of a course. The one that is not frozen is the draft; `edition` counts its changes."""

    __tablename__ = "revision"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("content.course.id", ondelete="CASCADE"))
    number: Mapped[int]
    root_hash: Mapped[bytes] = mapped_column(LargeBinary, ForeignKey("content.block.hash"))
    author_id: Mapped[UUID]
    made_at: Mapped[datetime] = mapped_column(AT)
    parent_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default_factory=list)
    note: Mapped[str] = mapped_column(default="")
    edition: Mapped[int] = mapped_column(default=0)
    frozen_at: Mapped[datetime | None] = mapped_column(AT, default=None)

    __table_args__ = (UniqueConstraint("course_id", "number"),)


class Node(Base):
    """A section or lesson of a revision; its id stays over revisions, so that progress and media do."""

    __tablename__ = "node"
    revision_id: Mapped[UUID] = mapped_column(
        ForeignKey("content.revision.id", ondelete="CASCADE"), primary_key=True
    )
    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    position: Mapped[str] = mapped_column(Text(collation="C"))
    block_hash: Mapped[bytes] = mapped_column(LargeBinary, ForeignKey("content.block.hash"))
    parent_id: Mapped[UUID | None] = mapped_column(default=None)
    is_free_preview: Mapped[bool] = mapped_column(default=False)
    rule: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), default=None)

    __table_args__ = (
        Index("ix_node_revision_id_parent_id_position", "revision_id", "parent_id", "position"),
    )


class MediaLink(Base):
    """The video of a lesson. `replacing_id` is an upload whose file will take its place."""

    __tablename__ = "media_link"
    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("content.course.id", ondelete="CASCADE"))
    media_id: Mapped[UUID]
    state: Mapped[str]
    linked_at: Mapped[datetime] = mapped_column(AT)
    reason: Mapped[str] = mapped_column(default="")
    duration_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    media_revision: Mapped[int] = mapped_column(default=0)
    replacing_id: Mapped[UUID | None] = mapped_column(default=None)
    replacing_reason: Mapped[str] = mapped_column(default="")
    replaced_at: Mapped[datetime | None] = mapped_column(AT, default=None)

    __table_args__ = (
        Index("ix_media_link_course_id", "course_id"),
        Index("ix_media_link_media_id", "media_id"),
        Index(
            "ix_media_link_replacing_id", "replacing_id", postgresql_where=text("replacing_id IS NOT NULL")
        ),
    )


class Enrolment(Base):
    """A learner in a course, with where to carry on."""

    __tablename__ = "enrolment"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("content.course.id"))
    learner_id: Mapped[UUID]
    state: Mapped[str]
    source: Mapped[str]
    activated_at: Mapped[datetime] = mapped_column(AT)
    used_at: Mapped[datetime] = mapped_column(AT)
    ends_at: Mapped[datetime | None] = mapped_column(AT, default=None)
    ended_at: Mapped[datetime | None] = mapped_column(AT, default=None)
    reason: Mapped[str] = mapped_column(default="")
    completed_at: Mapped[datetime | None] = mapped_column(AT, default=None)
    completed_revision_id: Mapped[UUID | None] = mapped_column(default=None)
    progress_permille: Mapped[int] = mapped_column(default=0)
    last_node_id: Mapped[UUID | None] = mapped_column(default=None)

    __table_args__ = (
        UniqueConstraint("course_id", "learner_id"),
        Index("ix_enrolment_learner_id_used_at", "learner_id", "used_at"),
        Index("ix_enrolment_course_id_activated_at", "course_id", "activated_at", "id"),
        Index("ix_enrolment_activated_at", "activated_at"),
        Index("ix_enrolment_completed_at", "completed_at", postgresql_where=text("completed_at IS NOT NULL")),
        Index("ix_enrolment_ends_at", "ends_at", postgresql_where=text("ends_at IS NOT NULL")),
    )


class EnrolmentGrant(Base):
    """One reason for an enrolment; access holds while any is active."""

    __tablename__ = "enrolment_grant"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("content.enrolment.id", ondelete="CASCADE"))
    source: Mapped[str]
    source_ref: Mapped[str]
    granted_at: Mapped[datetime] = mapped_column(AT)
    state: Mapped[str] = mapped_column(default="active")
    ended_at: Mapped[datetime | None] = mapped_column(AT, default=None)

    __table_args__ = (
        UniqueConstraint("source", "source_ref"),
        Index("ix_enrolment_grant_enrolment_id", "enrolment_id"),
    )


class Invitation(Base):
    """A mailed link. The address is sealed, the link known by its hash alone."""

    __tablename__ = "invitation"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("content.course.id", ondelete="CASCADE"))
    address_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    address_key: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    invited_by: Mapped[UUID]
    invited_at: Mapped[datetime] = mapped_column(AT)
    expires_at: Mapped[datetime] = mapped_column(AT)
    state: Mapped[str] = mapped_column(default="open")
    accepted_by: Mapped[UUID | None] = mapped_column(default=None)
    accepted_at: Mapped[datetime | None] = mapped_column(AT, default=None)

    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index(
            "ux_invitation_open",
            "course_id",
            "address_key",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_invitation_course_id_invited_at", "course_id", "invited_at", "id"),
        Index("ix_invitation_expires_at", "expires_at", postgresql_where=text("state = 'open'")),
    )


class Progress(Base):
    """Where one enrolment stands in one lesson. A mark is (its time, its device): the greater one wins."""

    __tablename__ = "progress"
    enrolment_id: Mapped[UUID] = mapped_column(
        ForeignKey("content.enrolment.id", ondelete="CASCADE"), primary_key=True
    )
    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    opened_at: Mapped[datetime] = mapped_column(AT)
    watched: Mapped[MultiRange[int]] = mapped_column(
        INT8MULTIRANGE, default_factory=lambda: MultiRange[int]([])
    )
    uncredited: Mapped[MultiRange[int]] = mapped_column(
        INT8MULTIRANGE, default_factory=lambda: MultiRange[int]([])
    )
    position_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    position_at: Mapped[datetime | None] = mapped_column(AT, default=None)
    position_device: Mapped[str] = mapped_column(default="")
    marked_at: Mapped[datetime | None] = mapped_column(AT, default=None)
    marked_device: Mapped[str] = mapped_column(default="")
    done_at: Mapped[datetime | None] = mapped_column(AT, default=None)
    done_by: Mapped[str] = mapped_column(default="")


class ProgressOperation(Base):
    """An act of a device, once, with what became of it and how much new time it brought."""

    __tablename__ = "progress_operation"
    learner_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    node_id: Mapped[UUID]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    client_at: Mapped[datetime] = mapped_column(AT)
    received_at: Mapped[datetime] = mapped_column(AT)
    verdict: Mapped[str]
    enrolment_id: Mapped[UUID | None] = mapped_column(default=None)
    reason: Mapped[str] = mapped_column(default="")
    credited_ms: Mapped[int] = mapped_column(BigInteger, default=0)

    __table_args__ = (
        Index("ix_progress_operation_received_at", "received_at"),
        Index("ix_progress_operation_enrolment_id", "enrolment_id"),
    )


class ApprovalCase(Base):
    """A submission of one frozen revision and what was decided."""

    __tablename__ = "approval_case"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("content.course.id", ondelete="CASCADE"))
    revision_id: Mapped[UUID] = mapped_column(ForeignKey("content.revision.id", ondelete="CASCADE"))
    author_id: Mapped[UUID]
    admission: Mapped[str]
    is_first: Mapped[bool]
    submitted_at: Mapped[datetime] = mapped_column(AT)
    publish_later: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(default="open")
    reasons: Mapped[list[str]] = mapped_column(WORDS, default_factory=list)
    decided_by: Mapped[UUID | None] = mapped_column(default=None)
    decided_at: Mapped[datetime | None] = mapped_column(AT, default=None)

    __table_args__ = (
        Index("ux_approval_case_open", "course_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_approval_case_state_submitted_at", "state", "submitted_at", "id"),
        Index("ix_approval_case_course_id", "course_id"),
    )


def multirange(pairs: tuple[tuple[int, int], ...]) -> MultiRange[int]:
    """Intervals as PostgreSQL keeps them."""
    return MultiRange([Range(start, end) for start, end in pairs])


def pairs(value: MultiRange[int] | list[Range[int]]) -> tuple[tuple[int, int], ...]:
    """Intervals as the rules know them; bounds are normal, `[from, to)`."""
    return tuple((part.lower or 0, part.upper or 0) for part in value)
