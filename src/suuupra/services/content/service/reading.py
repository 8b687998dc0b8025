"""Courses as somebody reads them: the page, the outline, one lesson, lists of their owner and of staff."""

from dataclasses import dataclass, replace
from uuid import UUID

from suuupra.kernel.auth import Principal
from suuupra.kernel.call import principal
from suuupra.kernel.pagination import Page
from suuupra.services.content.api import (
    Card,
    Cards,
    Course,
    CoursesQuery,
    EditRight,
    GetCourse,
    GetCourses,
    LessonBody,
    LessonMedia,
    LessonNotFound,
    LessonQuery,
    MayEdit,
    Outline,
    OutlineQuery,
    OwnCourse,
    OwnCourses,
)
from suuupra.services.content.rules import outline, watched
from suuupra.services.content.rules.blocks import Root
from suuupra.services.content.rules.outline import Bone, Limb, Skeleton, Viewer
from suuupra.services.content.rules.states import READABLE
from suuupra.services.content.service import cached, shapes, standing
from suuupra.services.content.service.desk import Desk
from suuupra.services.content.service.standing import ADMINISTER, AUTHOR, Asker
from suuupra.services.content.store import approvals, courses, enrolments, revisions
from suuupra.services.content.store import progress as progress_rows
from suuupra.services.content.store.progress import Stood
from suuupra.services.content.store.rows import Course as CourseRow


@dataclass(frozen=True)
class Sight:
    """A course, its content and one viewer. `root` is None where the live copies on the course are meant."""

    asker: Asker
    skeleton: Skeleton
    viewer: Viewer
    stood: dict[UUID, Stood]
    root: Root

    @property
    def course(self) -> CourseRow:
        return self.asker.stand.course

    def next_lesson(self) -> UUID | None:
        return outline.current(self.skeleton, self.viewer)


async def sight(
    desk: Desk, who: Principal, *, course_id: UUID | None = None, slug: str = "", as_student: bool = False
) -> Sight:
    """One look: who asks, what is there, how far they are. Three queries, one where the outline is cached."""
    async with desk.work.read() as session:
        found = await standing.asker(session, who, course_id=course_id, slug=slug)
        course, row, root = found.stand.course, found.stand.enrolment, found.stand.root
        stood = await progress_rows.of_enrolment(session, row.id) if row is not None else []
        may_see_draft = found.is_author or found.is_staff
        is_draft = may_see_draft and (as_student or course.live_revision_id is None)
        if is_draft and course.live_revision_id is not None:
            root = await revisions.root_of(session, course.draft_revision_id)
    skeleton = None if is_draft else await cached.live_skeleton(desk, course)
    if skeleton is None:
        skeleton = await cached.draft_skeleton(desk, course.draft_revision_id)
    if is_draft and as_student:
        stood = []
    viewer = standing.viewer_of(found, skeleton, stood, desk.clock.now())
    if is_draft and as_student:
        facts = replace(viewer.facts, is_enrolled=True, started_at=viewer.facts.now)
        viewer = replace(viewer, sees_all=False, facts=facts, last=None)
    return Sight(found, skeleton, viewer, {one.node_id: one for one in stood}, root)


