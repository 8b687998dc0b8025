"""What every use case of content works with: its hands, its neighbours, and its jobs."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal
from uuid import UUID

from suuupra.kernel.clock import Clock
from suuupra.kernel.faults import OFF, Faults
from suuupra.kernel.hub import Hub
from suuupra.kernel.jobs import Job
from suuupra.kernel.manifest import Site
from suuupra.kernel.messages import Message
from suuupra.kernel.pagination import Cursors
from suuupra.kernel.stores import Cache, Keys, Limits, ObjectStore
from suuupra.kernel.work import Unit, Work
from suuupra.services.content.settings import ContentSettings
from suuupra.services.identity import api as identity
from suuupra.services.notifications import api as notifications
from suuupra.services.vod import api as vod


@dataclass(frozen=True)
class Neighbours:
    """The ports below. Without vod, video lessons say so and the rest works."""

    users: identity.Users
    directory: identity.Directory
    messages: notifications.Messages
    templates: notifications.Templates
    uploads: vod.Uploads | None = None
    assets: vod.Assets | None = None
    playback: vod.Playback | None = None


@dataclass(frozen=True)
class Desk:
    """Made once a process, by `build`."""

    work: Work
    clock: Clock
    cache: Cache
    cursors: Cursors
    keys: Keys
    hub: Hub
    limits: Limits
    objects: ObjectStore
    site: Site
    settings: ContentSettings
    neighbours: Neighbours
    faults: Faults = field(default=OFF)


class Tell(Job, name="content.tell", kind="quick"):
    """Mail and bell about one thing that happened. Repeats collapse in notifications."""

    about: Literal["submitted", "approved", "sent_back", "enrolled", "removed", "invited"]
    subject_id: UUID


class RevokeViewing(Job, name="content.revoke_playback", kind="quick"):
    """Somebody's right ended while they may be watching."""

    course_id: UUID
    learner_id: UUID
    reason: str = ""


class RecountCourse(Job, name="content.recount_course", kind="quick"):
    """Counts and lengths that the catalogue shows, a few seconds late."""

    course_id: UUID
    with_progress: bool = False


def recount(unit: Unit, course_id: UUID, *, with_progress: bool = False) -> None:
    """Ask for a recount; a crowd of joiners asks for one."""
    job = RecountCourse(course_id=course_id, with_progress=with_progress)
    unit.enqueue(job, unique=f"{course_id}:{with_progress}")


class ExpireInvitations(Job, name="content.expire_invitations", kind="quick"):
    """Close links that are late."""


class ExpireEnrolments(Job, name="content.expire_enrolments", kind="quick"):
    """End places whose time is over."""


class PruneOperations(Job, name="content.prune_operations", kind="bulk"):
    """Forget old acts of devices."""


class RegisterMessages(Job, name="content.register_messages", kind="quick"):
    """Tell notifications our words. Runs at least once: the same words change nothing."""


JOBS: tuple[type[Job], ...] = (
    Tell,
    RevokeViewing,
    RecountCourse,
    ExpireInvitations,
    ExpireEnrolments,
    PruneOperations,
    RegisterMessages,
)


class Made(Message):
    """What a creating use case answers; kept for twins of the request."""

    id: UUID
    slug: str = ""
    etag: str = ""
    kind: ClassVar[str] = "made"
