"""Revisions, their nodes and blocks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from suuupra.kernel.session import Session
from suuupra.services.content.api import LessonKind
from suuupra.services.content.rules.blocks import Addressed, Block, Root, restored
from suuupra.services.content.rules.outline import Bone, Limb, Skeleton
from suuupra.services.content.tables import Block as BlockRow
from suuupra.services.content.tables import MediaLink, Node, Revision


async def keep_block(session: Session, block: Addressed, words: int = 0) -> bytes:
    """Store it under its hash, unless it is there."""
    title = str(block.body.get("title", ""))
    row = {
        "hash": block.hash,
        "kind": block.kind,
        "body": dict(block.body),
        "size_bytes": block.size_bytes,
        "title": title,
        "words": words,
    }
    await session.execute(upsert(BlockRow).values(row).on_conflict_do_nothing())
    return block.hash


async def block_of(session: Session, digest: bytes) -> Block:
    """One block by its hash."""
    row = (await session.execute(select(BlockRow.kind, BlockRow.body).where(BlockRow.hash == digest))).one()
    return restored(row.kind, row.body)


async def root_of(session: Session, revision_id: UUID) -> Root:
    """The course's own block of a revision."""
    statement = (
        select(BlockRow.body)
        .join(Revision, Revision.root_hash == BlockRow.hash)
        .where(Revision.id == revision_id)
    )
    return Root.model_validate((await session.execute(statement)).scalar_one())


async def revision(session: Session, revision_id: UUID, *, lock: bool = False) -> Revision | None:
    return await session.get(Revision, revision_id, with_for_update=lock)


@dataclass(frozen=True)
class DraftMark:
    """What tells whether a draft holds something new."""

    edition: int
    parent_ids: tuple[UUID, ...]

    def differs_from(self, live_revision_id: UUID) -> bool:
        return self.edition > 0 or live_revision_id not in self.parent_ids


async def drafts(session: Session, ids: Iterable[UUID]) -> dict[UUID, DraftMark]:
    """By revision."""
    columns = (Revision.id, Revision.edition, Revision.parent_ids)
    rows = await session.execute(select(*columns).where(Revision.id.in_(list(ids))))
    return {row.id: DraftMark(row.edition, tuple(row.parent_ids)) for row in rows}


async def numbers(session: Session, ids: Iterable[UUID]) -> dict[UUID, int]:
    """By revision."""
    rows = await session.execute(select(Revision.id, Revision.number).where(Revision.id.in_(list(ids))))
    return {row.id: row.number for row in rows}


async def roots(session: Session, ids: Iterable[UUID]) -> dict[UUID, Root]:
    """By revision."""
    statement = (
        select(Revision.id, BlockRow.body)
        .join(BlockRow, BlockRow.hash == Revision.root_hash)
        .where(Revision.id.in_(list(ids)))
    )
    return {row.id: Root.model_validate(row.body) for row in await session.execute(statement)}


async def by_number(session: Session, course_id: UUID, number: int) -> Revision | None:
    return await session.scalar(
        select(Revision).where(Revision.course_id == course_id, Revision.number == number)
    )


async def all_of(session: Session, course_id: UUID) -> list[Revision]:
    """Newest first."""
    statement = select(Revision).where(Revision.course_id == course_id).order_by(Revision.number.desc())
    return list(await session.scalars(statement.limit(200)))


async def skeleton(session: Session, revision_id: UUID) -> Skeleton:
    """Everything but the bodies, in one query and in order."""
    statement = (
        select(Node, BlockRow.title, BlockRow.words, MediaLink)
        .join(BlockRow, BlockRow.hash == Node.block_hash)
        .outerjoin(MediaLink, MediaLink.node_id == Node.node_id)
        .where(Node.revision_id == revision_id)
        .order_by(Node.position, Node.node_id)
    )
    rows = (await session.execute(statement)).all()
    lessons: dict[UUID, list[Bone]] = {}
    for node, title, words, link in rows:
        if node.parent_id is not None:
            lessons.setdefault(node.parent_id, []).append(_bone(node, title, words, link))
    limbs = [
        Limb(id=node.node_id, title=title, lessons=tuple(lessons.get(node.node_id, ())))
        for node, title, _, _ in rows
        if node.parent_id is None
    ]
    return Skeleton(revision_id=revision_id, sections=tuple(limbs))


