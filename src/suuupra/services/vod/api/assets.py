"""Assets: what an upload becomes, how far its encoding is, and the queue that operators watch."""

from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

from suuupra.kernel.clock import Moment
from suuupra.kernel.messages import Command, Message, Nothing, Query
from suuupra.kernel.pagination import Page, PageQuery


class AssetState(StrEnum):
    """`playable` as soon as the first chunk of the first rung is there."""

    PREPARING = "preparing"
    PLAYABLE = "playable"
    READY = "ready"
    FAILED = "failed"
    DELETED = "deleted"


class RungState(Message):
    """One rung of the ladder."""

    height: int
    state: str
    average_kbps: int = 0


class Asset(Message):
    """A video. `permille` counts frames of all rungs; `eta_s` counts the queue too.

    While a further source is encoded, `making` is the number of that revision and `permille` is its.
    """

    id: UUID
    owner_id: UUID
    name: str
    state: AssetState
    revision: int = 1
    duration_ms: int = 0
    width: int = 0
    height: int = 0
    has_audio: bool = True
    permille: int = 0
    eta_s: float | None = None
    reason: str = ""
    scan_state: str = ""
    rungs: tuple[RungState, ...] = ()
    poster_url: str = ""
    created_at: Moment | None = None
    replacing: UUID | None = None
    making: int = 0
    visibility: str = "rights"
    upload_state: str = ""


class AssetQuery(Query):
    """One asset."""

    id: UUID


class AssetsQuery(PageQuery):
    """Of an owner, or of all (staff)."""

    owner_id: UUID | None = None
    state: AssetState | None = None


class QueueQuery(Query):
    """For operators."""


class UploadSummary(Message):
    """A running upload."""

    id: UUID
    owner_id: UUID
    name: str
    state: str
    offset_bytes: int
    length_bytes: int
    at: Moment


class EncodingStep(Message):
    """One chunk or other step."""

    asset_id: UUID
    owner_id: UUID
    name: str
    step: str
    state: str
    frames_done: int = 0
    frames_total: int = 0
    tries: int = 0
    error: str = ""


class Queue(Message):
    """What runs and waits, and the room that is left."""

    uploads: tuple[UploadSummary, ...] = ()
    steps: tuple[EncodingStep, ...] = ()
    waiting_steps: int = 0
    eta_s: float | None = None
    free_bytes: int = 0
    total_bytes: int = 0
    reserved_bytes: int = 0


class RetryEncoding(Command):
    """Start the failed steps of an asset anew."""

    asset_id: UUID
    reason: str = ""


class CancelEncoding(Command):
    """Stop encoding an asset."""

    asset_id: UUID
    reason: str = ""


class ReplaceSource(Command):
    """Make an accepted upload the next revision of an asset; id and statistics stay."""

    asset_id: UUID
    upload_id: UUID


class SetPolicy(Command):
    """Who may play it: everybody (`public`), or its owner and whom a right is given (`rights`)."""

    asset_id: UUID
    visibility: Literal["rights", "public"]


class DeleteAsset(Command):
    """Softly, for 30 days."""

    asset_id: UUID
    reason: str = ""


class Assets(Protocol):
    """What was made of uploads."""

    async def get(self, query: AssetQuery) -> Asset:
        """`AssetUnknown`."""
        ...

    async def page(self, query: AssetsQuery) -> Page[Asset]:
        """Newest first."""
        ...

    async def queue(self, query: QueueQuery) -> Queue:
        """Needs `vod.encoding.view`."""
        ...

    async def retry(self, command: RetryEncoding) -> Asset:
        """By its owner, or with `vod.encoding.manage`."""
        ...

    async def cancel(self, command: CancelEncoding) -> Asset:
        """By its owner, or with `vod.encoding.manage`."""
        ...

    async def replace(self, command: ReplaceSource) -> Asset:
        """Take the bytes of another accepted upload of the same owner. `AssetUnknown`, `UploadUnknown`."""
        ...

    async def set_policy(self, command: SetPolicy) -> Asset:
        """By its owner, or with `vod.encoding.manage`."""
        ...

    async def delete(self, command: DeleteAsset) -> Nothing:
        """By its owner or the service that holds it."""
        ...
