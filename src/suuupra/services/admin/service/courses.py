"""Courses and their approval at the desk. Content decides; what it does without a reason gets one here."""

from uuid import UUID

from suuupra.kernel.messages import Message
from suuupra.kernel.pagination import Page
from suuupra.services.admin.service.ground import Ground, installed, said, staff
from suuupra.services.content.api import (
    ApprovalCase,
    Approvals,
    ArchiveCourse,
    Card,
    CaseDetail,
    CaseQuery,
    CasesQuery,
    Course,
    Courses,
    CoursesQuery,
    DecideCase,
    GetCourse,
    ReopenCourse,
    WithdrawCourse,
)

ADMINISTERS = "content.course.administer"
APPROVES = "content.course.approve"
CASES_SHOWN = 10


class CourseFile(Message):
    """A course and what was decided about it lately."""

    course: Course
    cases: tuple[ApprovalCase, ...] = ()


class CourseDesk:
    """Asks content in the name of whoever sits at the desk."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    @property
    def _courses(self) -> Courses:
        return installed(self._ground.neighbours.courses)

    @property
    def _approvals(self) -> Approvals:
        return installed(self._ground.neighbours.approvals)

    async def page(self, query: CoursesQuery) -> Page[Card]:
        staff(ADMINISTERS)
        return await self._courses.page(query)

    async def file(self, course_id: UUID) -> CourseFile:
        """`CourseNotFound`."""
        who = staff(ADMINISTERS)
        course = await self._courses.get(GetCourse(course_id=course_id))
        if not who.may(APPROVES):
            return CourseFile(course=course)
        asked = self._approvals.page(CasesQuery(state=None, course_id=course_id, limit=CASES_SHOWN))
        heard = await self._ground.quiet.ask("approvals", asked)
        return CourseFile(course=course, cases=heard.value.items if heard.value else ())

    async def withdraw(self, command: WithdrawCourse) -> Card:
        """`CourseNotFound`, `CourseStateForbids`."""
        staff(ADMINISTERS)
        return await self._courses.withdraw(command)

    async def archive(self, command: ArchiveCourse) -> Card:
        """`CourseNotFound`, `CourseStateForbids`."""
        staff(ADMINISTERS)
        return await self._courses.archive(command)

    async def reopen(self, course_id: UUID, reason: str) -> Card:
        """`CourseNotFound`, `CourseStateForbids`."""
        staff(ADMINISTERS)
        told = said(reason)
        card = await self._courses.reopen(ReopenCourse(course_id=course_id))
        await self._ground.note("admin.course.reopened", f"course:{course_id}", told, {"state": card.state})
        return card

    async def cases(self, query: CasesQuery) -> Page[ApprovalCase]:
        staff(APPROVES)
        return await self._approvals.page(query)

    async def case(self, case_id: UUID) -> CaseDetail:
        """`CaseNotFound`."""
        staff(APPROVES)
        return await self._approvals.get(CaseQuery(case_id=case_id))

    async def decide(self, command: DecideCase) -> ApprovalCase:
        """`CaseNotFound`, `OwnWork`, `AlreadyDecided`, `GateUnmet`, `CourseStateForbids`."""
        staff(APPROVES)
        return await self._approvals.decide(command)
