"""The door: Problems, Protocols, and every message they speak.

Messages live beside, by subject; importers need this module alone.
"""

from typing import Protocol

from suuupra.kernel.messages import Nothing, Query
from suuupra.kernel.pagination import Page
from suuupra.services.content.api.approval import (
    ApprovalCase,
    CaseDetail,
    CaseQuery,
    CasesQuery,
    CaseState,
    DecideCase,
    Gate,
    Gates,
    GatesQuery,
    ReplacedFile,
    SubmitCourse,
)
from suuupra.services.content.api.courses import (
    ADMISSIONS,
    LANGUAGES,
    LEVELS,
    REASON_MAX,
    Admission,
    ArchiveCourse,
    Browse,
    Card,
    Cards,
    Categories,
    Category,
    Course,
    CoursesQuery,
    CourseState,
    Cover,
    DeleteCourse,
    EditRight,
    FacetCount,
    Facets,
    GetCourse,
    GetCourses,
    LessonBody,
    LessonKind,
    LessonMedia,
    LessonQuery,
    LessonState,
    Level,
    MayEdit,
    MediaState,
    Outline,
    OutlineLesson,
    OutlineQuery,
    OutlineSection,
    OwnCourse,
    OwnCourses,
    ReopenCourse,
    SetAdmission,
    Shelf,
    Sort,
    Standing,
    WithdrawCourse,
)
from suuupra.services.content.api.events import (
    CourseApproved,
    CourseCompleted,
    CoursePublished,
    CourseRejected,
    CourseSubmitted,
    CourseWithdrawn,
    EnrolmentActivated,
    EnrolmentGranted,
    EnrolmentWasEnded,
    LessonCompleted,
    LessonOpened,
)
from suuupra.services.content.api.learning import (
    ADDRESSES_MAX,
    OPERATIONS_MAX,
    AccessQuery,
    AccessVerdict,
    Acknowledged,
    ActivateInvitation,
    ApplyProgress,
    CaptionTrack,
    CourseProgress,
    Enrolment,
    EnrolmentQuery,
    EnrolmentState,
    GrantEnrolment,
    GrantSource,
    Invitation,
    InvitationOffer,
    InvitationsQuery,
    InvitationState,
    Invited,
    InvitedLearners,
    InviteLearners,
    JoinCourse,
    LeaveCourse,
    LessonProgress,
    MarkLesson,
    MyCourse,
    MyEnrolments,
    OpenInvitation,
    OpenLesson,
    OpenPlayback,
    Operation,
    OperationKind,
    OperationVerdict,
    PlaybackTicket,
    ProgressOf,
    ProgressQuery,
    Reason,
    RevokeEnrolment,
    Student,
    StudentsQuery,
    Verdicts,
    WithdrawInvitation,
)
from suuupra.services.content.api.problems import (
    AlreadyDecided,
    BoughtPlace,
    CaseNotFound,
    CourseGone,
    CourseNotFound,
    CourseNotOpen,
    CourseNotPublished,
    CourseStateForbids,
    DraftMoved,
    EnrolmentEnded,
    EnrolmentNotFound,
    GateUnmet,
    GrantSpent,
    InvitationNotFound,
    LessonNotFound,
    LinkSpent,
    Locked,
    MediaNotReady,
    NotEnrolled,
    OwnWork,
    SlugTaken,
    UnderReview,
)

