"""What was received is looked at before anything decodes it: malware, type, limits; then it is planned."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import TypeAdapter

from suuupra.engines.media.grid import Grid, grid_of
from suuupra.engines.media.ladder import fixed_ladder, policy_for
from suuupra.engines.media.probe import probe
from suuupra.engines.media.problems import NotPlayable, TooBig
from suuupra.engines.media.values import Ladder, Probe
from suuupra.kernel.problems import NotFound, Unavailable
from suuupra.kernel.work import Unit
from suuupra.services.vod.api import AssetState, FileScanned, StorageFull, UploadState
from suuupra.services.vod.rules import encoding
from suuupra.services.vod.rules.space import encoded_bytes
from suuupra.services.vod.service.ground import Ground, incoming_key, log, source_key
from suuupra.services.vod.service.orders import DropBytes, ScanUpload
from suuupra.services.vod.service.steps import refuse_upload, start_what_may, supersede
from suuupra.services.vod.service.uploads import room_of
from suuupra.services.vod.service.workroom import Workroom
from suuupra.services.vod.store import assets as asset_rows
from suuupra.services.vod.store import uploads as upload_rows
from suuupra.services.vod.store.rows import Asset, Rendition, Revision, Step, Upload

PROBES: TypeAdapter[Probe] = TypeAdapter(Probe)
LADDERS: TypeAdapter[Ladder] = TypeAdapter(Ladder)
SOUND_KBPS = 128
CODEC_NAMES = {"libx264": "h264", "libopenh264": "h264"}
LOST = "The bytes of this file were lost. Please upload it again."
ALTERED = "The file arrived altered: its SHA-256 is another one than was stated. Please upload it again."
INFECTED = "A virus was found in this file. It was deleted."
UNSCANNED = "This file could not be checked for viruses, and unchecked files are not taken here."


@dataclass(frozen=True)
class Found:
    """A file that is fit: what it is, how it will be cut, and the hash of its bytes."""

    probe: Probe
    ladder: Ladder
    grid: Grid
    sha256: str
    size_bytes: int


class Scanning:
    """The use case of the job that follows each upload."""

    def __init__(self, ground: Ground, workroom: Workroom) -> None:
        self._ground = ground
        self._workroom = workroom

    async def scan(self, job: ScanUpload) -> None:
        """Looks, then accepts or refuses. What is not there yet (encoder, room) is waited for."""
        async with self._ground.work.read() as session:
            upload = await upload_rows.one(session, job.upload_id)
        if upload is None or upload.state not in {UploadState.SCANNING, UploadState.PROBING}:
            await self._nothing()
            return
        try:
            await self._look(upload)
        except NotFound:
            await self._refuse(upload, LOST)
        except (NotPlayable, TooBig) as problem:
            await self._refuse(upload, problem.detail or problem.title)
        except Unavailable as problem:
            await self._wait(upload, problem.detail or problem.title)
            raise

    async def _look(self, upload: Upload) -> None:
        if upload.method == "put":
            await self._ground.objects.copy(incoming_key(upload.id), source_key(upload.id))
        async with self._bytes(upload) as path:
            verdict = await self._ground.file_scan.scan(path)
            if verdict.startswith("infected"):
                await self._refuse(upload, INFECTED, scan_state="infected", sha256=await _sha256(path))
                return
            if verdict != "clean" and self._ground.settings.unscanned == "refuse":
                await self._refuse(upload, UNSCANNED, scan_state="not_scanned")
                return
            await self._scanned(upload, verdict)
            async with self._workroom.readable(path) as lent:
                measured = await probe(lent, account=self._workroom.account())
        ladder = fixed_ladder(measured, policy_for((await self._workroom.shop()).ffmpeg))
        stored = await self._kept(upload)
        if upload.sha256 and stored[0] != upload.sha256:
            await self._refuse(upload, ALTERED)
            return
        await self._accept(upload, Found(measured, ladder, grid_of(measured), *stored))

    @contextlib.asynccontextmanager
    async def _bytes(self, upload: Upload) -> AsyncIterator[Path]:
        """Staged still, or promoted already by a try that was interrupted."""
        key = source_key(upload.id)
        is_whole = await self._ground.objects.head(key) is not None
        local = self._ground.objects.local(key) if is_whole else self._ground.objects.staged(key).local()
        async with local as path:
            yield path

    async def _kept(self, upload: Upload) -> tuple[str, int]:
        key = source_key(upload.id)
        stored = await self._ground.objects.head(key)
        if stored is None:
            stored = await self._ground.objects.staged(key).promote(upload.media_type or "video/mp4")
        return stored.etag, stored.size_bytes

    async def _scanned(self, upload: Upload, verdict: str) -> None:
        async with self._ground.work.begin() as unit:
            row = await upload_rows.one(unit.session, upload.id, lock=True)
            if row is not None and row.state == UploadState.SCANNING:
                row.state, row.scan_state, row.changed_at = UploadState.PROBING, verdict, unit.now
                unit.publish(FileScanned(asset_id=row.asset_id, upload_id=row.id, scan_state=row.scan_state))

    async def _refuse(self, upload: Upload, reason: str, *, scan_state: str = "", sha256: str = "") -> None:
        """Never readable, deleted by a job, its owner told; of malware the hash is kept."""
        async with self._ground.work.begin() as unit:
            row = await upload_rows.one(unit.session, upload.id, lock=True)
            if row is not None:
                if scan_state:
                    row.scan_state, row.sha256 = scan_state, sha256 or row.sha256
                    unit.publish(FileScanned(asset_id=row.asset_id, upload_id=row.id, scan_state=scan_state))
                await refuse_upload(unit, row, UploadState.REJECTED, reason)
            unit.finish()
        log.info("upload.refused", upload=str(upload.id))

    async def _wait(self, upload: Upload, reason: str) -> None:
        async with self._ground.work.begin() as unit:
            row = await upload_rows.one(unit.session, upload.id, lock=True)
            if row is not None:
                row.reason, row.changed_at = reason, unit.now

    async def _nothing(self) -> None:
        async with self._ground.work.begin() as unit:
            unit.finish()

    async def _accept(self, upload: Upload, found: Found) -> None:
        free, total = await self._ground.objects.free_bytes()
        async with self._ground.work.begin() as unit:
            row = await upload_rows.one(unit.session, upload.id, lock=True)
            asset = await asset_rows.one(unit.session, upload.asset_id, lock=True)
            if row is None or asset is None or row.state != UploadState.PROBING:
                unit.enqueue(DropBytes(upload_id=upload.id), unique=f"drop:{upload.id}")
                unit.finish()
                return
            if asset.state == AssetState.DELETED:
                await refuse_upload(unit, row, UploadState.REJECTED, "Its video was deleted.")
                unit.finish()
                return
            await upload_rows.hold_space(unit.session)
            room = await room_of(unit, self._ground, free, total)
            if not room.fits(room_for(found)):
                raise StorageFull("There is no room to encode this video at the moment.")
            await plan_revision(unit, asset, row, found)
            unit.finish()
        log.info("upload.accepted", upload=str(upload.id), duration_ms=found.probe.duration_ms)


def found_again(revision: Revision, upload: Upload) -> Found:
    """What was found of an upload that was planned before."""
    measured = PROBES.validate_python(revision.probe)
    ladder = LADDERS.validate_python(revision.ladder)
    return Found(measured, ladder, grid_of(measured), revision.source_sha256, upload.length_bytes)


def room_for(found: Found) -> int:
    """The most bytes that its encoding can take."""
    caps = tuple(rung.cap_kbps for rung in found.ladder.rungs)
    first = found.ladder.first.cap_kbps if found.ladder.rungs else 0
    sound = SOUND_KBPS if found.probe.audio else 0
    return encoded_bytes(caps, first, sound, found.probe.duration_ms)


async def plan_revision(unit: Unit, asset: Asset, upload: Upload, found: Found) -> Revision:
    """The next revision of an asset with its rungs and steps; an older one in the making gives way."""
    newest = await asset_rows.newest_revision(unit.session, asset.id)
    if newest is not None and newest.state in asset_rows.MAKING and newest.number != asset.revision:
        await supersede(unit, newest)
    number = newest.number + 1 if newest else 1
    upload.state, upload.reason, upload.changed_at = UploadState.ACCEPTED, "", unit.now
    upload.sha256, upload.offset_bytes = found.sha256, upload.length_bytes
    if upload.method == "put":
        unit.enqueue(
            DropBytes(upload_id=upload.id), unique=f"drop:{upload.id}", at=unit.now + timedelta(hours=1)
        )
    revision = revision_of(unit, asset, upload, found, number)
    revision.reserved_bytes = room_for(found)
    unit.session.add(revision)
    asset.name, asset.changed_at = upload.name if newest is None else asset.name, unit.now
    unit.session.add_all(_rungs(unit, revision, found))
    await unit.session.flush()
    unit.session.add_all(_steps(unit, revision, found))
    await unit.session.flush()
    await start_what_may(unit, revision)
    return revision


def revision_of(unit: Unit, asset: Asset, upload: Upload, found: Found, number: int) -> Revision:
    """The row that says what a source is."""
    video = found.probe.video
    width, height = video.upright if video else (0, 0)
    return Revision(
        asset_id=asset.id,
        number=number,
        upload_id=upload.id,
        owner_id=asset.owner_id,
        state="preparing",
        source_key=source_key(upload.id),
        source_sha256=found.sha256,
        scan_state=upload.scan_state,
        probe=PROBES.dump_python(found.probe, mode="json"),
        ladder=LADDERS.dump_python(found.ladder, mode="json"),
        duration_ms=round(found.grid.duration_s * 1000),
        segments=found.grid.segments,
        width=width,
        height=height,
        has_audio=found.probe.audio is not None,
        stored_bytes=found.size_bytes,
        created_at=unit.now,
    )


def _rungs(unit: Unit, revision: Revision, found: Found) -> list[Rendition]:
    return [
        Rendition(
            id=unit.new_id(),
            asset_id=revision.asset_id,
            revision=revision.number,
            name=rung.name,
            height=rung.short_px,
            codec_name=CODEC_NAMES.get(rung.encoder, rung.encoder),
            cap_kbps=rung.cap_kbps,
            rung=place,
            sizes=[0] * revision.segments,
            is_first=rung == found.ladder.first,
        )
        for rung, place in zip(found.ladder.rungs, revision.ladder["rungs"], strict=True)
    ]


def _steps(unit: Unit, revision: Revision, found: Found) -> list[Step]:
    grid, rungs = found.grid, len(found.ladder.rungs)
    shape = encoding.Shape(
        chunk_frames=tuple(len(grid.chunk_frames(chunk)) for chunk in range(grid.chunks)) if rungs else (),
        rungs=rungs,
        has_audio=revision.has_audio,
        is_indexed=found.probe.is_indexed,
    )
    return [
        Step(
            id=unit.new_id(),
            asset_id=revision.asset_id,
            owner_id=revision.owner_id,
            revision=revision.number,
            name=planned.name,
            chunk=planned.chunk,
            state=encoding.WAITING,
            frames_total=planned.frames_total,
            changed_at=unit.now,
        )
        for planned in encoding.plan(shape)
    ]


async def _sha256(path: Path) -> str:
    def read() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    return await asyncio.to_thread(read)
