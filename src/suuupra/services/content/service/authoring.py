"""Authoring: create a course, change its words, its sections and lessons, and their order."""

from typing import Any, TypeVar
from uuid import UUID

from suuupra.kernel.call import principal
from suuupra.kernel.messages import Command
from suuupra.kernel.problems import Forbidden, Invalid, TooMany
from suuupra.kernel.stores import Rate
from suuupra.kernel.work import Unit
from suuupra.services.content.api import LessonKind, LessonNotFound, SlugTaken
from suuupra.services.content.rules import blocks, positions, slugs
from suuupra.services.content.rules.access import checked
from suuupra.services.content.rules.blocks import LESSONS_MAX, NODES_MAX, Article, Block, Root, Section, Video
from suuupra.services.content.service import cached, drafting
from suuupra.services.content.service.desk import Desk, Made
from suuupra.services.content.service.drafting import Draft
from suuupra.services.content.service.standing import AUTHOR
from suuupra.services.content.store import courses, media, revisions
from suuupra.services.content.store.rows import Course, Node, Revision
from suuupra.web.covers import MOTIFS

B = TypeVar("B", bound=Block)
DAY_S = 86_400.0
FIRST_SECTION = "Part 1"


class CreateCourse(Command):
    """`title` is enough; the address follows from it."""

    title: str
    summary: str = ""
    category: str = ""
    level: str = "all"
    language: str = "en"


class ChangeDetails(Command):
    """What is None stays. `if_match` is the entity tag of what the author saw."""

    course_id: UUID
    if_match: str | None = None
    slug: str | None = None
    title: str | None = None
    summary: str | None = None
    level: str | None = None
    language: str | None = None
    category: str | None = None
    outcomes: tuple[str, ...] | None = None
    audience: str | None = None
    prerequisites: str | None = None
    tags: tuple[str, ...] | None = None
    cover_motif: str | None = None
    cover_palette: int | None = None
    may_mark_done: bool | None = None


class AddSection(Command):
    course_id: UUID
    title: str


class AddLesson(Command):
    course_id: UUID
    section_id: UUID
    kind: LessonKind = "article"
    title: str
    markdown: str = ""
    is_free_preview: bool = False


class ChangeNode(Command):
    """A section's title, or a lesson's fields; what is None stays. An empty `rule` takes it away."""

    course_id: UUID
    node_id: UUID
    if_match: str | None = None
    title: str | None = None
    markdown: str | None = None
    is_free_preview: bool | None = None
    rule: dict[str, Any] | None = None


class DropNode(Command):
    """A section goes with its lessons."""

    course_id: UUID
    node_id: UUID
    if_match: str | None = None


