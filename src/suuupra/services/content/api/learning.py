"""What a learner does: enrolments, invitations, access, playback, progress."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from suuupra.kernel.clock import Moment
from suuupra.kernel.messages import Command, Message, Query
from suuupra.kernel.pagination import PageQuery
from suuupra.services.content.api.courses import REASON_MAX, Card, OfCourse

EnrolmentState = Literal["pending", "active", "refunded", "expired", "revoked", "left"]
GrantSource = Literal["order", "free", "invitation", "organisation", "roster"]
InvitationState = Literal["open", "accepted", "withdrawn", "expired"]
OperationKind = Literal["watched", "position", "end_reached", "done", "undone"]

ADDRESSES_MAX = 50
OPERATIONS_MAX = 1_000


class Enrolment(Message):
    """A learner in a course. `reason` is what a removed learner reads."""

    id: UUID
    course_id: UUID
    learner_id: UUID
    state: EnrolmentState
    source: GrantSource = "free"
    activated_at: Moment | None = None
    ended_at: Moment | None = None
    ends_at: Moment | None = None
    completed_at: Moment | None = None
    reason: str = ""
    progress_permille: int = 0


class GrantEnrolment(Command):
    """By a service of the house. Once for (source, source_ref)."""

    course_id: UUID
    learner_id: UUID
    source: GrantSource
    source_ref: str = Field(min_length=1, max_length=200)
    ends_at: Moment | None = None


class JoinCourse(Command):
    """The asker joins a course that is open to everyone."""

    course_id: UUID


class InviteLearners(Command):
    """Mail a link to each address. A known open invitation stands as it is."""

    course_id: UUID
    addresses: tuple[str, ...] = Field(min_length=1, max_length=ADDRESSES_MAX)


class Invited(Message):
    """What became of one address: `sent`, `standing` (invited before), or `refused` with a sentence."""

    address: str
    outcome: Literal["sent", "standing", "refused"]
    invitation_id: UUID | None = None
    detail: str = ""


class InvitedLearners(Message):
    """One answer an address, in their order."""

    items: tuple[Invited, ...] = ()


class Invitation(Message):
    """An invitation as its author sees it."""

    id: UUID
    course_id: UUID
    address: str
    state: InvitationState
    invited_at: Moment
    expires_at: Moment


class InvitationsQuery(PageQuery):
    """Of one course, newest first; the author's."""

    course_id: UUID
    state: InvitationState | None = "open"


class WithdrawInvitation(Command):
    """The link stops working."""

    course_id: UUID
    invitation_id: UUID


class OpenInvitation(Query):
    """What a link leads to. It is not spent by looking."""

    token: str = Field(max_length=200)


class InvitationOffer(Message):
    """What the bearer of a link reads before the button."""

    course: Card
    expires_at: Moment
    is_enrolled: bool = False


class ActivateInvitation(Command):
    """The signed-in bearer of the link joins; the link is spent."""

    token: str = Field(max_length=200)


class RevokeEnrolment(Command):
    """The author removes a learner, who reads the reason."""

    enrolment_id: UUID
    reason: str = Field(min_length=3, max_length=REASON_MAX)


class LeaveCourse(Command):
    """The learner goes; progress stays for a return."""

    course_id: UUID


class EnrolmentQuery(Query):
    """One enrolment: the asker's own, or with `learner_id` somebody's, for the author and staff."""

    course_id: UUID
    learner_id: UUID | None = None


class MyEnrolments(PageQuery):
    """The asker's courses, last used first. `state` `active` leaves out what has ended."""

    state: Literal["active", "ended", "all"] = "active"


class MyCourse(Message):
    """A course on a learner's shelf, with where to carry on. `position_ms` is within that lesson."""

    enrolment: Enrolment
    course: Card
    progress_permille: int = 0
    lessons_done: int = 0
    lessons_total: int = 0
    next_lesson_id: UUID | None = None
    next_lesson_title: str = ""
    next_lesson_kind: str = ""
    position_ms: int = 0
    duration_s: int = 0
    used_at: Moment | None = None


class StudentsQuery(PageQuery):
    """The learners of a course, newest first, for its author and staff."""

    course_id: UUID
    state: Literal["active", "ended", "all"] = "active"


