"""Uploads as their owner opens, follows, completes and drops them."""

from datetime import timedelta
from typing import NoReturn
from uuid import UUID

from suuupra.kernel.auth import Principal
from suuupra.kernel.call import principal
from suuupra.kernel.messages import Nothing
from suuupra.kernel.stores import SIGNED_TTL_MAX_S, StoredObject
from suuupra.kernel.work import Unit
from suuupra.services.vod.api import (
    AbortUpload,
    AssetState,
    AssetUnknown,
    CompleteUpload,
    NotAVideo,
    OffsetMismatch,
    OpenUpload,
    QuotaReached,
    StorageFull,
    UploadComplete,
    UploadEnded,
    UploadExpired,
    UploadState,
    UploadStatus,
    UploadStatusQuery,
    UploadTicket,
    UploadUnknown,
    VideoTooLarge,
    WrongFile,
)
from suuupra.services.vod.rules.space import Room
from suuupra.services.vod.rules.uploads import ENDED, OPEN, Claim, is_same_file, is_video_type
from suuupra.services.vod.service.ground import MANAGE, UPLOAD, Ground, incoming_key, is_house
from suuupra.services.vod.service.orders import ScanUpload
from suuupra.services.vod.service.steps import refuse_upload
from suuupra.services.vod.store import assets as asset_rows
from suuupra.services.vod.store import uploads as upload_rows
from suuupra.services.vod.store.rows import Asset, Upload

TUS = "/api/v1/uploads/tus"
CANCELLED = "You cancelled this upload."
RETRY_FULL_S = 300


