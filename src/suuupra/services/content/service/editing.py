"""What the editor and the reviewer see: the draft with its entity tags, one lesson, one revision."""

import asyncio
from typing import Any, cast
from uuid import UUID

from suuupra.kernel.call import principal
from suuupra.kernel.clock import Moment
from suuupra.kernel.messages import Message
from suuupra.kernel.session import Session
from suuupra.services.content.api import (
    Admission,
    CourseNotFound,
    CourseState,
    Gate,
    LessonKind,
    LessonNotFound,
    MediaState,
    OutlineSection,
)
from suuupra.services.content.rules import outline, prose
from suuupra.services.content.rules.blocks import Article, Root, Video
from suuupra.services.content.rules.outline import Bone
from suuupra.services.content.rules.prose import Prose
from suuupra.services.content.rules.states import needs_decision
from suuupra.services.content.service import cached, drafting, publishing, shapes, standing
from suuupra.services.content.service.desk import Desk
from suuupra.services.content.service.standing import APPROVE, Asker
from suuupra.services.content.store import approvals, revisions
from suuupra.services.content.store.rows import Node, Revision


class DraftLesson(Message):
    """A line of the editor's outline."""

    id: UUID
    title: str
    kind: LessonKind
    etag: str
    is_free_preview: bool = False
    words: int = 0
    media_state: MediaState = "none"
    media_reason: str = ""
    duration_s: int = 0


class DraftSection(Message):
    id: UUID
    title: str
    etag: str
    lessons: tuple[DraftLesson, ...] = ()


class CourseDraft(Message):
    """The draft as its author works on it. `needs_decision`: somebody else must approve the next edition."""

    id: UUID
    slug: str
    state: CourseState
    state_reason: str = ""
    admission: Admission
    details: dict[str, Any]
    details_etag: str
    order_etag: str
    sections: tuple[DraftSection, ...] = ()
    gates: tuple[Gate, ...] = ()
    may_submit: bool = False
    needs_decision: bool = True
    is_under_review: bool = False
    waits_for_publication: bool = False
    has_unpublished_changes: bool = False
    send_back_reasons: tuple[str, ...] = ()
    cover_url: str | None = None
    revision_number: int = 1
    live_revision_number: int | None = None


class LessonDraft(Message):
    """One lesson in the editor. `removed` names what the sanitiser takes out."""

    id: UUID
    course_id: UUID
    title: str
    kind: LessonKind
    markdown: str = ""
    etag: str
    is_free_preview: bool = False
    html: str = ""
    words: int = 0
    removed: tuple[str, ...] = ()
    rule: dict[str, Any] | None = None


class RevisionLine(Message):
    """A revision in the list of its course."""

    id: UUID
    number: int
    made_at: Moment
    frozen_at: Moment | None = None
    note: str = ""
    is_live: bool = False


class RevisionView(Message):
    """A revision as a reviewer reads it, with one lesson opened."""

    course_id: UUID
    slug: str
    number: int
    title: str
    summary: str = ""
    outcomes: tuple[str, ...] = ()
    audience: str = ""
    prerequisites: str = ""
    category_title: str = ""
    level: str = ""
    language: str = ""
    is_live: bool = False
    frozen_at: Moment | None = None
    sections: tuple[OutlineSection, ...] = ()
    lesson: LessonDraft | None = None
    media_id: UUID | None = None


