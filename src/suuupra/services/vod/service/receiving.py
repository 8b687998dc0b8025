"""Bytes of tus: kept in turns, fsynced before the offset moves, by one writer an upload at a time."""

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from suuupra.kernel.call import principal
from suuupra.kernel.problems import Conflict
from suuupra.kernel.stores import Lease, Staged
from suuupra.kernel.work import Unit
from suuupra.services.vod.api import (
    ChecksumMismatch,
    NotPlayable,
    OffsetMismatch,
    UploadBusy,
    UploadComplete,
    UploadEnded,
    UploadState,
    VideoTooLarge,
)
from suuupra.services.vod.rules.uploads import HEAD_BYTES, OPEN, Claim, foreign_kind
from suuupra.services.vod.service.ground import Ground, log, source_key
from suuupra.services.vod.service.steps import refuse_upload
from suuupra.services.vod.service.uploads import (
    authorised,
    received,
    refuse_ended,
    refuse_other_file,
    refuse_wrong_file,
)
from suuupra.services.vod.store import uploads as upload_rows
from suuupra.services.vod.store.rows import Upload

TURN_S = 5.0
LEASE_S = 15.0
CHECKED_MAX_BYTES = 16 * 1024 * 1024
ALGORITHMS = ("sha1", "sha256", "md5")
NO_CLAIM = Claim()

__all__ = ["ALGORITHMS", "Claim", "Patch", "Receiving", "Standing"]


@dataclass(frozen=True)
class Patch:
    """One PATCH as stated. `length` is of its body, None where it is not known beforehand."""

    offset: int
    length: int | None = None
    checksum: tuple[str, str] | None = None
    claim: Claim = NO_CLAIM


@dataclass(frozen=True)
class Standing:
    """Where an upload stands, for HEAD."""

    offset: int
    length: int
    name: str
    media_type: str
    expires_at: datetime


@dataclass
class Writer:
    """One PATCH at work. `turn` is what was read and not kept yet."""

    upload: Upload
    staged: Staged
    lease: Lease
    offset: int
    renewed_at: float
    turn: list[bytes] = field(default_factory=list)
    turn_bytes: int = 0

    def take(self, block: bytes) -> None:
        """Read on."""
        self.turn.append(block)
        self.turn_bytes += len(block)

    @property
    def is_beyond(self) -> bool:
        """More has come than was stated at the beginning."""
        return self.offset + self.turn_bytes > self.upload.length_bytes


