"""`Approvals`: the checklist, submission, the decision of somebody else, and publication by the author."""

from typing import cast
from uuid import UUID

from suuupra.kernel.audit import audited
from suuupra.kernel.auth import Principal
from suuupra.kernel.call import principal
from suuupra.kernel.messages import Command, Message
from suuupra.kernel.pagination import Page
from suuupra.kernel.problems import Invalid
from suuupra.kernel.session import Session
from suuupra.kernel.work import Unit
from suuupra.services.content.api import (
    Admission,
    AlreadyDecided,
    ApprovalCase,
    Card,
    CaseDetail,
    CaseNotFound,
    CaseQuery,
    CasesQuery,
    CourseApproved,
    CourseNotFound,
    CourseRejected,
    CourseState,
    CourseStateForbids,
    CourseSubmitted,
    DecideCase,
    Gates,
    GatesQuery,
    OwnWork,
    ReplacedFile,
    SubmitCourse,
    UnderReview,
)
from suuupra.services.content.rules import outline
from suuupra.services.content.rules.blocks import one_line
from suuupra.services.content.rules.states import needs_decision
from suuupra.services.content.service import cached, drafting, publishing, shapes, standing
from suuupra.services.content.service.desk import Desk, Tell
from suuupra.services.content.service.drafting import Draft
from suuupra.services.content.service.standing import APPROVE
from suuupra.services.content.store import approvals, courses, media, revisions
from suuupra.services.content.store.rows import ApprovalCase as CaseRow
from suuupra.services.content.store.rows import Course, Revision

REASON_MAX = 1_000


class PublishCourse(Command):
    """By the author: what was approved to go live later, or changes to a course that is live already."""

    course_id: UUID


class Published(Message):
    """Which revision is live now."""

    course_id: UUID
    revision_number: int


