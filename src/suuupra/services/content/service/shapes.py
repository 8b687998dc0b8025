"""Rows as the messages of the door."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from suuupra.services.content.api import (
    Admission,
    ApprovalCase,
    Card,
    CaseState,
    CourseState,
    Cover,
    Enrolment,
    EnrolmentState,
    GrantSource,
    Invitation,
    InvitationState,
    Level,
)
from suuupra.services.content.rules.blocks import Root
from suuupra.services.content.rules.invitations import state_at
from suuupra.services.content.store.rows import ApprovalCase as CaseRow
from suuupra.services.content.store.rows import Course as CourseRow
from suuupra.services.content.store.rows import Enrolment as EnrolmentRow
from suuupra.services.content.store.rows import Invitation as InvitationRow


def cover_url(key: str) -> str | None:
    """The public address of a stored cover; its key is a hash, so it may be kept for ever."""
    return f"/covers/{key.rsplit('/', 1)[-1]}" if key else None


def cover_of(key: str, motif: str, palette: int) -> Cover:
    return Cover(url=cover_url(key), motif=motif, palette=palette)


def card_facts(course: CourseRow, titles: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a card, for cards and all that extends them."""
    return {
        "id": course.id,
        "slug": course.slug,
        "title": course.title,
        "owner_id": course.owner_id,
        "state": cast("CourseState", course.state),
        "admission": cast("Admission", course.admission),
        "summary": course.summary,
        "category": course.category,
        "category_title": titles.get(course.category, ""),
        "level": cast("Level", course.level),
        "language": course.language,
        "tags": tuple(course.tags),
        "lesson_count": course.lesson_count,
        "duration_s": course.duration_s,
        "enrolled_count": course.enrolled_count,
        "cover": cover_of(course.cover_key, course.cover_motif, course.cover_palette),
        "published_at": course.published_at,
    }


def card_of(course: CourseRow, titles: Mapping[str, str]) -> Card:
    return Card(**card_facts(course, titles))


def draft_facts(course: CourseRow, root: Root, titles: Mapping[str, str]) -> dict[str, Any]:
    """A card with the words of a draft instead of those that are live."""
    return card_facts(course, titles) | {
        "title": root.title,
        "summary": root.summary,
        "category": root.category,
        "category_title": titles.get(root.category, ""),
        "level": root.level,
        "language": root.language,
        "tags": root.tags,
        "cover": cover_of(root.cover_key, root.cover_motif, root.cover_palette),
    }


def enrolment_of(row: EnrolmentRow) -> Enrolment:
    return Enrolment(
        id=row.id,
        course_id=row.course_id,
        learner_id=row.learner_id,
        state=cast("EnrolmentState", row.state),
        source=cast("GrantSource", row.source),
        activated_at=row.activated_at,
        ended_at=row.ended_at,
        ends_at=row.ends_at,
        completed_at=row.completed_at,
        reason=row.reason,
        progress_permille=row.progress_permille,
    )


def case_of(row: CaseRow, number: int, course: Card | None = None) -> ApprovalCase:
    return ApprovalCase(**case_facts(row, number), course=course)


def case_facts(row: CaseRow, number: int) -> dict[str, Any]:
    """The fields of a case, for cases and their details."""
    return {
        "id": row.id,
        "course_id": row.course_id,
        "revision_id": row.revision_id,
        "revision_number": number,
        "state": cast("CaseState", row.state),
        "author_id": row.author_id,
        "admission": cast("Admission", row.admission),
        "is_first": row.is_first,
        "submitted_at": row.submitted_at,
        "publish_later": row.publish_later,
        "decided_by": row.decided_by,
        "decided_at": row.decided_at,
        "reasons": tuple(row.reasons),
    }


def invitation_of(row: InvitationRow, address: str, state: InvitationState) -> Invitation:
    return Invitation(
        id=row.id,
        course_id=row.course_id,
        address=address,
        state=state,
        invited_at=row.invited_at,
        expires_at=row.expires_at,
    )


def invitation_state(row: InvitationRow, now: datetime) -> InvitationState:
    """Late links are late before the job comes by."""
    return state_at(cast("InvitationState", row.state), row.expires_at, now)
