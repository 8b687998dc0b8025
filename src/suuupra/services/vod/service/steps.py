"""Steps that several use cases share: ending an upload, ending a revision, starting what may start."""

from datetime import datetime, timedelta

from suuupra.kernel.jobs import Job
from suuupra.kernel.work import Unit
from suuupra.services.vod.api import (
    AssetFailed,
    AssetReady,
    AssetState,
    FirstRungReady,
    UploadRejected,
    UploadState,
)
from suuupra.services.vod.rules import encoding
from suuupra.services.vod.rules.uploads import may_follow
from suuupra.services.vod.service import orders
from suuupra.services.vod.store import assets as asset_rows
from suuupra.services.vod.store import steps as step_rows
from suuupra.services.vod.store.rows import Asset, Revision, Step, Upload

KEPT_AFTER_REPLACED = timedelta(days=1)
JOBS: dict[str, type[orders.StepJob]] = {
    encoding.INDEX: orders.IndexSource,
    encoding.AUDIO: orders.EncodeAudio,
    encoding.FIRST: orders.EncodeFirst,
    encoding.REST: orders.EncodeChunk,
    encoding.POSTER: orders.DrawPoster,
    encoding.PACKAGE: orders.Package,
}


async def refuse_upload(
    unit: Unit, upload: Upload, state: UploadState, reason: str, *, is_taken_back: bool = False
) -> None:
    """End an upload with a sentence for its owner; its bytes go away by a job."""
    if not may_follow(UploadState(upload.state), state):
        return
    upload.state, upload.reason, upload.changed_at = state, reason, unit.now
    if upload.replaces is None:
        asset = await asset_rows.one(unit.session, upload.asset_id, lock=True)
        if asset is not None and asset.state == AssetState.PREPARING:
            asset.state, asset.reason, asset.changed_at = AssetState.FAILED, reason, unit.now
    unit.publish(
        UploadRejected(
            asset_id=upload.asset_id,
            upload_id=upload.id,
            reason=reason,
            is_replacement=upload.replaces is not None,
            is_taken_back=is_taken_back,
        )
    )
    unit.enqueue(orders.DropBytes(upload_id=upload.id), unique=f"drop:{upload.id}")


def enqueue_step(unit: Unit, step: Step, at: datetime | None = None) -> None:
    """The job of a step; a second one is dropped while the first is live."""
    job: Job = JOBS[step.name](asset_id=step.asset_id, revision=step.revision, chunk=step.chunk)
    unit.enqueue(
        job,
        at=at,
        unique=f"{step.asset_id}/{step.revision}/{step.name}/{step.chunk}",
        fair=str(step.owner_id),
        priority=encoding.PRIORITY[step.name],
    )


async def start_what_may(unit: Unit, revision: Revision, before: frozenset[str] = frozenset()) -> None:
    """Enqueue the steps whose time has come since `before`."""
    steps = await step_rows.of_revision(unit.session, revision.asset_id, revision.number)
    now = encoding.may_start(encoding.Stage(step.name, step.state) for step in steps)
    for step in steps:
        if step.name in now - before and step.state == encoding.WAITING:
            enqueue_step(unit, step)


async def advance(unit: Unit, asset: Asset, revision: Revision, before: frozenset[str]) -> None:
    """After a step ended: start what may, tell of the first rung, and end the revision when all is done."""
    await unit.session.flush()
    await start_what_may(unit, revision, before)
    if revision.playable_at is None and await _is_playable(unit, revision):
        await _mark_playable(unit, asset, revision)
    stages = await step_rows.stages(unit.session, revision.asset_id, revision.number)
    if encoding.outcome(stages) == "ready":
        await _mark_ready(unit, asset, revision)


async def _is_playable(unit: Unit, revision: Revision) -> bool:
    """The first chunk of the first rung, and the sound where there is one."""
    if revision.has_audio:
        sound = await asset_rows.sound(unit.session, revision.asset_id, revision.number)
        if sound is None:
            return False
    rungs = await asset_rows.renditions(unit.session, revision.asset_id, revision.number)
    first = next((rung for rung in rungs if rung.is_first), None)
    return first is None or encoding.present_prefix(first.sizes) > 0


async def _mark_playable(unit: Unit, asset: Asset, revision: Revision) -> None:
    revision.state, revision.playable_at = "playable", unit.now
    if asset.revision == 0:
        asset.revision, asset.state = revision.number, AssetState.PLAYABLE
        asset.reason, asset.changed_at = "", unit.now
        unit.publish(
            FirstRungReady(asset_id=asset.id, revision=revision.number, duration_ms=revision.duration_ms)
        )


async def _mark_ready(unit: Unit, asset: Asset, revision: Revision) -> None:
    """One pointer switches; what it pointed at goes away once nobody can still be watching it."""
    if asset.revision not in {0, revision.number}:
        old = await asset_rows.revision(unit.session, asset.id, asset.revision, lock=True)
        if old is not None:
            await supersede(unit, old, at=unit.now + KEPT_AFTER_REPLACED)
    revision.state, revision.ready_at, revision.reserved_bytes = "ready", unit.now, 0
    asset.revision, asset.state = revision.number, AssetState.READY
    asset.reason, asset.changed_at = "", unit.now
    unit.publish(AssetReady(asset_id=asset.id, revision=revision.number, duration_ms=revision.duration_ms))


async def supersede(unit: Unit, revision: Revision, *, at: datetime | None = None) -> None:
    """Another revision takes its place; what was made of it goes away, at once if it never played."""
    revision.state, revision.reserved_bytes = "replaced", 0
    await step_rows.close_open(unit.session, revision.asset_id, revision.number, encoding.CANCELLED, unit.now)
    drop = orders.DropRevision(asset_id=revision.asset_id, revision=revision.number)
    unit.enqueue(drop, at=at, unique=f"{revision.asset_id}/{revision.number}")


async def give_up(unit: Unit, asset: Asset, revision: Revision, reason: str) -> None:
    """An encoding failed for good; an asset that has an older revision goes on playing it."""
    revision.state, revision.reason, revision.reserved_bytes = "failed", reason, 0
    await step_rows.close_open(unit.session, revision.asset_id, revision.number, encoding.CANCELLED, unit.now)
    if asset.revision in {0, revision.number}:
        asset.state, asset.reason, asset.changed_at = AssetState.FAILED, reason, unit.now
    unit.publish(AssetFailed(asset_id=asset.id, revision=revision.number, reason=reason))
