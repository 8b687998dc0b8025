"""Submission, gates and decisions."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from suuupra.kernel.clock import Moment
from suuupra.kernel.messages import Command, Message, Query
from suuupra.kernel.pagination import PageQuery
from suuupra.services.content.api.courses import Admission, Card, CourseState, OutlineSection

CaseState = Literal["open", "approved", "sent_back", "superseded"]


class Gate(Message):
    """One condition of submission. Where it is not `required` it only warns; `text` says what to do."""

    name: str
    text: str
    met: bool = False
    required: bool = True


class GatesQuery(Query):
    """The checklist of the draft, for its author and reviewers."""

    course_id: UUID


class Gates(Message):
    """In the order of the checklist. `may_submit`: every required one is met."""

    items: tuple[Gate, ...] = ()
    may_submit: bool = False


class SubmitCourse(Command):
    """Freeze the draft and ask for approval. `publish_later`: approval alone does not publish."""

    course_id: UUID
    admission: Admission
    publish_later: bool = False


class ApprovalCase(Message):
    """A submission. `reasons` are the reviewer's, read by the author."""

    id: UUID
    course_id: UUID
    revision_id: UUID
    revision_number: int
    state: CaseState
    author_id: UUID
    admission: Admission
    is_first: bool
    submitted_at: Moment
    publish_later: bool = False
    decided_by: UUID | None = None
    decided_at: Moment | None = None
    reasons: tuple[str, ...] = ()
    course: Card | None = None


class CasesQuery(PageQuery):
    """Oldest open first; decided ones newest first. For holders of `content.course.approve`."""

    state: CaseState | None = "open"
    course_id: UUID | None = None


class CaseQuery(Query):
    """One case, for reviewers and its author."""

    case_id: UUID


class ReplacedFile(Message):
    """A video whose file was replaced after this revision was submitted."""

    lesson_id: UUID
    lesson_title: str
    replaced_at: Moment


class CaseDetail(ApprovalCase):
    """All that a decision needs. Lessons are read at `/teach/courses/{id}/revisions/{number}`."""

    course_state: CourseState
    outcomes: tuple[str, ...] = ()
    audience: str = ""
    prerequisites: str = ""
    sections: tuple[OutlineSection, ...] = ()
    gates: tuple[Gate, ...] = ()
    changed_lessons: tuple[str, ...] = ()
    replaced_files: tuple[ReplacedFile, ...] = ()
    may_decide: bool = False


class DecideCase(Command):
    """Approve, or send back with at least one reason. Never one's own work."""

    case_id: UUID
    decision: Literal["approve", "send_back"]
    reasons: tuple[str, ...] = Field(default=(), max_length=20)