__all__ = (
    "ADDRESSES_MAX", "ADMISSIONS", "LANGUAGES", "LEVELS", "OPERATIONS_MAX", "REASON_MAX", "Access",
    "AccessQuery", "AccessVerdict", "Acknowledged", "ActivateInvitation", "Admission", "AlreadyDecided",
    "ApplyProgress", "ApprovalCase", "Approvals", "ArchiveCourse", "BoughtPlace", "Browse",
    "CaptionTrack", "Card", "Cards", "CaseDetail", "CaseNotFound", "CaseQuery", "CaseState", "CasesQuery",
    "Catalogue", "Categories", "Category", "Course", "CourseApproved", "CourseCompleted", "CourseGone",
    "CourseNotFound", "CourseNotOpen", "CourseNotPublished", "CourseProgress", "CoursePublished",
    "CourseRejected", "CourseState", "CourseStateForbids", "CourseSubmitted", "CourseWithdrawn", "Courses",
    "CoursesQuery", "Cover", "DecideCase", "DeleteCourse", "DraftMoved", "EditRight", "Enrolment",
    "EnrolmentActivated",
    "EnrolmentEnded", "EnrolmentGranted", "EnrolmentNotFound", "EnrolmentQuery", "EnrolmentState",
    "EnrolmentWasEnded", "Enrolments", "FacetCount", "Facets", "Gate", "GateUnmet", "Gates", "GatesQuery",
    "GetCourse", "GetCourses", "GrantEnrolment", "GrantSource", "GrantSpent", "Invitation",
    "InvitationNotFound", "InvitationOffer", "InvitationState", "InvitationsQuery", "InviteLearners",
    "Invited", "InvitedLearners", "JoinCourse", "LeaveCourse", "LessonBody", "LessonCompleted",
    "LessonKind", "LessonMedia", "LessonNotFound", "LessonOpened", "LessonProgress", "LessonQuery",
    "LessonState", "Level", "LinkSpent", "Locked", "MarkLesson", "MayEdit", "MediaNotReady", "MediaState",
    "MyCourse", "MyEnrolments", "NotEnrolled", "OpenInvitation", "OpenLesson", "OpenPlayback",
    "Operation", "OperationKind", "OperationVerdict", "Outline", "OutlineLesson", "OutlineQuery",
    "OutlineSection", "OwnCourse", "OwnCourses", "OwnWork", "Playback", "PlaybackTicket", "Progress",
    "ProgressOf", "ProgressQuery", "Reason", "ReopenCourse", "ReplacedFile", "RevokeEnrolment",
    "SetAdmission", "Shelf", "SlugTaken", "Sort", "Standing", "Student", "StudentsQuery", "SubmitCourse",
    "UnderReview", "Verdicts", "WithdrawCourse", "WithdrawInvitation",
)  # fmt: skip


class Courses(Protocol):
    """Reading courses, and what may be done to one as a whole."""

    async def get(self, query: GetCourse) -> Course:
        """`CourseNotFound` also for drafts of others, `CourseGone` for those outside of a withdrawn one."""

    async def get_many(self, query: GetCourses) -> Cards:
        """Cards of what the asker may see."""

    async def page(self, query: CoursesQuery) -> Page[Card]:
        """All courses, newest first; needs `content.course.administer`."""

    async def list_of_owner(self, query: OwnCourses) -> Page[OwnCourse]:
        """The asker's own."""

    async def outline(self, query: OutlineQuery) -> Outline:
        """`CourseNotFound`, `CourseGone`."""

    async def lesson(self, query: LessonQuery) -> LessonBody:
        """`NotEnrolled`, `EnrolmentEnded`, `Locked`, `LessonNotFound` and those of `outline`."""

    async def may_edit(self, query: MayEdit) -> EditRight:
        """False, never an error, for a course that is not there."""

    async def set_admission(self, command: SetAdmission) -> Card:
        """By the author. `CourseNotFound`."""

    async def withdraw(self, command: WithdrawCourse) -> Card:
        """By the author or `content.course.administer`. `CourseStateForbids`."""

    async def reopen(self, command: ReopenCourse) -> Card:
        """By the author or `content.course.administer`. `CourseStateForbids`."""

    async def archive(self, command: ArchiveCourse) -> Card:
        """By the author or `content.course.administer`. `CourseStateForbids` for an empty draft."""

    async def delete(self, command: DeleteCourse) -> Nothing:
        """By the author or `content.course.administer`. `CourseStateForbids` unless an empty draft."""


