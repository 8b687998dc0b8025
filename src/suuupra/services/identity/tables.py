"""The tables of identity. Sealed columns are readable only with the account's key in `subject_key`."""

from datetime import datetime
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
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from suuupra.kernel.session import NAMING

AT = DateTime(timezone=True)


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Rows are dataclasses; every relationship would raise when lazy, so there are none."""

    metadata = MetaData(schema="identity", naming_convention=NAMING)


class Account(Base):
    """Somebody. `status` is pending, active or suspended; `version` rises with each change of the profile."""

    __tablename__ = "account"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(AT)
    changed_at: Mapped[datetime] = mapped_column(AT)
    kind: Mapped[str] = mapped_column(default="person")
    status: Mapped[str] = mapped_column(default="pending")
    headline: Mapped[str] = mapped_column(default="")
    bio: Mapped[str] = mapped_column(default="")
    picture_key: Mapped[str | None] = mapped_column(default=None)
    locale: Mapped[str] = mapped_column(default="en")
    time_zone: Mapped[str] = mapped_column(default="Asia/Kolkata")
    version: Mapped[int] = mapped_column(default=1)
    suspended_at: Mapped[datetime | None] = mapped_column(AT, default=None)
    suspended_reason: Mapped[str] = mapped_column(default="")


Index(
    "ix_account_words",
    func.to_tsvector(text("'simple'::regconfig"), Account.__table__.c.name),
    postgresql_using="gin",
)
Index("ix_account_created_at", Account.__table__.c.created_at)


class SubjectKey(Base):
    """The key of an account's sealed fields, itself wrapped by the house's; it dies with the account."""

    __tablename__ = "subject_key"
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id), primary_key=True)
    wrapped: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(AT)


class Email(Base):
    """One mailbox belongs to one account, confirmed or not: `key` is a MAC of its normalised spelling."""

    __tablename__ = "email"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id), index=True)
    key: Mapped[bytes] = mapped_column(unique=True)
    sealed: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(AT)
    is_verified: Mapped[bool] = mapped_column(default=False)
    is_primary: Mapped[bool] = mapped_column(default=True)
    is_unreachable: Mapped[bool] = mapped_column(default=False)
    verified_at: Mapped[datetime | None] = mapped_column(AT, default=None)


class Password(Base):
    """A PHC string. `is_provisional`: made by the house, to be changed by its owner."""

    __tablename__ = "password"
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id), primary_key=True)
    phc: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(AT)
    is_provisional: Mapped[bool] = mapped_column(default=False)


class Totp(Base):
    """An authenticator; it counts from the moment its first code was given."""

    __tablename__ = "totp"
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id), primary_key=True)
    sealed: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(AT)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    confirmed_at: Mapped[datetime | None] = mapped_column(AT, default=None)


class RecoveryCode(Base):
    """One of ten; used once."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("account_id", "hash"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id))
    hash: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(AT)
    used_at: Mapped[datetime | None] = mapped_column(AT, default=None)


class Challenge(Base):
    """A question that waits for its proof: a mailed link, a second factor, a step-up, an upstream's answer.

    Its token is derived from the id by the house's key; only the hash stands here.
    """

    __tablename__ = "challenge"
    __table_args__ = (Index(None, "kind", "key"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(AT)
    expires_at: Mapped[datetime] = mapped_column(AT, index=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey(Account.id), index=True, default=None)
    key: Mapped[bytes | None] = mapped_column(default=None)
    payload: Mapped[bytes | None] = mapped_column(default=None)
    attempts: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(AT, default=None)


class Upstream(Base):
    """Another site that people sign in with, as the settings name it."""

    __tablename__ = "upstream"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(AT)


class AccountLink(Base):
    """Somebody's account there."""

    __tablename__ = "account_link"
    __table_args__ = (UniqueConstraint("upstream_id", "subject"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    upstream_id: Mapped[UUID] = mapped_column(ForeignKey(Upstream.id))
    subject: Mapped[str]
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id), index=True)
    created_at: Mapped[datetime] = mapped_column(AT)


class Session(Base):
    """One sign-in of one browser; `level` is the assurance reached, `authenticated_at` the last proof."""

    __tablename__ = "session"
    __table_args__ = (
        Index("ix_session_live", "account_id", "id", postgresql_where=text("ended_at IS NULL")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id))
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    level: Mapped[int]
    methods: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(AT)
    authenticated_at: Mapped[datetime] = mapped_column(AT)
    last_seen_at: Mapped[datetime] = mapped_column(AT, index=True)
    device: Mapped[str] = mapped_column(default="")
    ip_prefix: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None] = mapped_column(AT, default=None)
    end_reason: Mapped[str] = mapped_column(default="")


class Role(Base):
    """The shipped roles, written at each start from the manifests."""

    __tablename__ = "role"
    name: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    rank: Mapped[int]
    is_staff: Mapped[bool] = mapped_column(default=False)


class RolePermission(Base):
    """What a role may, written at each start from the manifests."""

    __tablename__ = "role_permission"
    role: Mapped[str] = mapped_column(ForeignKey(Role.name), primary_key=True)
    permission: Mapped[str] = mapped_column(primary_key=True)


class RoleGrant(Base):
    """Somebody's role; `granted_by` is null where the house gave it."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("account_id", "role"), Index(None, "role", "account_id"))
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id))
    role: Mapped[str] = mapped_column(ForeignKey(Role.name))
    granted_at: Mapped[datetime] = mapped_column(AT)
    granted_by: Mapped[UUID | None] = mapped_column(default=None)


class Attempt(Base):
    """A try to prove an identity, kept 30 days: what guessing looks like."""

    __tablename__ = "attempt"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(AT, index=True)
    outcome: Mapped[str]
    method: Mapped[str]
    ip_prefix: Mapped[str] = mapped_column(default="")
    account_id: Mapped[UUID | None] = mapped_column(default=None)


class SecurityEntry(Base):
    """What happened to somebody's account, for their own eyes; kept a year."""

    __tablename__ = "security_log"
    __table_args__ = (Index(None, "account_id", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id))
    at: Mapped[datetime] = mapped_column(AT, index=True)
    kind: Mapped[str]
    device: Mapped[str] = mapped_column(default="")
    ip_prefix: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, str]] = mapped_column(JSONB, default_factory=dict)