class Authoring:
    """Use cases of the author's own routes and pages."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def create(self, command: CreateCourse) -> Made:
        who = principal()
        who.require(AUTHOR)
        owner = who.person()
        if not who.is_verified:
            raise Forbidden("Confirm your mail address before you teach.")
        values = command.model_dump()
        drafting.needs_title(values)
        await self._refuse_unknown(command.category, "")
        root = blocks.made(Root, values)
        rate = Rate(self._desk.settings.courses_a_day_max, DAY_S)
        verdict = await self._desk.limits.take(f"content.create:{owner}", rate)
        if not verdict.allowed:
            raise TooMany("You have made many courses today.", retry_after_s=verdict.retry_after_s)
        async with self._desk.work.begin() as unit:
            return await unit.once(command, Made) or unit.answer(await make_course(unit, owner, root))

    async def change_details(self, command: ChangeDetails) -> str:
        """The new entity tag."""
        await self._refuse_unknown(command.category or "", command.cover_motif or "")
        async with self._desk.work.begin() as unit:
            draft = await drafting.opened(unit, principal(), command.course_id)
            await change_root(draft, command)
            return drafting.details_tag(draft.course, draft.revision.root_hash)

    async def _refuse_unknown(self, category: str, motif: str) -> None:
        if category and category not in {node.slug for node in await cached.categories(self._desk)}:
            raise Invalid.at("/category", "Choose a category of the list.")
        if motif and motif not in MOTIFS:
            raise Invalid.at("/cover_motif", "Choose one of the drawn covers.")

    async def add_section(self, command: AddSection) -> Made:
        async with self._desk.work.begin() as unit:
            if known := await unit.once(command, Made):
                return known
            draft = await drafting.opened(unit, principal(), command.course_id)
            return unit.answer(await insert_node(draft, _titled(Section, command.title), None))

    async def add_lesson(self, command: AddLesson) -> Made:
        async with self._desk.work.begin() as unit:
            if known := await unit.once(command, Made):
                return known
            draft = await drafting.opened(unit, principal(), command.course_id)
            kind = Article if command.kind == "article" else Video
            block = _titled(kind, command.title, markdown=command.markdown)
            section = await drafting.node_of(draft, command.section_id)
            if section.kind != "section":
                raise LessonNotFound("A lesson stands in a section.")
            made = await insert_node(draft, block, section.node_id, is_free=command.is_free_preview)
            return unit.answer(made)

    async def change_node(self, command: ChangeNode) -> str:
        """The new entity tag."""
        async with self._desk.work.begin() as unit:
            draft = await drafting.opened(unit, principal(), command.course_id)
            return drafting.node_tag(await change_node(draft, command))

    async def drop_node(self, command: DropNode) -> None:
        async with self._desk.work.begin() as unit:
            draft = await drafting.opened(unit, principal(), command.course_id)
            node = await drafting.node_of(draft, command.node_id)
            drafting.must_match(command.if_match, drafting.node_tag(node), {"id": str(node.node_id)})
            nodes = await revisions.nodes(unit.session, draft.revision.id)
            gone = {node.node_id, *(one.node_id for one in nodes if one.parent_id == node.node_id)}
            _refuse_lost_rules(nodes, gone)
            await revisions.drop_nodes(unit.session, draft.revision.id, gone)
            await media.let_go(unit.session, gone)
            await drafting.touched(draft)


async def make_course(unit: Unit, owner: UUID, root: Root) -> Made:
    """A draft with one empty section."""
    slug, number = slugs.slug_of(root.title), 1
    while not await courses.is_slug_free(unit.session, slug):
        number += 1
        slug = slugs.numbered(slugs.slug_of(root.title), number)
    course_id, revision_id = unit.new_id(), unit.new_id()
    course = Course(
        id=course_id,
        owner_id=owner,
        slug=slug,
        draft_revision_id=revision_id,
        created_at=unit.now,
        changed_at=unit.now,
    )
    drafting.copy_root(course, root)
    digest = await revisions.keep_block(unit.session, blocks.addressed(root))
    unit.session.add(course)
    await unit.session.flush()
    revision = Revision(
        id=revision_id, course_id=course_id, number=1, root_hash=digest, author_id=owner, made_at=unit.now
    )
    unit.session.add(revision)
    await unit.session.flush()
    draft = Draft(unit, principal(), course, revision, root)
    await insert_node(draft, Section(title=FIRST_SECTION), None)
    return Made(id=course_id, slug=slug, etag=drafting.details_tag(course, digest))


async def change_root(draft: Draft, command: ChangeDetails) -> None:
    """New words for the course, and a new address; the old one keeps leading here."""
    now = {**draft.root.model_dump(mode="json"), "slug": draft.course.slug}
    drafting.must_match(command.if_match, drafting.details_tag(draft.course, draft.revision.root_hash), now)
    given = command.model_dump(exclude={"course_id", "if_match", "slug"}, exclude_none=True)
    drafting.needs_title(given)
    draft.root = blocks.changed(draft.root, given)
    draft.revision.root_hash = await drafting.keep(draft, draft.root)
    if command.slug is not None and command.slug != draft.course.slug:
        await rename(draft, command.slug)
    await drafting.touched(draft)


async def rename(draft: Draft, slug: str) -> None:
    if not slugs.is_slug(slug):
        raise Invalid.at("/slug", "Use small letters, digits and single hyphens, 80 at most.")
    if not await courses.is_slug_free(draft.unit.session, slug, draft.course.id):
        raise SlugTaken
    await courses.remember_slug(draft.unit.session, draft.course.slug, draft.course.id)
    draft.course.slug = slug


async def insert_node(draft: Draft, block: Block, parent: UUID | None, *, is_free: bool = False) -> Made:
    """At the end of its section, or of the course."""
    nodes = await revisions.nodes(draft.unit.session, draft.revision.id)
    lessons = sum(node.parent_id is not None for node in nodes)
    if len(nodes) >= NODES_MAX or (parent is not None and lessons >= LESSONS_MAX):
        raise Invalid.at("/title", f"A course has at most {LESSONS_MAX} lessons.")
    siblings = [node.position for node in nodes if node.parent_id == parent]
    node = Node(
        revision_id=draft.revision.id,
        node_id=draft.unit.new_id(),
        kind=block.kind,
        position=positions.between(max(siblings, default=None), None),
        block_hash=await drafting.keep(draft, block),
        parent_id=parent,
        is_free_preview=is_free,
    )
    draft.unit.session.add(node)
    await drafting.touched(draft)
    return Made(id=node.node_id, etag=drafting.node_tag(node))


async def change_node(draft: Draft, command: ChangeNode) -> Node:
    """Another block for the node, other marks; the node stays."""
    node = await drafting.node_of(draft, command.node_id)
    block = await revisions.block_of(draft.unit.session, node.block_hash)
    now = {**block.model_dump(mode="json"), "is_free_preview": node.is_free_preview, "rule": node.rule}
    drafting.must_match(command.if_match, drafting.node_tag(node), now)
    given = command.model_dump(include={"title", "markdown"}, exclude_none=True)
    drafting.needs_title(given)
    node.block_hash = await drafting.keep(draft, blocks.changed(block, given))
    if command.is_free_preview is not None:
        node.is_free_preview = command.is_free_preview
    if command.rule is not None:
        node.rule = await _checked_rule(draft, node, command.rule)
    await drafting.touched(draft)
    return node


async def _checked_rule(draft: Draft, node: Node, rule: dict[str, Any]) -> dict[str, Any] | None:
    if not rule:
        return None
    nodes = await revisions.nodes(draft.unit.session, draft.revision.id)
    lessons = [str(one.node_id) for one in nodes if one.parent_id is not None]
    others = {str(one.node_id): one.rule for one in nodes if one.rule is not None}
    checked(rule, lesson=str(node.node_id), lessons=lessons, others=others)
    return rule


def _refuse_lost_rules(nodes: list[Node], gone: set[UUID]) -> None:
    """A lesson that another one waits for stays."""
    for node in nodes:
        if node.node_id not in gone and node.rule and any(str(one) in str(node.rule) for one in gone):
            raise Invalid.at("/rule", "Another lesson waits for this one. Change its rule first.")


def _titled(cls: type[B], title: str, **values: object) -> B:
    drafting.needs_title({"title": title})
    return blocks.made(cls, {"title": title, **values})
