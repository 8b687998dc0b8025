"""`Enrolments`: grant, join, revoke, leave, and the lists of learners and of teachers."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from suuupra.kernel.audit import audited
from suuupra.kernel.call import principal
from suuupra.kernel.messages import Message
from suuupra.kernel.pagination import Page
from suuupra.kernel.problems import Forbidden
from suuupra.kernel.work import Unit
from suuupra.services.content.api import (
    BoughtPlace,
    Card,
    CourseNotFound,
    CourseNotOpen,
    Enrolment,
    EnrolmentActivated,
    EnrolmentEnded,
    EnrolmentGranted,
    EnrolmentNotFound,
    EnrolmentQuery,
    EnrolmentState,
    EnrolmentWasEnded,
    GrantEnrolment,
    GrantSource,
    GrantSpent,
    JoinCourse,
    LeaveCourse,
    MyCourse,
    MyEnrolments,
    RevokeEnrolment,
    Student,
    StudentsQuery,
)
from suuupra.services.content.rules import outline
from suuupra.services.content.rules.states import BOUGHT, ENDED
from suuupra.services.content.service import cached, shapes, standing
from suuupra.services.content.service.desk import Desk, ExpireEnrolments, RevokeViewing, Tell, recount
from suuupra.services.content.service.standing import ADMINISTER, Asker
from suuupra.services.content.store import courses, enrolments
from suuupra.services.content.store import progress as progress_rows
from suuupra.services.content.store.courses import Stand
from suuupra.services.content.store.progress import Stood
from suuupra.services.content.store.rows import Course
from suuupra.services.content.store.rows import Enrolment as Row
from suuupra.services.identity import api as identity

BATCH = 200


class Grant(Message):
    """A place to give, as the step takes it."""

    learner_id: UUID
    source: GrantSource
    source_ref: str
    ends_at: datetime | None = None


class Enrolling:
    """The half of `Enrolments` that is not about invitations."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def grant(self, command: GrantEnrolment) -> Enrolment:
        if principal().kind != "service":
            raise Forbidden("Places are granted by services of the house.")
        async with self._desk.work.begin() as unit:
            if known := await unit.once(command, Enrolment):
                return known
            course = await courses.shared(unit.session, command.course_id)
            if course is None:
                raise CourseNotFound
            facts = command.model_dump(include={"learner_id", "source", "source_ref", "ends_at"})
            return unit.answer(shapes.enrolment_of(await give_place(unit, course, Grant(**facts))))

    async def join(self, command: JoinCourse) -> Enrolment:
        learner = principal().person()
        async with self._desk.work.begin() as unit:
            if known := await unit.once(command, Enrolment):
                return known
            course = await courses.shared(unit.session, command.course_id)
            if course is None or (course.live_revision_id is None and course.owner_id != learner):
                raise CourseNotFound
            if course.state != "published" or course.admission != "open":
                raise CourseNotOpen("Ask the teacher for an invitation.")
            return unit.answer(shapes.enrolment_of(await join(unit, course, learner)))

    async def revoke(self, command: RevokeEnrolment) -> Enrolment:
        who = principal()
        async with self._desk.work.begin() as unit:
            row = await enrolments.locked(unit.session, command.enrolment_id)
            if row is None:
                raise EnrolmentNotFound
            course = (await courses.by_ids(unit.session, [row.course_id]))[row.course_id]
            if not Asker(who, Stand(course)).may_edit and not who.may(ADMINISTER):
                raise EnrolmentNotFound
            if row.state not in ENDED:
                await end_place(unit, row, "revoked", command.reason.strip())
                unit.publish(
                    audited("content.enrolment.revoked", f"enrolment:{row.id}", after={"state": "revoked"})
                )
                unit.enqueue(Tell(about="removed", subject_id=row.id))
            return shapes.enrolment_of(row)

    async def leave(self, command: LeaveCourse) -> Enrolment:
        learner = principal().person()
        async with self._desk.work.begin() as unit:
            row = await enrolments.of_learner(unit.session, command.course_id, learner, lock=True)
            if row is None:
                raise EnrolmentNotFound
            if row.state not in ENDED:
                await end_place(unit, row, "left", "")
            return shapes.enrolment_of(row)

    async def get(self, query: EnrolmentQuery) -> Enrolment | None:
        who = principal()
        learner = query.learner_id or who.person()
        async with self._desk.work.read() as session:
            if learner != who.subject and who.kind != "service":
                found = await standing.asker(session, who, course_id=query.course_id)
                if not (found.is_author or who.may(ADMINISTER)):
                    raise CourseNotFound
            row = await enrolments.of_learner(session, query.course_id, learner)
        return None if row is None else shapes.enrolment_of(row)

    async def list_mine(self, query: MyEnrolments) -> Page[MyCourse]:
        learner = principal().person()
        after = self._desk.cursors.read("content.mine", query.cursor)
        async with self._desk.work.read() as session:
            rows = await enrolments.page_of_learner(session, learner, query.state, after, query.limit + 1)
            shown = rows[: query.limit]
            stood = await progress_rows.of_enrolments(session, [row.id for row, _ in shown])
        titles = await cached.category_titles(self._desk)
        items = []
        for row, course in shown:
            card = shapes.card_of(course, titles)
            items.append(
                await self._my_course(
                    Stand(course, row, frozenset({row.source})), stood.get(row.id, []), card
                )
            )
        place = [shown[-1][0].used_at.isoformat(), str(shown[-1][0].id)] if len(rows) > query.limit else None
        return Page(
            items=tuple(items), next=self._desk.cursors.write("content.mine", place) if place else None
        )

    async def _my_course(self, stand: Stand, stood: list[Stood], card: Card) -> MyCourse:
        """With where to carry on. The outline comes from the cache; it is the same for all learners."""
        row = stand.enrolment
        skeleton = await cached.live_skeleton(self._desk, stand.course)
        if row is None or skeleton is None:
            raise EnrolmentNotFound
        by_node = {one.node_id: one for one in stood}
        viewer = standing.viewer_of(Asker(principal(), stand), skeleton, stood, self._desk.clock.now())
        done, total, permille = outline.progress(skeleton, viewer.done)
        pair = skeleton.find(at) if (at := outline.current(skeleton, viewer)) else None
        bone = pair[1] if pair else None
        return MyCourse(
            enrolment=shapes.enrolment_of(row),
            course=card,
            progress_permille=1000 if row.completed_at else permille,
            lessons_done=done,
            lessons_total=total,
            next_lesson_id=bone.id if bone else None,
            next_lesson_title=bone.title if bone else "",
            next_lesson_kind=bone.kind if bone else "",
            position_ms=by_node[bone.id].position_ms if bone and bone.id in by_node else 0,
            duration_s=bone.duration_s if bone else 0,
            used_at=row.used_at,
        )

    async def list_of_course(self, query: StudentsQuery) -> Page[Student]:
        who = principal()
        async with self._desk.work.read() as session:
            found = await standing.asker(session, who, course_id=query.course_id)
            if not (found.is_author or who.may(ADMINISTER) or who.kind == "service"):
                raise CourseNotFound
            after = self._desk.cursors.read("content.students", query.cursor)
            rows = await enrolments.page_of_course(
                session, query.course_id, query.state, after, query.limit + 1
            )
            shown = rows[: query.limit]
            done = await enrolments.done_counts(session, [row.id for row in shown])
        total = found.stand.course.lesson_count
        items = tuple(
            Student(
                enrolment=shapes.enrolment_of(row),
                lessons_done=min(done.get(row.id, 0), total),
                lessons_total=total,
                used_at=row.used_at,
            )
            for row in shown
        )
        place = [shown[-1].activated_at.isoformat(), str(shown[-1].id)] if len(rows) > query.limit else None
        return Page(items=items, next=self._desk.cursors.write("content.students", place) if place else None)

    async def course_of_mine(self, enrolment_id: UUID) -> UUID | None:
        """The course of an enrolment of the asker's."""
        learner = principal().person()
        async with self._desk.work.read() as session:
            row = await enrolments.row(session, enrolment_id)
        return row.course_id if row is not None and row.learner_id == learner else None

    async def roster(self, course_id: UUID) -> list[list[str]]:
        """A line a learner, with a heading; for those who see the list."""
        lines = [["name", "state", "joined_at", "progress_percent", "completed_at"]]
        cursor: str | None = None
        while True:
            page = await self.list_of_course(
                StudentsQuery(course_id=course_id, state="all", cursor=cursor, limit=200)
            )
            ids = tuple(student.enrolment.learner_id for student in page.items)
            cards = await self._desk.neighbours.directory.cards(identity.CardQuery(ids=ids))
            names = {card.id: card.name for card in cards.cards}
            lines += [_roster_line(student.enrolment, names) for student in page.items]
            if (cursor := page.next) is None:
                return lines

    async def expire_places(self, _job: ExpireEnrolments) -> None:
        """Ends places whose time is over, a batch a unit."""
        while True:
            async with self._desk.work.begin() as unit:
                rows = await enrolments.lapsed(unit.session, unit.now, BATCH)
                for row in rows:
                    await end_place(unit, row, "expired", "")
                if len(rows) < BATCH:
                    unit.finish()
                    return


