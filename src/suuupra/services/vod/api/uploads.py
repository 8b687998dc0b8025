"""Uploads: a ticket is opened by whoever owns the file; bytes go to its address by tus or PUT."""

from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

from pydantic import Field

from suuupra.kernel.clock import Moment
from suuupra.kernel.messages import Command, Message, Nothing, Query


class UploadState(StrEnum):
    """In order; the last three are ends."""

    CREATED = "created"
    RECEIVING = "receiving"
    SCANNING = "scanning"
    PROBING = "probing"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"


class OpenUpload(Command):
    """`owner_id` uploads a file of a stated length; with `replaces` the ticket has an id of its own.

    `head_sha256` is the hex hash of the first MiB: a resumed upload must be of the same file. With `resumes`
    (an unfinished upload of the same owner) no new one is opened: the answer is its ticket, or `WrongFile`.
    """

    owner_id: UUID
    name: str = Field(min_length=1, max_length=300)
    length_bytes: int = Field(ge=1)
    media_type: str = ""
    kind: Literal["video"] = "video"
    method: Literal["tus", "put"] = "tus"
    head_sha256: str = ""
    sha256: str = ""
    replaces: UUID | None = None
    resumes: UUID | None = None


class UploadTicket(Message):
    """Where to send the bytes. `id` is the asset's, except where it replaces one: then `asset_id` differs."""

    id: UUID
    address: str
    chunk_bytes: int
    expires_at: Moment
    asset_id: UUID | None = None
    offset_bytes: int = 0


class UploadStatusQuery(Query):
    """One upload."""

    id: UUID


class UploadStatus(Message):
    """Where it stands. `asset_id` is what it becomes or replaces; `reason` is a sentence for its owner."""

    id: UUID
    asset_id: UUID
    name: str
    state: UploadState
    offset_bytes: int
    length_bytes: int
    reason: str = ""
    expires_at: Moment | None = None


class CompleteUpload(Command):
    """All bytes of a PUT are there."""

    id: UUID


class AbortUpload(Command):
    """Forget it and its bytes."""

    id: UUID


class Uploads(Protocol):
    """Receives files."""

    async def open(self, command: OpenUpload) -> UploadTicket:
        """`QuotaReached`, `StorageFull`, `VideoTooLarge`, `NotAVideo`, `AssetUnknown` (of `replaces`).

        Of `resumes`: `UploadUnknown`, `UploadExpired`, `UploadEnded`, `WrongFile`.
        """
        ...

    async def complete(self, command: CompleteUpload) -> UploadStatus:
        """For PUT; a tus upload completes by itself. `UploadComplete`; `OffsetMismatch`: not all is there."""
        ...

    async def abort(self, command: AbortUpload) -> Nothing:
        """Idempotent."""
        ...

    async def status(self, query: UploadStatusQuery) -> UploadStatus:
        """`UploadUnknown`."""
        ...
