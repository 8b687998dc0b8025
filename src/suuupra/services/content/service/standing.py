"""How whoever asks stands to a course: sees it, edits it, learns in it, or is told that it is not there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from suuupra.kernel.auth import Principal
from suuupra.kernel.problems import Forbidden, Problem
from suuupra.kernel.session import Session
from suuupra.services.content.api import (
    CourseGone,
    CourseNotFound,
    EnrolmentEnded,
    Locked,
    NotEnrolled,
    Reason,
    Standing,
)
from suuupra.services.content.rules import outline
from suuupra.services.content.rules.access import Facts, Verdict, reasons
from suuupra.services.content.rules.outline import Bone, Skeleton, Viewer
from suuupra.services.content.rules.states import ENDED, READABLE
from suuupra.services.content.rules.watched import share_permille
from suuupra.services.content.store import courses as course_rows
from suuupra.services.content.store import progress as progress_rows
from suuupra.services.content.store.courses import Stand
from suuupra.services.content.store.progress import Stood

AUTHOR = "content.course.author"
APPROVE = "content.course.approve"
ADMINISTER = "content.course.administer"


@dataclass(frozen=True)
class Asker:
    """A principal beside one course."""

    who: Principal
    stand: Stand

    @property
    def is_author(self) -> bool:
        return self.who.is_person and self.who.subject == self.stand.course.owner_id

    @property
    def may_edit(self) -> bool:
        return self.is_author and self.who.may(AUTHOR)

    @property
    def is_staff(self) -> bool:
        return self.who.kind == "service" or self.who.may(ADMINISTER)

    @property
    def sees_all(self) -> bool:
        """Every lesson of what is live; before that only those who wrote it or keep the site."""
        reviews = self.who.may(APPROVE) and self.stand.course.live_revision_id is not None
        return self.is_author or self.is_staff or reviews

    @property
    def is_enrolled(self) -> bool:
        return self.is_enrolled_at(None)

    def is_enrolled_at(self, now: datetime | None) -> bool:
        """Active, with at least one grant that holds, and not over."""
        row = self.stand.enrolment
        if row is None or row.state != "active" or not self.stand.sources:
            return False
        return now is None or row.ends_at is None or now < row.ends_at


async def asker(
    session: Session,
    who: Principal,
    *,
    course_id: UUID | None = None,
    slug: str = "",
    for_review: bool = False,
) -> Asker:
    """The course as the principal may see it: `CourseNotFound`, `CourseGone`.

    `for_review` lets reviewers in before anything is live; what they then read is what was submitted.
    """
    stand = await course_rows.stand(session, who.subject, course_id=course_id, slug=slug)
    if stand is None:
        raise CourseNotFound
    found = Asker(who, stand)
    state = stand.course.state
    if found.sees_all or state == "published" or (for_review and who.may(APPROVE)):
        return found
    if state in READABLE and stand.enrolment is not None and stand.enrolment.state == "active":
        return found
    raise CourseGone if stand.course.live_revision_id is not None else CourseNotFound


def must_edit(asker_: Asker) -> Asker:
    """For the author with the right to author; anybody else learns nothing."""
    if asker_.may_edit:
        return asker_
    raise Forbidden(permission=AUTHOR) if asker_.is_author else CourseNotFound


def must_keep(asker_: Asker) -> Asker:
    """For the author and administrators."""
    if asker_.may_edit or asker_.who.may(ADMINISTER):
        return asker_
    raise CourseNotFound


def standing_of(found: Asker, *, may_join: bool = False, next_lesson_id: UUID | None = None) -> Standing:
    """For the page around the course."""
    row = found.stand.enrolment
    return Standing(
        is_author=found.is_author,
        may_edit=found.may_edit,
        may_join=may_join,
        enrolment_id=row.id if row else None,
        enrolment_state=row.state if row else "",
        progress_permille=row.progress_permille if row else 0,
        next_lesson_id=next_lesson_id,
    )


def may_join(found: Asker) -> bool:
    """Open to everyone, published, and not in it; who was removed comes back by invitation alone."""
    course, row = found.stand.course, found.stand.enrolment
    fits = course.state == "published" and course.admission == "open" and not found.is_author
    return fits and (row is None or row.state in ENDED - {"revoked"})


async def viewer(session: Session, found: Asker, skeleton: Skeleton, now: datetime) -> Viewer:
    """What the asker has done so far; one query, none for those who are not in the course."""
    row = found.stand.enrolment
    stood = await progress_rows.of_enrolment(session, row.id) if row is not None else []
    return viewer_of(found, skeleton, stood, now)


def viewer_of(found: Asker, skeleton: Skeleton, stood: Iterable[Stood], now: datetime) -> Viewer:
    """The same without asking."""
    stood = tuple(stood)
    shares = {one.node_id: share_permille(one.watched, one.duration_ms) for one in stood}
    done = frozenset(one.node_id for one in stood if one.done_at is not None)
    return Viewer(
        facts_of(found, skeleton, done, now),
        sees_all=found.sees_all,
        done=done,
        watched=shares,
        last=found.stand.enrolment.last_node_id if found.stand.enrolment else None,
    )


def facts_of(found: Asker, skeleton: Skeleton, done: frozenset[UUID], now: datetime) -> Facts:
    """What rules are judged by."""
    row = found.stand.enrolment
    return Facts(
        now=now,
        is_enrolled=found.is_enrolled_at(now),
        sources=found.stand.sources,
        roles=found.who.roles,
        started_at=row.activated_at if row else None,
        done=frozenset(map(str, done)),
        titles=skeleton.titles(),
    )


def refuse(found: Asker, verdict: Verdict, viewer_: Viewer) -> Problem:
    """The Problem for a lesson that stays shut."""
    row = found.stand.enrolment
    needs_place = any(one.name == "enrolled" and one.wanted for one in verdict.unmet)
    if needs_place and row is not None and row.state in ENDED:
        ended_at = row.ended_at.isoformat() if row.ended_at else None
        return EnrolmentEnded(
            _ended_sentence(row.state, row.reason), state=row.state, ended_at=ended_at, reason=row.reason
        )
    if (
        needs_place
        and row is not None
        and row.ends_at is not None
        and not found.is_enrolled_at(viewer_.facts.now)
    ):
        return EnrolmentEnded(
            "Your time in this course is over.", state="expired", ended_at=row.ends_at.isoformat(), reason=""
        )
    if needs_place:
        return NotEnrolled("Join the course to open this lesson.")
    told = reasons(verdict, viewer_.facts)
    return Locked(
        " ".join(one.text for one in told),
        reasons=[one.model_dump() for one in told],
        opens_at=verdict.opens_at.isoformat() if verdict.opens_at else None,
    )


def why_shut(found: Asker, bone: Bone, viewer_: Viewer) -> tuple[Reason, ...]:
    """Sentences for a verdict; an ended place says so itself."""
    verdict = outline.may_open(bone, viewer_)
    if verdict.allowed:
        return ()
    problem = refuse(found, verdict, viewer_)
    if isinstance(problem, EnrolmentEnded):
        return (Reason(code="enrolment_ended", text=problem.detail),)
    return reasons(verdict, viewer_.facts)


def _ended_sentence(state: str, reason: str) -> str:
    texts = {
        "revoked": "The teacher ended your place in this course.",
        "left": "You left this course.",
        "refunded": "This course was refunded.",
        "expired": "Your time in this course is over.",
    }
    return " ".join(filter(None, [texts.get(state, "Your place in this course has ended."), reason]))