def _roster_line(place: Enrolment, names: Mapping[UUID, str]) -> list[str]:
    joined = place.activated_at.isoformat() if place.activated_at else ""
    completed = place.completed_at.isoformat() if place.completed_at else ""
    permille = 1000 if place.completed_at else place.progress_permille
    name = names.get(place.learner_id, "A former member")
    return [name, place.state, joined, str(permille // 10), completed]


async def join(unit: Unit, course: Course, learner: UUID) -> Row:
    """A free place; who was removed comes back by invitation alone."""
    row = await enrolments.hold_place(unit.session, fresh_place(unit, course, learner, "free"))
    if row.state == "revoked":
        raise EnrolmentEnded(
            "The teacher ended your place in this course. Ask for an invitation.",
            state=row.state,
            ended_at=row.ended_at.isoformat() if row.ended_at else None,
            reason=row.reason,
        )
    grants = await enrolments.grants(unit.session, row.id)
    if row.state == "active" and any(grant.state == "active" for grant in grants):
        return row
    reference = f"{row.id}:{len(grants) + 1}"
    return await give_place(unit, course, Grant(learner_id=learner, source="free", source_ref=reference))


def fresh_place(unit: Unit, course: Course, learner: UUID, source: GrantSource) -> dict[str, object]:
    """A row for a learner who was never in the course; pending until a grant makes it active."""
    return {
        "id": unit.new_id(),
        "course_id": course.id,
        "learner_id": learner,
        "state": "pending",
        "source": source,
        "activated_at": unit.now,
        "used_at": unit.now,
        "reason": "",
        "progress_permille": 0,
    }


async def give_place(unit: Unit, course: Course, grant: Grant) -> Row:
    """One reason for a place. The enrolment's row orders all who give to the same learner.

    Known reference: the place as it is, or `GrantSpent`. `CourseNotOpen` where the course is not published.
    """
    known = await enrolments.grant_by_ref(unit.session, grant.source, grant.source_ref)
    if known is not None:
        row = await enrolments.locked(unit.session, known.enrolment_id)
        if row is None or row.course_id != course.id or row.learner_id != grant.learner_id:
            raise GrantSpent("This reference belongs to another place.")
        if known.state != "active":
            raise GrantSpent
        return row
    if course.state != "published":
        raise CourseNotOpen("This course takes nobody at the moment.")
    row = await enrolments.hold_place(unit.session, fresh_place(unit, course, grant.learner_id, grant.source))
    made = await enrolments.add_grant(
        unit.session,
        {
            "id": unit.new_id(),
            "enrolment_id": row.id,
            "source": grant.source,
            "source_ref": grant.source_ref,
            "granted_at": unit.now,
            "state": "active",
        },
    )
    if not made:
        return await give_place(unit, course, grant)
    activate(unit, course, row, grant)
    return row


def activate(unit: Unit, course: Course, row: Row, grant: Grant) -> None:
    """The place is usable from this commit on."""
    facts = {"course_id": course.id, "enrolment_id": row.id, "learner_id": row.learner_id}
    unit.publish(EnrolmentGranted(**facts, source=grant.source, source_ref=grant.source_ref))
    row.ends_at = grant.ends_at
    if row.state == "active":
        return
    row.state, row.source, row.reason = "active", grant.source, ""
    row.activated_at = row.used_at = unit.now
    row.ended_at = None
    unit.publish(EnrolmentActivated(**facts, owner_id=course.owner_id))
    unit.enqueue(Tell(about="enrolled", subject_id=row.id))
    recount(unit, course.id)


async def end_place(unit: Unit, row: Row, state: EnrolmentState, reason: str) -> None:
    """All grants end; progress stays. What was bought ends by refund alone."""
    grants = await enrolments.grants(unit.session, row.id)
    bought = any(grant.state == "active" and grant.source in BOUGHT for grant in grants)
    if bought and state in {"revoked", "left"}:
        raise BoughtPlace
    await enrolments.end_grants(unit.session, row.id, unit.now)
    row.state, row.reason, row.ended_at = state, reason, unit.now
    unit.publish(
        EnrolmentWasEnded(
            course_id=row.course_id,
            enrolment_id=row.id,
            learner_id=row.learner_id,
            state=state,
        )
    )
    unit.enqueue(RevokeViewing(course_id=row.course_id, learner_id=row.learner_id, reason=reason))
    recount(unit, row.course_id)