class UploadDesk:
    """Implements the door `Uploads`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def open(self, command: OpenUpload) -> UploadTicket:
        who = principal()
        if not is_house(who):
            who.require(UPLOAD)
        self._check(command)
        if command.resumes is not None:
            return await self._resumed(who, command)
        free, total = await self._ground.objects.free_bytes()
        async with self._ground.work.begin() as unit:
            if known := await unit.once(command, UploadTicket):
                return known
            await upload_rows.hold_space(unit.session)
            await self._refuse_beyond_quota(unit, command)
            room = await room_of(unit, self._ground, free, total)
            if not room.fits(command.length_bytes):
                raise StorageFull(retry_after_s=RETRY_FULL_S)
            upload = await self._begin(unit, who, command)
            return unit.answer(self.ticket(upload))

    def _check(self, command: OpenUpload) -> None:
        limit = self._ground.settings.video_max_bytes
        if command.length_bytes > limit:
            raise VideoTooLarge(f"At most {_gib(limit)} fit.", length_max_bytes=limit)
        if not is_video_type(command.media_type):
            raise NotAVideo("Send a video, such as an MP4, MOV, MKV or WebM file.")

    async def _refuse_beyond_quota(self, unit: Unit, command: OpenUpload) -> None:
        settings = self._ground.settings
        if await upload_rows.open_count(unit.session, command.owner_id, unit.now) >= settings.uploads_max:
            raise QuotaReached(
                f"{settings.uploads_max} files are on their way already. Finish or drop one of them first.",
                limit="uploads",
            )
        filled = await upload_rows.filled_bytes(unit.session, command.owner_id)
        if filled + command.length_bytes > settings.owner_max_bytes:
            raise QuotaReached(
                f"Your videos may take {_gib(settings.owner_max_bytes)}; {_gib(filled)} are used. "
                "Delete a video first.",
                limit="bytes",
            )

    async def _begin(self, unit: Unit, who: Principal, command: OpenUpload) -> Upload:
        upload_id = unit.new_id()
        if command.replaces is not None:
            replaced = await asset_rows.one(unit.session, command.replaces)
            if (
                replaced is None
                or replaced.owner_id != command.owner_id
                or replaced.state == AssetState.DELETED
            ):
                raise AssetUnknown
        else:
            unit.session.add(
                Asset(
                    id=upload_id,
                    owner_id=command.owner_id,
                    name=command.name,
                    state=AssetState.PREPARING,
                    created_at=unit.now,
                    changed_at=unit.now,
                )
            )
        upload = Upload(
            id=upload_id,
            asset_id=command.replaces or upload_id,
            owner_id=command.owner_id,
            sent_by=who.subject if who.is_person else None,
            replaces=command.replaces,
            name=command.name,
            kind=command.kind,
            method=command.method,
            media_type=command.media_type,
            length_bytes=command.length_bytes,
            head_sha256=command.head_sha256.lower(),
            sha256=command.sha256.lower(),
            state=UploadState.CREATED,
            created_at=unit.now,
            changed_at=unit.now,
            expires_at=unit.now + timedelta(hours=self._ground.settings.upload_kept_h),
        )
        unit.session.add(upload)
        return upload

    async def _resumed(self, who: Principal, command: OpenUpload) -> UploadTicket:
        """The ticket of an unfinished upload, to whoever brings the same file."""
        async with self._ground.work.read() as session:
            upload = authorised(await upload_rows.one(session, command.resumes or command.owner_id), who)
        refuse_ended(upload, self._ground)
        refuse_other_file(upload, Claim(command.name, command.length_bytes, command.head_sha256 or None))
        if upload.state not in OPEN:
            raise UploadComplete
        return self.ticket(upload)

    def ticket(self, upload: Upload) -> UploadTicket:
        """Where the bytes of an upload are sent to."""
        address, expires_at = f"{TUS}/{upload.id}", upload.expires_at
        if upload.method == "put":
            address = self._ground.objects.sign(
                "PUT",
                incoming_key(upload.id),
                media_type=upload.media_type or "application/octet-stream",
                size_max=upload.length_bytes,
                ttl_s=SIGNED_TTL_MAX_S,
            )
            expires_at = self._ground.clock.now() + timedelta(seconds=SIGNED_TTL_MAX_S)
        return UploadTicket(
            id=upload.id,
            asset_id=upload.asset_id,
            address=address,
            chunk_bytes=self._ground.settings.chunk_bytes,
            expires_at=expires_at,
            offset_bytes=upload.offset_bytes,
        )

    async def status(self, query: UploadStatusQuery) -> UploadStatus:
        who = principal()
        async with self._ground.work.read() as session:
            return status_of(authorised(await upload_rows.one(session, query.id), who))

    async def complete(self, command: CompleteUpload) -> UploadStatus:
        """A PUT that did not bring all makes room for another one."""
        who = principal()
        found = await self._ground.objects.head(incoming_key(command.id))
        try:
            async with self._ground.work.begin() as unit:
                if known := await unit.once(command, UploadStatus):
                    return known
                upload = authorised(await upload_rows.one(unit.session, command.id, lock=True), who)
                refuse_ended(upload, self._ground)
                if upload.state not in OPEN:
                    raise UploadComplete
                _refuse_incomplete(upload, found)
                received(unit, upload)
                return unit.answer(status_of(upload))
        except OffsetMismatch:
            if found is not None:
                await self._ground.objects.delete(incoming_key(command.id))
            raise

    async def abort(self, command: AbortUpload) -> Nothing:
        who = principal()
        async with self._ground.work.begin() as unit:
            upload = authorised(await upload_rows.one(unit.session, command.id, lock=True), who)
            if upload.state not in ENDED:
                await refuse_upload(unit, upload, UploadState.REJECTED, CANCELLED, is_taken_back=True)
                asset = await asset_rows.one(unit.session, upload.asset_id, lock=True)
                if upload.replaces is None and asset is not None:
                    asset.state, asset.deleted_at = AssetState.DELETED, unit.now
        return Nothing()


def _refuse_incomplete(upload: Upload, found: StoredObject | None) -> None:
    size = upload.offset_bytes if upload.method == "tus" else (found.size_bytes if found else 0)
    if size != upload.length_bytes:
        raise OffsetMismatch("Not all bytes have arrived.", offset_bytes=size)


async def room_of(unit: Unit, ground: Ground, free: int, total: int) -> Room:
    """The disk as it is, less what is promised; ask for it under `hold_space`."""
    settings = ground.settings
    reserved = await upload_rows.reserved_bytes(unit.session)
    return Room(free, total, reserved, settings.reserve_bytes, settings.reserve_percent)


def received(unit: Unit, upload: Upload) -> None:
    """All bytes are there: look at them."""
    upload.state, upload.changed_at = UploadState.SCANNING, unit.now
    upload.offset_bytes = upload.length_bytes
    unit.enqueue(ScanUpload(upload_id=upload.id), unique=f"scan:{upload.id}", fair=str(upload.owner_id))


def authorised(upload: Upload | None, who: Principal) -> Upload:
    """The upload, for its owner, its sender, the house and staff; `UploadUnknown` for anybody else."""
    if upload is None:
        raise UploadUnknown
    if is_house(who) or who.may(MANAGE) or who.person() in {upload.owner_id, upload.sent_by}:
        return upload
    raise UploadUnknown


def refuse_ended(upload: Upload, ground: Ground) -> None:
    """`UploadEnded` with the sentence, `UploadExpired` also before the hourly sweep has seen it."""
    if upload.state == UploadState.REJECTED:
        raise UploadEnded(upload.reason)
    is_late = upload.state in OPEN and upload.expires_at <= ground.clock.now()
    if upload.state == UploadState.EXPIRED or is_late:
        raise UploadExpired


def refuse_other_file(upload: Upload, claim: Claim) -> None:
    """`WrongFile` where what is said of the file at hand contradicts the beginning."""
    kept = Claim(upload.name, upload.length_bytes, upload.head_sha256)
    if not is_same_file(kept, claim):
        refuse_wrong_file(upload)


def refuse_wrong_file(upload: Upload) -> NoReturn:
    """Say which file is waited for."""
    raise WrongFile(
        f"“{upload.name}” still waits at byte {upload.offset_bytes}: choose it, or drop it first."
    )


def status_of(upload: Upload) -> UploadStatus:
    """The row as its owner sees it."""
    return UploadStatus(
        id=upload.id,
        asset_id=upload.asset_id,
        name=upload.name,
        state=UploadState(upload.state),
        offset_bytes=upload.offset_bytes,
        length_bytes=upload.length_bytes,
        reason=upload.reason,
        expires_at=upload.expires_at,
    )


def _gib(size_bytes: int) -> str:
    gib = size_bytes / 1024**3
    return f"{gib:.3g} GiB" if gib >= 1 else f"{size_bytes / 1024**2:.3g} MiB"


def upload_id_of(text: str) -> UUID:
    """An id from an address; `UploadUnknown` where it is none."""
    try:
        return UUID(text)
    except ValueError:
        raise UploadUnknown from None
