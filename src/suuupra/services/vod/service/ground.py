"""What every use case of vod works with, who may do what, and under which keys things are kept."""

from dataclasses import dataclass
from uuid import UUID

from suuupra.kernel.auth import Principal
from suuupra.kernel.clock import Clock
from suuupra.kernel.faults import OFF, Faults
from suuupra.kernel.hub import Hub
from suuupra.kernel.logs import logger
from suuupra.kernel.pagination import Cursors
from suuupra.kernel.stores import FileScan, Keys, Leases, ObjectStore
from suuupra.kernel.work import Work
from suuupra.services.vod.api import PlaybackRights
from suuupra.services.vod.settings import VodSettings

UPLOAD = "vod.upload.create"
VIEW = "vod.encoding.view"
MANAGE = "vod.encoding.manage"
SOUND = "audio"
POSTER = "poster.jpg"
MP4 = "video.mp4"
log = logger("vod")


@dataclass(frozen=True)
class Ground:
    """Made once a process, by `build`. `rights` is None where nobody answers for contexts."""

    work: Work
    clock: Clock
    objects: ObjectStore
    keys: Keys
    leases: Leases
    file_scan: FileScan
    cursors: Cursors
    hub: Hub
    settings: VodSettings
    rights: PlaybackRights | None = None
    faults: Faults = OFF


def is_house(who: Principal) -> bool:
    """A service of the house itself: a job, a handler, a neighbour's own errand."""
    return who.kind == "service"


def may_manage(who: Principal, owner_id: UUID) -> bool:
    """The owner, the house, and staff that looks after encodings."""
    return is_house(who) or (who.is_person and who.subject == owner_id) or who.may(MANAGE)


def source_key(upload_id: UUID) -> str:
    """Where the bytes of an upload stay."""
    return f"vod/sources/{upload_id}"


def incoming_key(upload_id: UUID) -> str:
    """Where a signed PUT writes; never read by anybody but the scan, which takes a copy."""
    return f"vod/incoming/{upload_id}"


def index_key(upload_id: UUID) -> str:
    """The same streams in a container that can be entered anywhere."""
    return f"vod/indexed/{upload_id}"


def prefix(asset_id: UUID, revision: int) -> str:
    """Below this lies everything that was made of a source."""
    return f"vod/{asset_id}/{revision}"