class Reading:
    """The asking half of `Courses`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def get(self, query: GetCourse) -> Course:
        seen = await sight(
            self._desk, principal(), course_id=query.course_id, slug=query.slug, as_student=query.as_student
        )
        titles = await cached.category_titles(self._desk)
        bones = seen.skeleton.lessons()
        return Course(
            **shapes.draft_facts(seen.course, seen.root, titles)
            | {
                "lesson_count": len(bones),
                "duration_s": sum(bone.duration_s for bone in bones),
                "revision_id": seen.skeleton.revision_id,
                "outcomes": seen.root.outcomes,
                "audience": seen.root.audience,
                "prerequisites": seen.root.prerequisites,
                "sections": outline.plain(seen.skeleton),
                "preview_lesson_id": next((bone.id for bone in bones if bone.is_free_preview), None),
                "standing": standing.standing_of(
                    seen.asker, may_join=standing.may_join(seen.asker), next_lesson_id=seen.next_lesson()
                ),
            }
        )

    async def get_many(self, query: GetCourses) -> Cards:
        who = principal()
        async with self._desk.work.read() as session:
            rows = await courses.by_ids(session, query.course_ids)
            mine = await courses.enrolled_in(session, who.subject, rows) if who.subject else frozenset()
        titles = await cached.category_titles(self._desk)
        shown = [
            shapes.card_of(rows[one], titles)
            for one in query.course_ids
            if one in rows and _is_shown(rows[one], who, is_inside=one in mine)
        ]
        return Cards(items=tuple(shown))

    async def page(self, query: CoursesQuery) -> Page[Card]:
        principal().require(ADMINISTER)
        after = self._desk.cursors.read("content.courses", query.cursor)
        async with self._desk.work.read() as session:
            rows = await courses.page_of_all(
                session,
                state=query.state,
                owner=query.owner_id,
                text=query.text,
                after=after,
                limit=query.limit + 1,
            )
        titles = await cached.category_titles(self._desk)
        shown = rows[: query.limit]
        more = len(rows) > query.limit
        following = self._desk.cursors.write("content.courses", [str(shown[-1].id)]) if more else None
        return Page(items=tuple(shapes.card_of(row, titles) for row in shown), next=following)

    async def list_of_owner(self, query: OwnCourses) -> Page[OwnCourse]:
        owner = principal().person()
        after = self._desk.cursors.read("content.own", query.cursor)
        async with self._desk.work.read() as session:
            rows = await courses.page_of_owner(session, owner, query.state, after, query.limit + 1)
            shown = rows[: query.limit]
            ids = [row.id for row in shown]
            cases = await approvals.latest(session, ids)
            counts = await enrolments.counts(session, ids)
            drafts = await revisions.drafts(session, [row.draft_revision_id for row in shown])
        titles = await cached.category_titles(self._desk)
        items = []
        for row in shown:
            case, draft = cases.get(row.id), drafts[row.draft_revision_id]
            active, completed = counts.get(row.id, (0, 0))
            items.append(
                OwnCourse(
                    **shapes.card_facts(row, titles),
                    has_unpublished_changes=row.live_revision_id is not None
                    and draft.differs_from(row.live_revision_id),
                    is_under_review=case is not None and case.state == "open",
                    send_back_reasons=tuple(case.reasons) if case and case.state == "sent_back" else (),
                    active_count=active,
                    completed_count=completed,
                    changed_at=row.changed_at,
                )
            )
        place = (
            [rows[query.limit - 1].changed_at.isoformat(), str(rows[query.limit - 1].id)]
            if len(rows) > query.limit
            else None
        )
        return Page(
            items=tuple(items), next=self._desk.cursors.write("content.own", place) if place else None
        )

    async def outline(self, query: OutlineQuery) -> Outline:
        return outline_of(
            await sight(
                self._desk,
                principal(),
                course_id=query.course_id,
                slug=query.slug,
                as_student=query.as_student,
            )
        )

    async def lesson(self, query: LessonQuery) -> LessonBody:
        seen = await sight(
            self._desk, principal(), course_id=query.course_id, slug=query.slug, as_student=query.as_student
        )
        pair = seen.skeleton.find(query.lesson_id)
        if pair is None:
            raise LessonNotFound
        verdict = outline.may_open(pair[1], seen.viewer)
        if not verdict.allowed:
            raise standing.refuse(seen.asker, verdict, seen.viewer)
        body = await self._body(seen, *pair)
        return body.model_copy(update={"outline": outline_of(seen)}) if query.with_outline else body

    async def _body(self, seen: Sight, limb: Limb, bone: Bone) -> LessonBody:
        shown = await cached.html_of(self._desk, bone)
        stood = seen.stood.get(bone.id)
        before, after = seen.skeleton.neighbours(bone.id)
        may_mark = seen.root.may_mark_done and seen.asker.is_enrolled
        return LessonBody(
            id=bone.id,
            course_id=seen.course.id,
            course_slug=seen.course.slug,
            course_title=seen.root.title,
            title=bone.title,
            kind=bone.kind,
            section_title=limb.title,
            html=shown.html,
            reading_s=watched.reading_s(shown.words),
            media=media_of(bone),
            is_free_preview=bone.is_free_preview,
            rule=outline.rule_sentence(bone, may_mark=seen.root.may_mark_done),
            may_mark_done=may_mark,
            is_done=bone.id in seen.viewer.done,
            done_at=stood.done_at if stood else None,
            position_ms=stood.position_ms if stood else 0,
            watched_permille=seen.viewer.watched.get(bone.id, 0),
            previous_id=before,
            next_id=after,
            standing=standing.standing_of(
                seen.asker, may_join=standing.may_join(seen.asker), next_lesson_id=seen.next_lesson()
            ),
        )

    async def may_edit(self, query: MayEdit) -> EditRight:
        who = principal()
        async with self._desk.work.read() as session:
            stand = await courses.stand(session, who.subject, course_id=query.course_id)
        if stand is None:
            return EditRight()
        owner = stand.course.owner_id
        if query.subject_id is not None and query.subject_id != who.subject:
            return EditRight(allowed=query.subject_id == owner, owner_id=owner)
        return EditRight(allowed=who.subject == owner and who.may(AUTHOR), owner_id=owner)


def outline_of(seen: Sight) -> Outline:
    """The outline of one look."""
    done, total, permille = outline.progress(seen.skeleton, seen.viewer.done)
    row = seen.asker.stand.enrolment
    return Outline(
        course_id=seen.course.id,
        slug=seen.course.slug,
        title=seen.root.title,
        revision_id=seen.skeleton.revision_id,
        sections=outline.drawn(seen.skeleton, seen.viewer),
        lessons_done=done,
        lessons_total=total,
        progress_permille=1000 if row is not None and row.completed_at is not None else permille,
        current_lesson_id=seen.next_lesson(),
        standing=standing.standing_of(seen.asker, may_join=standing.may_join(seen.asker)),
    )


def media_of(bone: Bone) -> LessonMedia | None:
    """The video of a lesson, as the door says it."""
    if bone.media_id is None:
        return None
    return LessonMedia(
        media_id=bone.media_id,
        state=bone.media_state,
        duration_s=bone.duration_s,
        reason=bone.media_reason,
    )


def _is_shown(course: CourseRow, who: Principal, *, is_inside: bool) -> bool:
    """For cards: what is published, what is one's own, where one is in, and all for staff and services."""
    if course.state == "published" or who.kind == "service" or who.may(ADMINISTER):
        return True
    return who.subject == course.owner_id or (is_inside and course.state in READABLE)
