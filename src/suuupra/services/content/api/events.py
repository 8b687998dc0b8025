"""What content tells the house."""

from uuid import UUID

from suuupra.kernel.clock import Moment
from suuupra.kernel.messages import Event
from suuupra.services.content.api.courses import Admission
from suuupra.services.content.api.learning import EnrolmentState, GrantSource


class CourseSubmitted(Event, wire="content.course_submitted.v1", key="course_id"):
    course_id: UUID
    case_id: UUID
    owner_id: UUID


class CourseApproved(Event, wire="content.course_approved.v1", key="course_id"):
    course_id: UUID
    case_id: UUID
    owner_id: UUID
    decided_by: UUID


class CourseRejected(Event, wire="content.course_rejected.v1", key="course_id"):
    course_id: UUID
    case_id: UUID
    owner_id: UUID
    decided_by: UUID


class CoursePublished(Event, wire="content.course_published.v1", key="course_id"):
    """A revision went live; `is_first` tells a new course from a new edition."""

    course_id: UUID
    revision_id: UUID
    revision_number: int
    owner_id: UUID
    slug: str
    admission: Admission
    is_first: bool
    published_at: Moment


class CourseWithdrawn(Event, wire="content.course_withdrawn.v1", key="course_id"):
    """Out of the catalogue: withdrawn, or for good (`is_archived`)."""

    course_id: UUID
    owner_id: UUID
    slug: str
    is_archived: bool = False


class CourseCompleted(Event, wire="content.course_completed.v1", key="enrolment_id"):
    course_id: UUID
    enrolment_id: UUID
    learner_id: UUID
    revision_id: UUID
    completed_at: Moment


class EnrolmentGranted(Event, wire="content.enrolment_granted.v1", key="enrolment_id"):
    course_id: UUID
    enrolment_id: UUID
    learner_id: UUID
    source: GrantSource
    source_ref: str


class EnrolmentActivated(Event, wire="content.enrolment_activated.v1", key="enrolment_id"):
    course_id: UUID
    enrolment_id: UUID
    learner_id: UUID
    owner_id: UUID


class EnrolmentWasEnded(Event, wire="content.enrolment_ended.v1", key="enrolment_id"):
    course_id: UUID
    enrolment_id: UUID
    learner_id: UUID
    state: EnrolmentState


class LessonOpened(Event, wire="content.lesson_opened.v1", key="enrolment_id"):
    """The first time a learner opened it."""

    course_id: UUID
    enrolment_id: UUID
    learner_id: UUID
    lesson_id: UUID


class LessonCompleted(Event, wire="content.lesson_completed.v1", key="enrolment_id"):
    course_id: UUID
    enrolment_id: UUID
    learner_id: UUID
    lesson_id: UUID
    completed_at: Moment