class Student(Message):
    """A learner in the author's list; the name comes from `identity.Directory.cards`."""

    enrolment: Enrolment
    lessons_done: int = 0
    lessons_total: int = 0
    used_at: Moment | None = None


class AccessQuery(Query):
    """May this person open the course, or this lesson? The asker where no subject is given."""

    course_id: UUID
    lesson_id: UUID | None = None
    subject_id: UUID | None = None


class Reason(Message):
    """One unmet condition: its name for machines, its sentence for people."""

    code: str
    text: str


class AccessVerdict(Message):
    """`reasons` is the smallest set of unmet conditions; `opens_at` the earliest moment that could help."""

    allowed: bool = False
    reasons: tuple[Reason, ...] = ()
    opens_at: Moment | None = None
    is_author: bool = False
    is_preview: bool = False
    enrolment_id: UUID | None = None


class OpenPlayback(OfCourse, Command):
    """Ask for the right to watch the video of a lesson."""

    lesson_id: UUID
    as_student: bool = False


class CaptionTrack(Message):
    """A caption track of a video."""

    href: str
    language: str
    label: str


class PlaybackTicket(Message):
    """All that a player needs, short-lived. Addresses carry their grant; never cache them."""

    playback_id: UUID | None = None
    hls: str
    mp4: str = ""
    poster: str = ""
    duration_ms: int = 0
    resume_ms: int = 0
    beat_url: str = ""
    beat_s: int = 10
    expires_at: Moment
    tracks: tuple[CaptionTrack, ...] = ()


class OpenLesson(OfCourse, Command):
    """The learner is on the lesson's page: sets where to carry on, and starts the clock of an article."""

    lesson_id: UUID


class MarkLesson(Command):
    """The button: done, or not done after all."""

    course_id: UUID
    lesson_id: UUID
    is_done: bool = True


class LessonProgress(Message):
    """Where a learner stands in one lesson, and in its course."""

    lesson_id: UUID
    is_done: bool = False
    position_ms: int = 0
    watched_permille: int = 0
    course_permille: int = 0
    course_completed_at: Moment | None = None


class Operation(Message):
    """One act on a device. `seq` rises by one a device; `intervals` are (from, to) in ms.

    `client_at` comes from the device's clock and is cut at receipt + 5 minutes.
    """

    device_id: UUID
    seq: int = Field(ge=1)
    course_id: UUID
    lesson_id: UUID
    kind: OperationKind
    client_at: Moment
    intervals: tuple[tuple[int, int], ...] = Field(default=(), max_length=500)
    position_ms: int = Field(default=0, ge=0)


class ApplyProgress(Command):
    """Acts of the asker's devices, in any order, any number of times."""

    operations: tuple[Operation, ...] = Field(min_length=1, max_length=OPERATIONS_MAX)


class OperationVerdict(Message):
    """`applied`, `repeated` (known before), `uncredited` (kept, counts for nothing) or `refused`."""

    device_id: UUID
    seq: int
    verdict: Literal["applied", "repeated", "uncredited", "refused"]
    reason: str = ""


class Acknowledged(Message):
    """All acts of the device up to `seq` are safe."""

    device_id: UUID
    seq: int


class Verdicts(Message):
    """One an operation, in their order; and how far each device may forget."""

    items: tuple[OperationVerdict, ...] = ()
    acknowledged: tuple[Acknowledged, ...] = ()


class ProgressQuery(Query):
    """Progress in some courses: the asker's own, or for the author and services somebody's."""

    course_ids: tuple[UUID, ...] = Field(max_length=200)
    learner_id: UUID | None = None


class CourseProgress(Message):
    """Where a learner stands in a course. Both shares are in permille."""

    course_id: UUID
    enrolment_id: UUID
    progress_permille: int = 0
    watched_permille: int = 0
    lessons_done: int = 0
    lessons_total: int = 0
    last_lesson_id: UUID | None = None
    position_ms: int = 0
    used_at: Moment | None = None
    completed_at: Moment | None = None


class ProgressOf(Message):
    """Courses without an enrolment are absent."""

    items: tuple[CourseProgress, ...] = ()
