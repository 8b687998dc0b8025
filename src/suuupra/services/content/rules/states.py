"""States of a course and of an enrolment, and which follows which."""

from collections.abc import Mapping
from typing import get_args

from suuupra.services.content.api import CourseState, EnrolmentState, GrantSource

COURSE_STEPS: Mapping[str, frozenset[CourseState]] = {
    "draft": frozenset({"submitted"}),
    "submitted": frozenset({"changes_requested", "approved", "published"}),
    "changes_requested": frozenset({"submitted", "archived"}),
    "approved": frozenset({"published", "submitted", "archived"}),
    "published": frozenset({"withdrawn", "archived", "taken_down"}),
    "withdrawn": frozenset({"published", "archived", "taken_down"}),
    "taken_down": frozenset({"published", "archived"}),
    "archived": frozenset(),
}
ENROLMENT_STEPS: Mapping[str, frozenset[EnrolmentState]] = {
    "pending": frozenset({"active", "expired", "revoked", "left"}),
    "active": frozenset({"refunded", "expired", "revoked", "left"}),
    "refunded": frozenset({"active"}),
    "expired": frozenset({"active"}),
    "revoked": frozenset({"active"}),
    "left": frozenset({"active"}),
}
LISTED: frozenset[CourseState] = frozenset({"published"})
READABLE: frozenset[CourseState] = frozenset({"published", "withdrawn", "archived"})
"""States in which people who are in a course go on."""
EDITABLE: frozenset[CourseState] = frozenset(get_args(CourseState)) - {"archived", "taken_down"}
ENDED: frozenset[EnrolmentState] = frozenset({"refunded", "expired", "revoked", "left"})
BOUGHT: frozenset[GrantSource] = frozenset({"order"})


def may_step(state: CourseState, to: CourseState) -> bool:
    """Whether a course may go from one state to the other."""
    return to in COURSE_STEPS[state]


def may_end(state: EnrolmentState, to: EnrolmentState) -> bool:
    """Whether an enrolment may go from one state to the other."""
    return to in ENROLMENT_STEPS[state]


def may_delete(state: CourseState, enrolled: int) -> bool:
    """A course that never went live and holds nobody; any other is archived."""
    return state in {"draft", "changes_requested"} and enrolled == 0


def needs_decision(policy: str, *, is_first: bool) -> bool:
    """Whether a person must approve: `first` publication only, `every` one, or `none`."""
    return policy == "every" or (policy == "first" and is_first)