def _bone(node: Node, title: str, words: int, link: MediaLink | None) -> Bone:
    bone = Bone(
        id=node.node_id,
        title=title,
        kind=cast("LessonKind", node.kind),
        block=node.block_hash.hex(),
        is_free_preview=node.is_free_preview,
        rule=node.rule,
        words=words,
    )
    if link is None or node.kind != "video":
        return bone
    return bone.model_copy(
        update={
            "media_id": link.media_id,
            "media_state": link.state,
            "media_reason": link.reason or link.replacing_reason,
            "duration_ms": link.duration_ms,
        }
    )


async def nodes(session: Session, revision_id: UUID) -> list[Node]:
    """Of the whole revision, in order of position."""
    statement = select(Node).where(Node.revision_id == revision_id).order_by(Node.position, Node.node_id)
    return list(await session.scalars(statement))


async def node(session: Session, revision_id: UUID, node_id: UUID) -> Node | None:
    return await session.get(Node, (revision_id, node_id))


async def copy_nodes(session: Session, source: UUID, target: UUID) -> None:
    """The nodes of one revision as those of another; blocks are shared."""
    columns = [Node.node_id, Node.kind, Node.position, Node.block_hash, Node.parent_id]
    columns += [Node.is_free_preview, Node.rule]
    chosen = select(literal(target), *columns).where(Node.revision_id == source)
    names = ["revision_id", *(column.key for column in columns)]
    await session.execute(insert(Node).from_select(names, chosen))


async def drop_nodes(session: Session, revision_id: UUID, ids: Iterable[UUID]) -> None:
    await session.execute(
        delete(Node)
        .where(Node.revision_id == revision_id, Node.node_id.in_(list(ids)))
        .execution_options(synchronize_session=False)
    )


async def place(session: Session, revision_id: UUID, places: Mapping[UUID, tuple[UUID | None, str]]) -> None:
    """Parents and positions of some nodes."""
    for node_id, (parent, position) in places.items():
        await session.execute(
            update(Node)
            .where(Node.revision_id == revision_id, Node.node_id == node_id)
            .values(parent_id=parent, position=position)
            .execution_options(synchronize_session=False)
        )


async def texts(session: Session, revision_id: UUID) -> list[str]:
    """The Markdown of all lessons."""
    statement = (
        select(BlockRow.body["markdown"].astext)
        .join(Node, Node.block_hash == BlockRow.hash)
        .where(Node.revision_id == revision_id, Node.parent_id.is_not(None))
    )
    return [text for text in await session.scalars(statement) if text]


@dataclass(frozen=True)
class LessonFacts:
    """What decides when a lesson is done."""

    course_id: UUID
    kind: str
    words: int
    duration_ms: int
    rule: Mapping[str, Any] | None
    is_free_preview: bool


async def lesson_facts(session: Session, node_ids: Iterable[UUID]) -> dict[UUID, LessonFacts]:
    """Of lessons that are or were live, from their newest frozen revision."""
    statement = (
        select(Node, Revision.course_id, BlockRow.words, func.coalesce(MediaLink.duration_ms, 0))
        .join(Revision, Revision.id == Node.revision_id)
        .join(BlockRow, BlockRow.hash == Node.block_hash)
        .outerjoin(MediaLink, MediaLink.node_id == Node.node_id)
        .where(Node.node_id.in_(list(node_ids)), Node.parent_id.is_not(None), Revision.frozen_at.is_not(None))
        .ext(distinct_on(Node.node_id))
        .order_by(Node.node_id, Revision.number.desc())
    )
    return {
        node.node_id: LessonFacts(course_id, node.kind, words, duration, node.rule, node.is_free_preview)
        for node, course_id, words, duration in await session.execute(statement)
    }


async def lesson_ids(session: Session, revision_id: UUID) -> frozenset[UUID]:
    statement = select(Node.node_id).where(Node.revision_id == revision_id, Node.parent_id.is_not(None))
    return frozenset(await session.scalars(statement))


async def block_bytes(session: Session, course_id: UUID) -> int:
    """Bytes of all blocks that revisions of the course use, each once."""
    used = (
        select(Node.block_hash)
        .join(Revision, Revision.id == Node.revision_id)
        .where(Revision.course_id == course_id)
        .union(select(Revision.root_hash).where(Revision.course_id == course_id))
        .subquery()
    )
    total = await session.scalar(
        select(func.coalesce(func.sum(BlockRow.size_bytes), 0)).join(used, used.c.block_hash == BlockRow.hash)
    )
    return int(total or 0)


async def hashes(session: Session, revision_id: UUID) -> dict[UUID, bytes]:
    """Block address by node, to tell two revisions apart."""
    rows = await session.execute(select(Node.node_id, Node.block_hash).where(Node.revision_id == revision_id))
    return {row.node_id: row.block_hash for row in rows}
