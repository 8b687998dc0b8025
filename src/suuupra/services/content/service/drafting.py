"""The draft: one mutable revision a course, opened under the lock of its course, with its entity tags."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from suuupra.kernel.auth import Principal
from suuupra.kernel.problems import Invalid
from suuupra.kernel.work import Unit
from suuupra.services.content.api import CourseNotFound, CourseStateForbids, DraftMoved, LessonNotFound
from suuupra.services.content.rules import blocks, prose
from suuupra.services.content.rules.blocks import Article, Block, Root, Video, etag
from suuupra.services.content.rules.states import EDITABLE
from suuupra.services.content.service import standing
from suuupra.services.content.service.standing import Asker
from suuupra.services.content.store import courses, revisions
from suuupra.services.content.store.courses import Stand
from suuupra.services.content.store.rows import Course, Node, Revision


@dataclass
class Draft:
    """What an authoring step works on; its course is held until the end of the unit."""

    unit: Unit
    who: Principal
    course: Course
    revision: Revision
    root: Root


async def opened(unit: Unit, who: Principal, course_id: UUID) -> Draft:
    """For the author: `CourseNotFound`, `CourseStateForbids`. The course's row orders all authors' tabs."""
    course = await courses.locked(unit.session, course_id)
    if course is None:
        raise CourseNotFound
    standing.must_edit(Asker(who, Stand(course)))
    if course.state not in EDITABLE:
        raise CourseStateForbids("This course cannot be changed any more.", state=course.state)
    revision = await revisions.revision(unit.session, course.draft_revision_id)
    if revision is None:
        raise CourseNotFound
    return Draft(unit, who, course, revision, await revisions.root_of(unit.session, revision.id))


async def touched(draft: Draft) -> None:
    """Count the change; until a course is live its card follows the draft."""
    draft.revision.edition += 1
    draft.course.changed_at = draft.unit.now
    if draft.course.live_revision_id is None:
        copy_root(draft.course, draft.root)
    await draft.unit.session.flush()


def copy_root(course: Course, root: Root) -> None:
    """The words of a root block onto the card."""
    course.title, course.summary, course.level = root.title, root.summary, root.level
    course.language, course.category, course.tags = root.language, root.category, list(root.tags)
    course.cover_key, course.cover_motif, course.cover_palette = (
        root.cover_key,
        root.cover_motif,
        root.cover_palette,
    )


def details_tag(course: Course, root_hash: bytes) -> str:
    """Of the course's own words and address."""
    return etag("details", root_hash.hex(), course.slug)


def node_tag(node: Node) -> str:
    """Of one section or lesson, wherever it stands."""
    return etag("node", node.kind, node.block_hash.hex(), node.is_free_preview, node.rule)


def order_tag(nodes: list[Node]) -> str:
    """Of which lesson stands where."""
    return etag("order", sorted((str(node.parent_id), node.position, str(node.node_id)) for node in nodes))


def must_match(expected: str | None, current: str, now: Any) -> None:  # noqa: ANN401 - any JSON value
    """`DraftMoved` with both tags and the present content; None stands for a caller that saw nothing."""
    if expected is not None and expected.strip('W/"') != current:
        raise DraftMoved(
            "Somebody changed this in between. Nothing of yours was saved.",
            yours=expected.strip('W/"'),
            current=current,
            now=now,
        )


async def node_of(draft: Draft, node_id: UUID) -> Node:
    """A section or lesson of the draft."""
    node = await revisions.node(draft.unit.session, draft.revision.id, node_id)
    if node is None:
        raise LessonNotFound
    return node


async def keep(draft: Draft, block: Block) -> bytes:
    """Store a block; its words are counted once, here."""
    words = prose.rendered(block.markdown).words if isinstance(block, Article | Video) else 0
    return await revisions.keep_block(draft.unit.session, blocks.addressed(block), words)


async def freeze(draft: Draft, note: str = "") -> Revision:
    """Freeze the draft and open the next one, a copy that shares every block. Returns the frozen one."""
    frozen = draft.revision
    frozen.frozen_at = draft.unit.now
    frozen.note = note
    following = Revision(
        id=draft.unit.new_id(),
        course_id=frozen.course_id,
        number=frozen.number + 1,
        root_hash=frozen.root_hash,
        author_id=draft.course.owner_id,
        made_at=draft.unit.now,
        parent_ids=[frozen.id],
    )
    draft.unit.session.add(following)
    await draft.unit.session.flush()
    await revisions.copy_nodes(draft.unit.session, frozen.id, following.id)
    draft.course.draft_revision_id = following.id
    draft.revision = following
    return frozen


def needs_title(values: dict[str, Any]) -> None:
    """Every section and lesson has a name."""
    if "title" in values and not blocks.one_line(str(values["title"])):
        raise Invalid.at("/title", "Give it a title.")