class Editing:
    """Reads of drafts and frozen revisions."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def draft(self, course_id: UUID) -> CourseDraft:
        """For the author alone."""
        async with self._desk.work.read() as session:
            found = standing.must_edit(await standing.asker(session, principal(), course_id=course_id))
            course = found.stand.course
            revision = await revisions.revision(session, course.draft_revision_id)
            if revision is None:
                raise CourseNotFound
            judged = await publishing.judged(session, revision.id)
            nodes = await revisions.nodes(session, revision.id)
            case = (await approvals.latest(session, [course.id])).get(course.id)
            live = await revisions.numbers(
                session, [course.live_revision_id] if course.live_revision_id else []
            )
        is_first = course.live_revision_id is None
        approved = case is not None and case.state == "approved" and case.publish_later
        return CourseDraft(
            id=course.id,
            slug=course.slug,
            state=cast("CourseState", course.state),
            state_reason=course.state_reason,
            admission=cast("Admission", course.admission),
            details=judged.root.model_dump(mode="json"),
            details_etag=drafting.details_tag(course, revision.root_hash),
            order_etag=drafting.order_tag(nodes),
            sections=_sections(judged, nodes),
            gates=judged.gates,
            may_submit=not judged.unmet,
            needs_decision=needs_decision(self._desk.settings.approval, is_first=is_first),
            is_under_review=case is not None and case.state == "open",
            waits_for_publication=approved
            and case is not None
            and case.revision_id != course.live_revision_id
            and course.state in {"approved", "published"},
            has_unpublished_changes=_differs(revision, course.live_revision_id),
            send_back_reasons=tuple(case.reasons) if case and case.state == "sent_back" else (),
            cover_url=shapes.cover_url(judged.root.cover_key),
            revision_number=revision.number,
            live_revision_number=live.get(course.live_revision_id) if course.live_revision_id else None,
        )

    async def lesson(self, course_id: UUID, lesson_id: UUID) -> LessonDraft:
        """For the author alone."""
        async with self._desk.work.read() as session:
            found = standing.must_edit(await standing.asker(session, principal(), course_id=course_id))
            return await _lesson(session, found, found.stand.course.draft_revision_id, lesson_id)

    async def preview(self, course_id: UUID, markdown: str) -> Prose:
        """What the words would look like; nothing is saved."""
        async with self._desk.work.read() as session:
            standing.must_edit(await standing.asker(session, principal(), course_id=course_id))
        return await asyncio.to_thread(prose.rendered, Article(markdown=markdown).markdown)

    async def list_revisions(self, course_id: UUID) -> tuple[RevisionLine, ...]:
        """Newest first; for the author, and for reviewers of a course that is live."""
        async with self._desk.work.read() as session:
            found = await standing.asker(session, principal(), course_id=course_id)
            if not found.sees_all:
                raise CourseNotFound
            rows = await revisions.all_of(session, course_id)
        live = found.stand.course.live_revision_id
        return tuple(
            RevisionLine(
                id=row.id,
                number=row.number,
                made_at=row.made_at,
                frozen_at=row.frozen_at,
                note=row.note,
                is_live=row.id == live,
            )
            for row in rows
        )

    async def revision(self, course_id: UUID, number: int, lesson_id: UUID | None) -> RevisionView:
        """For the author, reviewers of what was submitted, and administrators."""
        titles = await cached.category_titles(self._desk)
        async with self._desk.work.read() as session:
            found = await standing.asker(session, principal(), course_id=course_id, for_review=True)
            row = await revisions.by_number(session, course_id, number)
            if row is None or not _may_read(found, row):
                raise CourseNotFound
            root = await revisions.root_of(session, row.id)
            skeleton = await revisions.skeleton(session, row.id)
            first = next((bone.id for bone in skeleton.lessons()), None)
            chosen = lesson_id or first
            lesson = await _lesson(session, found, row.id, chosen) if chosen else None
        bone = next((bone for bone in skeleton.lessons() if bone.id == chosen), None)
        return RevisionView(
            course_id=course_id,
            slug=found.stand.course.slug,
            number=number,
            is_live=row.id == found.stand.course.live_revision_id,
            frozen_at=row.frozen_at,
            sections=outline.plain(skeleton),
            lesson=lesson,
            media_id=bone.media_id if bone else None,
            **_words(root, titles.get(root.category, "")),
        )


def _may_read(found: Asker, row: Revision) -> bool:
    """Reviewers read what was submitted, not what is still being written."""
    return found.is_author or (found.who.may(APPROVE) and row.frozen_at is not None)


def _words(root: Root, category_title: str) -> dict[str, Any]:
    names = {"title", "summary", "outcomes", "audience", "prerequisites", "level", "language"}
    return root.model_dump(include=names) | {"category_title": category_title}


async def _lesson(session: Session, found: Asker, revision_id: UUID, lesson_id: UUID) -> LessonDraft:
    node = await revisions.node(session, revision_id, lesson_id)
    if node is None or node.parent_id is None:
        raise LessonNotFound
    block = await revisions.block_of(session, node.block_hash)
    if not isinstance(block, Article | Video):
        raise LessonNotFound
    shown = prose.rendered(block.markdown)
    return LessonDraft(
        id=lesson_id,
        course_id=found.stand.course.id,
        title=block.title,
        kind=cast("LessonKind", node.kind),
        markdown=block.markdown,
        etag=drafting.node_tag(node),
        is_free_preview=node.is_free_preview,
        html=shown.html,
        words=shown.words,
        removed=shown.removed,
        rule=node.rule,
    )


def _sections(judged: publishing.Judged, nodes: list[Node]) -> tuple[DraftSection, ...]:
    tags = {node.node_id: drafting.node_tag(node) for node in nodes}
    return tuple(
        DraftSection(
            id=limb.id,
            title=limb.title,
            etag=tags[limb.id],
            lessons=tuple(_line(bone, tags[bone.id]) for bone in limb.lessons),
        )
        for limb in judged.skeleton.sections
    )


def _line(bone: Bone, tag: str) -> DraftLesson:
    return DraftLesson(
        id=bone.id,
        title=bone.title,
        kind=bone.kind,
        etag=tag,
        is_free_preview=bone.is_free_preview,
        words=bone.words,
        media_state=bone.media_state,
        media_reason=bone.media_reason,
        duration_s=bone.duration_s,
    )


def _differs(revision: Revision, live_revision_id: UUID | None) -> bool:
    if live_revision_id is None:
        return False
    return revision.edition > 0 or live_revision_id not in revision.parent_ids
