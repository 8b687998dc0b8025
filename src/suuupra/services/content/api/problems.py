"""What content says no with."""

from suuupra.kernel.problems import Conflict, Forbidden, Gone, NotFound, Refused, Stale


class CourseNotFound(NotFound):
    title = "This course was not found"


class LessonNotFound(NotFound):
    title = "This lesson was not found"


class EnrolmentNotFound(NotFound):
    title = "This enrolment was not found"


class InvitationNotFound(NotFound):
    title = "This invitation was not found"


class CaseNotFound(NotFound):
    title = "This submission was not found"


class CourseGone(Gone):
    """Withdrawn or archived, for those who are not in it."""

    title = "This course is no longer offered"


class LinkSpent(Gone):
    """Used, withdrawn or late. Members: `state`, `course_slug`."""

    title = "This link no longer works"


class CourseNotOpen(Forbidden):
    """By invitation only, or not published."""

    title = "This course is by invitation"


class CourseNotPublished(Conflict):
    """Nobody can be invited into a course that is not there yet."""

    title = "This course is not published"


class NotEnrolled(Forbidden):
    title = "This lesson is for people in the course"


class EnrolmentEnded(Forbidden):
    """Members: `state`, `ended_at`, `reason`."""

    title = "Your place in this course has ended"


class Locked(Forbidden):
    """Members: `reasons` (code and text of each), `opens_at`."""

    title = "This lesson is not open yet"


class OwnWork(Forbidden):
    title = "Nobody decides on their own course"


class GateUnmet(Conflict):
    """Members: `gates`, the unmet required ones, each with `name` and `text`."""

    title = "The course is not ready yet"


class MediaNotReady(Conflict):
    """Members: `state`, `reason`."""

    title = "This video is not ready yet"


class AlreadyDecided(Conflict):
    """Members: `state`, `decided_at`."""

    title = "This submission is already decided"


class UnderReview(Conflict):
    title = "This course already waits for a decision"


class CourseStateForbids(Conflict):
    """Members: `state`."""

    title = "The state of the course does not allow this"


class GrantSpent(Conflict):
    """The grant of this reference was ended; a new one needs a new reference."""

    title = "This grant was used and has ended"


class BoughtPlace(Refused):
    title = "A bought place ends by refund alone"


class DraftMoved(Stale):
    """Members: `yours`, `current` (entity tags) and `now`, the present content."""

    title = "The draft was changed in the meantime"


class SlugTaken(Conflict):
    title = "Another course has this address"