class Catalogue(Protocol):
    """What is published, for everybody."""

    async def browse(self, query: Browse) -> Shelf:
        """Published courses. `Invalid` for a cursor of another question."""

    async def categories(self, query: Query) -> Categories:
        """The tree."""


class Enrolments(Protocol):
    """Who is in which course."""

    async def grant(self, command: GrantEnrolment) -> Enrolment:
        """By services only. The first answer again for the same (source, source_ref).

        `CourseNotOpen` where the course is not published, `GrantSpent` where that grant has ended.
        """

    async def join(self, command: JoinCourse) -> Enrolment:
        """The asker; `CourseNotOpen` where it is not open to everyone. Joining twice is one enrolment."""

    async def invite(self, command: InviteLearners) -> InvitedLearners:
        """By the author. `CourseNotPublished` before publication."""

    async def invitations(self, query: InvitationsQuery) -> Page[Invitation]:
        """By the author."""

    async def withdraw_invitation(self, command: WithdrawInvitation) -> Nothing:
        """`InvitationNotFound`; `LinkSpent` where it was accepted."""

    async def offer(self, query: OpenInvitation) -> InvitationOffer:
        """What a link leads to; `LinkSpent`, `InvitationNotFound`."""

    async def activate(self, command: ActivateInvitation) -> Enrolment:
        """Spend the link; `LinkSpent`, `InvitationNotFound`, `CourseNotOpen`."""

    async def revoke(self, command: RevokeEnrolment) -> Enrolment:
        """By the author; `EnrolmentNotFound`, `BoughtPlace`. Already ended: as it is."""

    async def leave(self, command: LeaveCourse) -> Enrolment:
        """By the learner; `EnrolmentNotFound`, `BoughtPlace`."""

    async def get(self, query: EnrolmentQuery) -> Enrolment | None:
        """None where there is none."""

    async def list_mine(self, query: MyEnrolments) -> Page[MyCourse]:
        """The asker's, with where to carry on."""

    async def list_of_course(self, query: StudentsQuery) -> Page[Student]:
        """By the author and `content.course.administer`; else `CourseNotFound`."""


class Access(Protocol):
    """The one place that says who may open what."""

    async def decide(self, query: AccessQuery) -> AccessVerdict:
        """Fails closed. About somebody else: the author, staff and services only."""


class Playback(Protocol):
    """Tickets to watch."""

    async def ticket(self, command: OpenPlayback) -> PlaybackTicket:
        """`NotEnrolled`, `EnrolmentEnded`, `Locked`, `LessonNotFound`, `MediaNotReady`, `Unavailable`."""


class Progress(Protocol):
    """Where learners stand."""

    async def apply(self, command: ApplyProgress) -> Verdicts:
        """Never all or nothing."""

    async def open_lesson(self, command: OpenLesson) -> LessonProgress:
        """For somebody who is enrolled; `NotEnrolled`, `EnrolmentEnded`, `Locked`."""

    async def mark(self, command: MarkLesson) -> LessonProgress:
        """`NotEnrolled`, `EnrolmentEnded`, `Locked`; `Forbidden` where the author does not allow it."""

    async def of(self, query: ProgressQuery) -> ProgressOf:
        """One row a course."""


class Approvals(Protocol):
    """Submission and decision."""

    async def gates(self, query: GatesQuery) -> Gates:
        """The checklist."""

    async def submit(self, command: SubmitCourse) -> ApprovalCase:
        """`GateUnmet`, `UnderReview`, `CourseStateForbids`."""

    async def decide(self, command: DecideCase) -> ApprovalCase:
        """Needs `content.course.approve`. `OwnWork`, `AlreadyDecided`, `GateUnmet`, `Invalid`."""

    async def page(self, query: CasesQuery) -> Page[ApprovalCase]:
        """Needs `content.course.approve`, or `course_id` of an own course."""

    async def get(self, query: CaseQuery) -> CaseDetail:
        """`CaseNotFound`."""
