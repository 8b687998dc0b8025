"""Every query of portal."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from suuupra.kernel.session import Session
from suuupra.services.portal.tables import Preference


async def theme_of(session: Session, subject: UUID) -> str:
    """`auto` where nothing was chosen."""
    found = await session.get(Preference, subject)
    return found.theme if found else "auto"


async def keep_theme(session: Session, subject: UUID, theme: str, at: datetime) -> None:
    """One row a person."""
    statement = insert(Preference).values(subject=subject, theme=theme, changed_at=at)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["subject"], set_={"theme": theme, "changed_at": at})
    )
