"""The rows that steps change: mapped classes pass through here, since tables are the store's own affair."""

from suuupra.services.content.tables import (
    ApprovalCase,
    Course,
    Enrolment,
    Invitation,
    MediaLink,
    Node,
    Progress,
    ProgressOperation,
    Revision,
    pairs,
)

__all__ = (
    "ApprovalCase", "Course", "Enrolment", "Invitation", "MediaLink", "Node", "Progress",
    "ProgressOperation", "Revision", "pairs",
)  # fmt: skip
