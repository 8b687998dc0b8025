"""Courses by id, slug and owner, and how one person stands to one of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import array, insert

from suuupra.kernel.session import Session
from suuupra.services.content.rules.blocks import Root
from suuupra.services.content.rules.categories import CategoryNode
from suuupra.services.content.tables import (
    Block,
    Category,
    Course,
    Enrolment,
    EnrolmentGrant,
    Revision,
    SlugHistory,
)


@dataclass(frozen=True)
class Stand:
    """A course, the words of its live revision (before one, of its draft), and one person's place in it."""

    course: Course
    enrolment: Enrolment | None = None
    sources: frozenset[str] = frozenset()
    root: Root = field(default_factory=Root)


_SOURCES = (
    select(func.coalesce(func.array_agg(EnrolmentGrant.source), array([], type_=EnrolmentGrant.source.type)))
    .where(EnrolmentGrant.enrolment_id == Enrolment.id, EnrolmentGrant.state == "active")
    .scalar_subquery()
)


_ROOT = (
    select(Block.body)
    .join(Revision, Revision.root_hash == Block.hash)
    .where(Revision.id == func.coalesce(Course.live_revision_id, Course.draft_revision_id))
    .scalar_subquery()
)


async def stand(
    session: Session, subject: UUID | None, *, course_id: UUID | None = None, slug: str = ""
) -> Stand | None:
    """By id or by a present or former slug."""
    mine = and_(Enrolment.course_id == Course.id, Enrolment.learner_id == subject)
    former = select(SlugHistory.course_id).where(SlugHistory.slug == slug)
    which = Course.id == course_id if course_id else or_(Course.slug == slug, Course.id.in_(former))
    row = (
        await session.execute(
            select(Course, Enrolment, _SOURCES, _ROOT).outerjoin(Enrolment, mine).where(which).limit(1)
        )
    ).first()
    if row is None:
        return None
    return Stand(row[0], row[1], frozenset(row[2] or ()), Root.model_validate(row[3]))


async def locked(session: Session, course_id: UUID) -> Course | None:
    """The course, held until the end of the unit."""
    return await session.get(Course, course_id, with_for_update=True)


async def shared(session: Session, course_id: UUID) -> Course | None:
    """The course, whose state stays as it is until the end of the unit; others may share it."""
    statement = select(Course).where(Course.id == course_id).with_for_update(read=True)
    return await session.scalar(statement)


async def by_ids(session: Session, ids: Iterable[UUID]) -> dict[UUID, Course]:
    found = await session.scalars(select(Course).where(Course.id.in_(list(ids))))
    return {course.id: course for course in found}


async def enrolled_in(session: Session, subject: UUID, ids: Iterable[UUID]) -> frozenset[UUID]:
    """Which of these courses hold the person."""
    statement = select(Enrolment.course_id).where(
        Enrolment.learner_id == subject, Enrolment.course_id.in_(list(ids))
    )
    return frozenset(await session.scalars(statement))


async def may_mark(session: Session, ids: Iterable[UUID]) -> dict[UUID, bool]:
    """Whether lessons of these courses may be marked as done by hand."""
    statement = (
        select(Course.id, Block.body)
        .join(Revision, Revision.id == Course.live_revision_id)
        .join(Block, Block.hash == Revision.root_hash)
        .where(Course.id.in_(list(ids)))
    )
    rows = await session.execute(statement)
    return {row.id: Root.model_validate(row.body).may_mark_done for row in rows}


async def page_of_owner(
    session: Session, owner: UUID, state: str | None, after: Sequence[Any] | None, limit: int
) -> list[Course]:
    """Newest change first."""
    statement = select(Course).where(Course.owner_id == owner)
    if state is not None:
        statement = statement.where(Course.state == state)
    if after is not None:
        place = tuple_(Course.changed_at, Course.id)
        statement = statement.where(place < (datetime.fromisoformat(after[0]), UUID(after[1])))
    ordered = statement.order_by(Course.changed_at.desc(), Course.id.desc()).limit(limit)
    return list(await session.scalars(ordered))


async def page_of_all(
    session: Session,
    *,
    state: str | None,
    owner: UUID | None,
    text: str,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Course]:
    """For staff, newest first; `text` is a part of title or slug."""
    statement = select(Course)
    if state is not None:
        statement = statement.where(Course.state == state)
    if owner is not None:
        statement = statement.where(Course.owner_id == owner)
    if text:
        part = f"%{text.replace('%', '').replace('_', ' ')}%"
        statement = statement.where(or_(Course.title.ilike(part), Course.slug.ilike(part)))
    if after is not None:
        statement = statement.where(Course.id < UUID(after[0]))
    return list(await session.scalars(statement.order_by(Course.id.desc()).limit(limit)))


async def is_slug_free(session: Session, slug: str, course_id: UUID | None = None) -> bool:
    """Nobody has it, and nobody else had it."""
    taken = await session.scalar(
        select(Course.id).where(Course.slug == slug, Course.id.is_distinct_from(course_id))
    )
    former = await session.scalar(
        select(SlugHistory.course_id).where(
            SlugHistory.slug == slug, SlugHistory.course_id.is_distinct_from(course_id)
        )
    )
    return taken is None and former is None


async def remember_slug(session: Session, slug: str, course_id: UUID) -> None:
    """A former address keeps leading here."""
    await session.execute(insert(SlugHistory).values(slug=slug, course_id=course_id).on_conflict_do_nothing())


async def point_live(session: Session, course: Course, revision_id: UUID, expected: UUID | None) -> bool:
    """Swap the pointer, if it still stands where it was expected."""
    done = await session.execute(
        update(Course)
        .where(Course.id == course.id, Course.live_revision_id.is_not_distinct_from(expected))
        .values(live_revision_id=revision_id)
        .returning(Course.id)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None


async def set_words(session: Session, course_id: UUID, root: Root) -> None:
    """What the catalogue's search finds: the title weighs most, then tags and outcomes, then the summary."""

    def weighed(text: str, weight: str) -> ColumnElement[str]:
        return func.setweight(func.to_tsvector("simple", text), literal_column(f"'{weight}'"))

    words = (
        weighed(root.title, "A")
        .op("||")(weighed(" ".join(root.tags), "B"))
        .op("||")(weighed(" ".join(root.outcomes), "C"))
        .op("||")(weighed(root.summary, "D"))
    )
    await session.execute(
        update(Course)
        .where(Course.id == course_id)
        .values(words=words)
        .execution_options(synchronize_session=False)
    )


async def bump_media(session: Session, course_id: UUID) -> None:
    """Cached outlines of the course get a new key."""
    await session.execute(
        update(Course)
        .where(Course.id == course_id)
        .values(media_edition=Course.media_edition + 1)
        .execution_options(synchronize_session=False)
    )


async def category_nodes(session: Session) -> tuple[CategoryNode, ...]:
    """The tree, parents first."""
    rows = await session.scalars(select(Category).order_by(Category.position))
    return tuple(CategoryNode(row.slug, row.title, row.parent, row.position) for row in rows)


async def add_categories(session: Session, nodes: Iterable[CategoryNode]) -> None:
    """Those that are not there yet; titles that somebody changed stay."""
    rows = [
        {"slug": node.slug, "title": node.title, "parent": node.parent, "position": node.position}
        for node in nodes
    ]
    await session.execute(insert(Category).values(rows).on_conflict_do_nothing())
