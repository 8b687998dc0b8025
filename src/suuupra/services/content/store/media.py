"""The videos of lessons."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select

from suuupra.kernel.session import Session
from suuupra.services.content.tables import Course, MediaLink, Node


async def link(session: Session, node_id: UUID, *, lock: bool = False) -> MediaLink | None:
    return await session.get(MediaLink, node_id, with_for_update=lock)


async def by_asset(session: Session, media_id: UUID) -> list[MediaLink]:
    """All lessons that show the asset; courses, then links, are held as authors hold them."""
    return await _held(session, MediaLink.media_id == media_id)


async def by_upload(session: Session, upload_id: UUID) -> list[MediaLink]:
    """Lessons that wait for this upload, as their file or as its replacement; held."""
    return await _held(session, or_(MediaLink.media_id == upload_id, MediaLink.replacing_id == upload_id))


async def _held(session: Session, which: ColumnElement[bool]) -> list[MediaLink]:
    of_them = select(MediaLink.course_id).where(which)
    await session.execute(
        select(Course.id).where(Course.id.in_(of_them)).order_by(Course.id).with_for_update()
    )
    links = select(MediaLink).where(which).order_by(MediaLink.node_id).with_for_update()
    return list(await session.scalars(links))


async def of_course(session: Session, course_id: UUID) -> list[MediaLink]:
    return list(await session.scalars(select(MediaLink).where(MediaLink.course_id == course_id)))


async def attached(session: Session, media_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Which of these assets some lesson shows."""
    return frozenset(
        await session.scalars(select(MediaLink.media_id).where(MediaLink.media_id.in_(list(media_ids))))
    )


async def let_go(session: Session, node_ids: Iterable[UUID]) -> None:
    """Forget the links of lessons that no revision holds any more; their films wait for another lesson."""
    held = select(Node.node_id).where(Node.node_id == MediaLink.node_id).exists()
    await session.execute(
        delete(MediaLink)
        .where(MediaLink.node_id.in_(list(node_ids)), ~held)
        .execution_options(synchronize_session=False)
    )