class Approving:
    """The port, and publication for the author's own routes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def gates(self, query: GatesQuery) -> Gates:
        async with self._desk.work.read() as session:
            found = await standing.asker(session, principal(), course_id=query.course_id)
            if not found.sees_all:
                raise CourseNotFound
            judged = await publishing.judged(session, found.stand.course.draft_revision_id)
        return Gates(items=judged.gates, may_submit=not judged.unmet)

    async def submit(self, command: SubmitCourse) -> ApprovalCase:
        async with self._desk.work.begin() as unit:
            if known := await unit.once(command, ApprovalCase):
                return known
            draft = await drafting.opened(unit, principal(), command.course_id)
            case = await submit(draft, command)
            number = draft.revision.number - 1
            if not needs_decision(self._desk.settings.approval, is_first=case.is_first):
                await self._let_through(draft, case)
            return unit.answer(shapes.case_of(case, number))

    async def _let_through(self, draft: Draft, case: CaseRow) -> None:
        """A site without approval publishes at once; the case remembers that nobody decided."""
        case.state, case.decided_at = "approved", draft.unit.now
        frozen = await revisions.revision(draft.unit.session, case.revision_id)
        if frozen is not None:
            admission = cast("Admission", case.admission)
            await publishing.publish(draft.unit, draft.course, frozen, admission, self._desk.faults)

    async def decide(self, command: DecideCase) -> ApprovalCase:
        who = principal()
        who.require(APPROVE)
        async with self._desk.work.begin() as unit:
            if known := await unit.once(command, ApprovalCase):
                return known
            case, course, revision = await held_case(unit, command.case_id)
            must_be_another(who, case, course)
            if command.decision == "approve":
                await self._approve(unit, case, course, revision)
            else:
                send_back(unit, case, course, reasons_of(command))
            case.decided_by, case.decided_at = who.subject, unit.now
            decided = unit.answer(shapes.case_of(case, revision.number))
        await self._desk.faults.at("content.publish.after_commit")
        return decided

    async def _approve(self, unit: Unit, case: CaseRow, course: Course, revision: Revision) -> None:
        """Publishes in this unit, unless the author wants to choose the moment."""
        if course.state in {"archived", "taken_down", "withdrawn"}:
            raise CourseStateForbids("This course is not offered any more.", state=course.state)
        case.state = "approved"
        if case.publish_later:
            publishing.must_pass(await publishing.judged(unit.session, revision.id))
            if course.live_revision_id is None:
                course.state, course.state_reason = "approved", ""
        else:
            admission = cast("Admission", case.admission)
            await publishing.publish(unit, course, revision, admission, self._desk.faults)
        facts = {"case_id": case.id, "course_id": course.id, "owner_id": course.owner_id}
        unit.publish(CourseApproved(**facts, decided_by=principal().person()))
        unit.publish(
            audited("content.course.approved", f"course:{course.id}", after={"revision": revision.number})
        )
        unit.enqueue(Tell(about="approved", subject_id=case.id))

    async def publish(self, command: PublishCourse) -> Published:
        """`GateUnmet`, `CourseStateForbids` where a person must decide first."""
        async with self._desk.work.begin() as unit:
            if known := await unit.once(command, Published):
                return known
            draft = await drafting.opened(unit, principal(), command.course_id)
            frozen, admission = await self._to_publish(draft)
            await publishing.publish(unit, draft.course, frozen, admission, self._desk.faults)
            unit.publish(
                audited(
                    "content.course.published", f"course:{draft.course.id}", after={"revision": frozen.number}
                )
            )
            return unit.answer(Published(course_id=draft.course.id, revision_number=frozen.number))

    async def _to_publish(self, draft: Draft) -> tuple[Revision, Admission]:
        """The approved revision that waits, else the draft itself where nobody needs to look."""
        case = (await approvals.latest(draft.unit.session, [draft.course.id])).get(draft.course.id)
        if (
            case is not None
            and case.state == "approved"
            and case.revision_id != draft.course.live_revision_id
        ):
            frozen = await revisions.revision(draft.unit.session, case.revision_id)
            waits = draft.course.state == "approved" or (case.publish_later and not _was_live(draft, case))
            if frozen is not None and waits:
                return frozen, cast("Admission", case.admission)
        is_first = draft.course.live_revision_id is None
        if (
            needs_decision(self._desk.settings.approval, is_first=is_first)
            or draft.course.state != "published"
        ):
            raise CourseStateForbids(
                "Submit the course first: somebody else looks at it.", state=draft.course.state
            )
        return await drafting.freeze(draft), cast("Admission", draft.course.admission)

    async def page(self, query: CasesQuery) -> Page[ApprovalCase]:
        who = principal()
        async with self._desk.work.read() as session:
            await _may_list(session, who, query)
            after = self._desk.cursors.read("content.cases", query.cursor)
            rows = await approvals.page(session, query.state, query.course_id, after, query.limit + 1)
            shown = rows[: query.limit]
            numbers = await revisions.numbers(session, [case.revision_id for case, _ in shown])
            roots = await revisions.roots(session, [case.revision_id for case, _ in shown])
        titles = await cached.category_titles(self._desk)
        items = []
        for case, course in shown:
            facts = shapes.draft_facts(course, roots[case.revision_id], titles)
            items.append(shapes.case_of(case, numbers[case.revision_id], Card(**facts)))
        place = (
            [shown[-1][0].submitted_at.isoformat(), str(shown[-1][0].id)] if len(rows) > query.limit else None
        )
        return Page(
            items=tuple(items), next=self._desk.cursors.write("content.cases", place) if place else None
        )

    async def get(self, query: CaseQuery) -> CaseDetail:
        who = principal()
        async with self._desk.work.read() as session:
            case = await approvals.case(session, query.case_id)
            if case is None or not (who.may(APPROVE) or who.subject == case.author_id):
                raise CaseNotFound
            course = (await courses.by_ids(session, [case.course_id]))[case.course_id]
            judged = await publishing.judged(session, case.revision_id)
            number = (await revisions.numbers(session, [case.revision_id]))[case.revision_id]
            changed = await _changed_lessons(session, course, case, judged)
            replaced = await _replaced_files(session, case, judged)
        titles = await cached.category_titles(self._desk)
        return CaseDetail(
            **shapes.case_facts(case, number),
            course=Card(**shapes.draft_facts(course, judged.root, titles)),
            course_state=cast("CourseState", course.state),
            outcomes=judged.root.outcomes,
            audience=judged.root.audience,
            prerequisites=judged.root.prerequisites,
            sections=outline.plain(judged.skeleton),
            gates=judged.gates,
            changed_lessons=changed,
            replaced_files=replaced,
            may_decide=case.state == "open"
            and who.may(APPROVE)
            and who.subject not in {case.author_id, course.owner_id},
        )


async def submit(draft: Draft, command: SubmitCourse) -> CaseRow:
    """Freeze the draft, open the case, tell the reviewers."""
    course, unit = draft.course, draft.unit
    if await approvals.open_case(unit.session, course.id) is not None:
        raise UnderReview
    if course.state == "withdrawn":
        raise CourseStateForbids("Offer the course again first.", state=course.state)
    publishing.must_pass(await publishing.judged(unit.session, draft.revision.id))
    frozen = await drafting.freeze(draft, note="submitted")
    case = CaseRow(
        id=unit.new_id(),
        course_id=course.id,
        revision_id=frozen.id,
        author_id=course.owner_id,
        admission=command.admission,
        is_first=course.live_revision_id is None,
        submitted_at=unit.now,
        publish_later=command.publish_later,
    )
    unit.session.add(case)
    if course.live_revision_id is None:
        course.state, course.state_reason = "submitted", ""
    course.changed_at = unit.now
    await unit.session.flush()
    unit.publish(CourseSubmitted(course_id=course.id, case_id=case.id, owner_id=course.owner_id))
    unit.enqueue(Tell(about="submitted", subject_id=case.id))
    return case


async def held_case(unit: Unit, case_id: UUID) -> tuple[CaseRow, Course, Revision]:
    """The open case with its course, both held, course first: the order of every author's step."""
    seen = await approvals.case(unit.session, case_id)
    if seen is None:
        raise CaseNotFound
    course = await courses.locked(unit.session, seen.course_id)
    case = await approvals.case(unit.session, case_id, lock=True)
    if course is None or case is None:
        raise CaseNotFound
    await unit.session.refresh(case)
    if case.state != "open":
        decided_at = case.decided_at.isoformat() if case.decided_at else None
        raise AlreadyDecided(state=case.state, decided_at=decided_at)
    revision = await revisions.revision(unit.session, case.revision_id)
    if revision is None:
        raise CaseNotFound
    return case, course, revision


