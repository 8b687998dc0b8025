"""The table of portal: how a person wants pages to look."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from suuupra.kernel.session import NAMING


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Rows are dataclasses."""

    metadata = MetaData(schema="portal", naming_convention=NAMING)


class Preference(Base):
    """One a person; who is not signed in keeps the theme in a cookie alone."""

    __tablename__ = "preference"
    subject: Mapped[UUID] = mapped_column(primary_key=True)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    theme: Mapped[str] = mapped_column(default="auto")