class Receiving:
    """Keeps bytes of tus uploads."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._writing: set[UUID] = set()

    async def standing(self, upload_id: UUID, claim: Claim = NO_CLAIM) -> Standing:
        """What is safely kept. `UploadUnknown`, `UploadEnded`, `UploadExpired`, `WrongFile`."""
        upload = await self._known(upload_id, claim)
        offset = upload.length_bytes
        if upload.state in OPEN:
            offset = await self._ground.objects.staged(source_key(upload.id)).size_bytes()
            if offset == upload.length_bytes:
                await self._finish(upload.id)
        return Standing(offset, upload.length_bytes, upload.name, upload.media_type, upload.expires_at)

    async def _known(self, upload_id: UUID, claim: Claim) -> Upload:
        who = principal()
        async with self._ground.work.read() as session:
            upload = authorised(await upload_rows.one(session, upload_id), who)
        refuse_ended(upload, self._ground)
        refuse_other_file(upload, claim)
        return upload

    async def receive(self, upload_id: UUID, patch: Patch, body: AsyncIterator[bytes]) -> Standing:
        """Keep a body from its offset on; a body that breaks off leaves what has come.

        Besides those of `standing`: `UploadBusy`, `OffsetMismatch`, `UploadComplete`, `VideoTooLarge`,
        `ChecksumMismatch`, `NotPlayable` (what comes is certainly no media: nothing is kept).
        """
        upload = await self._known(upload_id, patch.claim)
        if upload.state not in OPEN:
            if patch.offset != upload.length_bytes or patch.length:
                raise UploadComplete
            return await self.standing(upload_id)
        if patch.length is not None and patch.offset + patch.length > upload.length_bytes:
            raise VideoTooLarge("This is more than was stated.", length_max_bytes=upload.length_bytes)
        async with self._alone(upload) as writer:
            if writer.offset != patch.offset:
                raise OffsetMismatch(f"It goes on at byte {writer.offset}.", offset_bytes=writer.offset)
            await self._read(writer, patch, body)
        return await self.standing(upload_id)

    @contextlib.asynccontextmanager
    async def _alone(self, upload: Upload) -> AsyncIterator[Writer]:
        """One writer here by a set, one over all processes by a lease that a restarted slot takes back."""
        if upload.id in self._writing:
            raise UploadBusy(retry_after_s=1)
        self._writing.add(upload.id)
        try:
            lease = await self._ground.leases.take(f"vod.upload.{upload.id}", LEASE_S)
            if lease is None:
                raise UploadBusy(retry_after_s=1)
            try:
                staged = self._ground.objects.staged(source_key(upload.id))
                offset = await staged.size_bytes()
                yield Writer(upload, staged, lease, offset, self._ground.clock.monotonic())
            finally:
                await self._ground.leases.release(lease)
        finally:
            self._writing.discard(upload.id)

    async def _read(self, writer: Writer, patch: Patch, body: AsyncIterator[bytes]) -> None:
        chunk_bytes, clock = self._ground.settings.chunk_bytes, self._ground.clock
        turn_at = clock.monotonic()
        async for block in body:
            writer.take(block)
            if writer.is_beyond:
                raise VideoTooLarge(
                    "This is more than was stated.", length_max_bytes=writer.upload.length_bytes
                )
            if patch.checksum is not None:
                if writer.turn_bytes > CHECKED_MAX_BYTES:
                    raise VideoTooLarge("Send at most 16 MiB at once with a checksum.")
            elif writer.turn_bytes >= chunk_bytes or clock.monotonic() - turn_at >= TURN_S:
                await self._keep(writer)
                turn_at = clock.monotonic()
        if patch.checksum is not None:
            _refuse_altered(patch.checksum, writer.turn)
        await self._keep(writer)

    async def _keep(self, writer: Writer) -> None:
        """One turn: look at the beginning, append and fsync, then move the offset."""
        if not writer.turn_bytes:
            return
        turn = b"".join(writer.turn)
        writer.turn, writer.turn_bytes = [], 0
        await self._refuse_foreign(writer, turn)
        await self._refuse_other_head(writer, turn)
        try:
            writer.offset = await writer.staged.append(writer.offset, turn)
        except Conflict as conflict:
            raise UploadBusy(retry_after_s=1) from conflict
        await self._ground.faults.at("vod.upload.appended")
        await self._moved(writer)

    async def _moved(self, writer: Writer) -> None:
        ground, upload = self._ground, writer.upload
        if ground.clock.monotonic() - writer.renewed_at > LEASE_S / 3:
            writer.renewed_at = ground.clock.monotonic()
            if not await ground.leases.renew(writer.lease, LEASE_S):
                raise UploadBusy(retry_after_s=1)
        async with ground.work.begin() as unit:
            expires_at = unit.now + timedelta(hours=ground.settings.upload_kept_h)
            if not await upload_rows.moved(unit.session, upload.id, writer.offset, unit.now, expires_at):
                raise UploadEnded
            if writer.offset == upload.length_bytes:
                await _finish(unit, upload.id)

    async def _finish(self, upload_id: UUID) -> None:
        """The last turn was kept and its row was not told: a kill in between."""
        async with self._ground.work.begin() as unit:
            await _finish(unit, upload_id)

    async def _refuse_foreign(self, writer: Writer, turn: bytes) -> None:
        if writer.offset:
            return
        words = foreign_kind(turn, is_whole=len(turn) == writer.upload.length_bytes)
        if not words:
            return
        reason = f"This file is {words}, not a video."
        async with self._ground.work.begin() as unit:
            row = await upload_rows.one(unit.session, writer.upload.id, lock=True)
            if row is not None:
                await refuse_upload(unit, row, UploadState.REJECTED, reason)
        raise NotPlayable(reason, reason="type")

    async def _refuse_other_head(self, writer: Writer, turn: bytes) -> None:
        """The hash of the first MiB, as soon as it is whole and before it is kept."""
        upload = writer.upload
        head_bytes = min(HEAD_BYTES, upload.length_bytes)
        if not upload.head_sha256 or not writer.offset < head_bytes <= writer.offset + len(turn):
            return
        digest = hashlib.sha256()
        if writer.offset:
            async with writer.staged.local() as path:
                digest.update(await asyncio.to_thread(_beginning, path, writer.offset))
        digest.update(turn[: head_bytes - writer.offset])
        if digest.hexdigest() != upload.head_sha256:
            refuse_wrong_file(upload)


async def _finish(unit: Unit, upload_id: UUID) -> None:
    row = await upload_rows.one(unit.session, upload_id, lock=True)
    if row is not None and row.state in OPEN:
        received(unit, row)
        log.info("upload.received", upload=str(upload_id), size_bytes=row.length_bytes)


def _beginning(path: Path, length: int) -> bytes:
    with path.open("rb") as file:
        return file.read(length)


def _refuse_altered(checksum: tuple[str, str], turn: list[bytes]) -> None:
    name, stated = checksum
    digest = hashlib.new(name, usedforsecurity=False)
    for block in turn:
        digest.update(block)
    if base64.b64encode(digest.digest()).decode() != stated:
        raise ChecksumMismatch
