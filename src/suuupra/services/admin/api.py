"""The door of admin: the audit trail, and how the desk refuses."""

from collections.abc import Mapping
from typing import Annotated, Any, Protocol
from uuid import UUID

from pydantic import Field

from suuupra.kernel.clock import Moment
from suuupra.kernel.messages import Message
from suuupra.kernel.pagination import Page, PageQuery
from suuupra.kernel.problems import NotFound

NAME_MAX = 200
Name = Annotated[str, Field(max_length=NAME_MAX, pattern=r"^[^\x00]*$")]


class PartNotInstalled(NotFound):
    """The service behind this page is not part of this site."""

    title = "This part is not installed on this site"


class AuditQuery(PageQuery):
    """Each filter is exact. `about` finds what somebody did and what was done to them."""

    actor: Name = ""
    action: Name = ""
    target: Name = ""
    source: Name = ""
    about: UUID | None = None
    since_at: Moment | None = None
    until_at: Moment | None = None


class AuditEntry(Message):
    """Who did what to what and why. `is_intact`: the stored hash is still that of the stored facts.

    `leaf_hash` is hex of SHA-256(0x00 || canonical JSON), the leaf of RFC 9162, section 2.1.1.
    """

    id: UUID
    at: Moment
    source: str
    actor: str
    action: str
    target: str
    acting_for: UUID | None = None
    before: Mapping[str, Any] = Field(default_factory=dict)
    after: Mapping[str, Any] = Field(default_factory=dict)
    reason: str = ""
    trace_id: str = ""
    leaf_hash: str
    is_intact: bool = True


class AuditTrail(Protocol):
    """What was done in this house, by whom and why."""

    async def entries(self, query: AuditQuery) -> Page[AuditEntry]:
        """Newest first; needs `admin.audit.read`. `Invalid` for a cursor of another question."""
        ...