def must_be_another(who: Principal, case: CaseRow, course: Course) -> None:
    """Nobody approves what they wrote or own."""
    if who.subject in {case.author_id, course.owner_id}:
        raise OwnWork


def reasons_of(command: DecideCase) -> list[str]:
    """At least one, each a line."""
    found = [line[:REASON_MAX] for reason in command.reasons if (line := one_line(reason))]
    if not found:
        raise Invalid.at("/reasons", "Say what should change.")
    return found


def send_back(unit: Unit, case: CaseRow, course: Course, reasons: list[str]) -> None:
    """The author reads why and goes on in the draft."""
    case.state, case.reasons = "sent_back", reasons
    if course.live_revision_id is None:
        course.state = "changes_requested"
    course.changed_at = unit.now
    who = principal().person()
    unit.publish(
        CourseRejected(course_id=course.id, case_id=case.id, owner_id=course.owner_id, decided_by=who)
    )
    unit.publish(audited("content.course.sent_back", f"course:{course.id}", after={"case": str(case.id)}))
    unit.enqueue(Tell(about="sent_back", subject_id=case.id))


def _was_live(draft: Draft, case: CaseRow) -> bool:
    """Whether a later edition than the approved one is live already."""
    live_at, decided_at = draft.course.live_at, case.decided_at
    return live_at is not None and decided_at is not None and live_at >= decided_at


async def _may_list(session: Session, who: Principal, query: CasesQuery) -> None:
    if who.may(APPROVE):
        return
    if query.course_id is None:
        who.require(APPROVE)
        return
    found = await standing.asker(session, who, course_id=query.course_id)
    if not found.is_author:
        raise CourseNotFound


async def _changed_lessons(
    session: Session, course: Course, case: CaseRow, judged: publishing.Judged
) -> tuple[str, ...]:
    """Titles of lessons that the live revision has not, or has otherwise."""
    if course.live_revision_id is None or course.live_revision_id == case.revision_id:
        return ()
    before = await revisions.hashes(session, course.live_revision_id)
    bones = judged.skeleton.lessons()
    return tuple(bone.title for bone in bones if before.get(bone.id, b"").hex() != bone.block)


async def _replaced_files(
    session: Session, case: CaseRow, judged: publishing.Judged
) -> tuple[ReplacedFile, ...]:
    titles = {bone.id: bone.title for bone in judged.skeleton.lessons()}
    return tuple(
        ReplacedFile(lesson_id=link.node_id, lesson_title=titles[link.node_id], replaced_at=link.replaced_at)
        for link in await media.of_course(session, case.course_id)
        if link.node_id in titles and link.replaced_at is not None and link.replaced_at > case.submitted_at
    )
