"""Who is in a course: list, invitations, removal."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.problems import Problem
from suuupra.services.content.api import (
    GetCourse,
    Invitation,
    InvitationsQuery,
    InvitedLearners,
    InviteLearners,
    RevokeEnrolment,
    Student,
    StudentsQuery,
    WithdrawInvitation,
)
from suuupra.services.content.pages.asking import EMPTY, AskView
from suuupra.services.content.pages.browser import done, fields_of, id_of, refused, shown, status_of
from suuupra.services.content.service.content import Content
from suuupra.services.content.service.inviting import addresses_in
from suuupra.services.identity.api import Card, CardQuery
from suuupra.web.forms import Form
from suuupra.web.frame import Item


@dataclass(frozen=True)
class StudentLine:
    """A learner with a name."""

    student: Student
    name: str
    picture_url: str

    @property
    def percent(self) -> int:
        place = self.student.enrolment
        return 100 if place.completed_at else place.progress_permille // 10


@dataclass(frozen=True)
class StudentsView:
    """List, invitations and the form."""

    course_id: UUID
    course_title: str
    is_published: bool
    students: tuple[StudentLine, ...]
    next: str | None
    invitations: tuple[Invitation, ...]
    segments: tuple[Item, ...]
    form: Form = EMPTY
    outcome: InvitedLearners | None = None

    @property
    def base(self) -> str:
        return f"/teach/courses/{self.course_id}/students/"


STATES = (("active", "In the course"), ("ended", "Ended"), ("all", "All"))


class StudentPages:
    """Handlers."""

    def __init__(self, content: Content) -> None:
        self._content = content

    async def list_all(self, request: Request) -> Response:
        return await self._list(request)

    async def _list(
        self,
        request: Request,
        form: Form = EMPTY,
        outcome: InvitedLearners | None = None,
        status: int = 200,
    ) -> Response:
        course_id = id_of(request)
        asked = request.query_params.get("state", "active")
        state = asked if asked in dict(STATES) else "active"
        page = await self._content.enrolments.list_of_course(
            StudentsQuery.model_validate(
                {"course_id": course_id, "state": state, "cursor": request.query_params.get("cursor")}
            )
        )
        invitations = await self._content.enrolments.invitations(InvitationsQuery(course_id=course_id))
        course = await self._content.courses.get(GetCourse(course_id=course_id))
        cards = await self._cards([student.enrolment.learner_id for student in page.items])
        base = f"/teach/courses/{course_id}/students/"
        view = StudentsView(
            course_id,
            course.title or "Untitled course",
            course.state == "published",
            tuple(_line(student, cards) for student in page.items),
            page.next,
            invitations.items,
            tuple(Item(text, f"{base}?state={name}", current=name == state) for name, text in STATES),
            form,
            outcome,
        )
        return shown(request, "students", view, title="Students", status=status)

    async def _cards(self, ids: list[UUID]) -> dict[UUID, Card]:
        found = await self._content.desk.neighbours.directory.cards(CardQuery(ids=tuple(ids)))
        return found.by_id()

    async def invite(self, request: Request) -> Response:
        fields = await fields_of(request)
        try:
            command = InviteLearners(
                course_id=id_of(request), addresses=addresses_in(fields.get("addresses", ""))
            )
            outcome = await self._content.enrolments.invite(command)
        except (Problem, ValidationError) as error:
            if status_of(error) in {401, 404}:
                raise
            form = (
                Form.refused(fields, [{"pointer": "/addresses", "detail": "Write 1 to 50 mail addresses."}])
                if isinstance(error, ValidationError)
                else refused(fields, error)
            )
            return await self._list(request, form, status=status_of(error))
        left = [item.address for item in outcome.items if item.outcome == "refused"]
        return await self._list(request, Form.of(addresses="\n".join(left)), outcome)

    async def withdraw(self, request: Request) -> Response:
        course_id = id_of(request)
        await self._content.enrolments.withdraw_invitation(
            WithdrawInvitation(course_id=course_id, invitation_id=id_of(request, "invitation"))
        )
        return done(request, f"/teach/courses/{course_id}/students", "The link no longer works.")

    async def ask_removal(self, request: Request) -> Response:
        return await self._ask(request, EMPTY)

    async def _ask(self, request: Request, form: Form, status: int = 200) -> Response:
        course = await self._content.courses.get(GetCourse(course_id=id_of(request)))
        view = AskView(
            base=f"/teach/courses/{course.id}/students/",
            course_title=course.title,
            heading="Remove a learner",
            lead="They read your reason, and lose the course at once. What they did is kept for a return.",
            action=str(request.url.path),
            button="Remove",
            kind="bad",
            field="reason",
            label="Reason",
            form=form,
        )
        return shown(request, "ask", view, title=view.heading, status=status)

    async def remove(self, request: Request) -> Response:
        fields = await fields_of(request)
        try:
            command = RevokeEnrolment(
                enrolment_id=id_of(request, "enrolment"), reason=fields.get("reason", "").strip()
            )
            await self._content.enrolments.revoke(command)
        except (Problem, ValidationError) as error:
            if status_of(error) in {401, 404}:
                raise
            return await self._ask(request, refused(fields, error), status_of(error))
        return done(request, f"/teach/courses/{id_of(request)}/students", "Removed, and told why.")


def _line(student: Student, cards: dict[UUID, Card]) -> StudentLine:
    card = cards.get(student.enrolment.learner_id)
    return StudentLine(student, card.name if card else "A former member", (card and card.picture_url) or "")


def student_pages(content: Content) -> list[Route]:
    """`/teach/courses/{id}/students/…`."""
    pages = StudentPages(content)
    base = "/teach/courses/{id}/students"
    return [
        Route(f"{base}/", pages.list_all),
        Route(f"{base}/list", pages.list_all),
        Route(f"{base}/invitations", pages.invite, methods=["POST"]),
        Route(f"{base}/invitations/{{invitation}}/withdrawal", pages.withdraw, methods=["POST"]),
        Route(f"{base}/{{enrolment}}/removal", pages.ask_removal),
        Route(f"{base}/{{enrolment}}/removal", pages.remove, methods=["POST"]),
    ]
