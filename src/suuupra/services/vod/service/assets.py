"""Assets as their owners and operators see and steer them."""

from uuid import UUID

from suuupra.kernel.audit import audited
from suuupra.kernel.auth import Principal
from suuupra.kernel.call import principal
from suuupra.kernel.messages import Nothing
from suuupra.kernel.pagination import Page
from suuupra.kernel.problems import Forbidden
from suuupra.kernel.work import Unit
from suuupra.services.vod.api import Asset as AssetView
from suuupra.services.vod.api import (
    AssetQuery,
    AssetsQuery,
    AssetState,
    AssetUnknown,
    CancelEncoding,
    DeleteAsset,
    EncodingStep,
    NothingToEncode,
    Queue,
    QueueQuery,
    ReplaceSource,
    RetryEncoding,
    SetPolicy,
    UploadState,
    UploadSummary,
    UploadUnknown,
)
from suuupra.services.vod.rules import encoding
from suuupra.services.vod.service.ground import VIEW, Ground, is_house, may_manage
from suuupra.services.vod.service.scanning import found_again, plan_revision
from suuupra.services.vod.service.steps import give_up, start_what_may, supersede
from suuupra.services.vod.service.views import pace, pictures, view_of
from suuupra.services.vod.store import assets as asset_rows
from suuupra.services.vod.store import playbacks as playback_rows
from suuupra.services.vod.store import steps as step_rows
from suuupra.services.vod.store import uploads as upload_rows
from suuupra.services.vod.store.rows import Asset, Revision, Step, Upload

CANCELLED = "Encoding was cancelled."
DELETED = "This video was deleted."


class AssetDesk:
    """Implements the door `Assets`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def get(self, query: AssetQuery) -> AssetView:
        """For services, which decide themselves whom they show it."""
        async with self._ground.work.read() as session:
            asset = await asset_rows.one(session, query.id)
            if asset is None:
                raise AssetUnknown
            (picture,) = await pictures(session, [asset])
            return view_of(self._ground, picture, await pace(session))

    async def own(self, query: AssetQuery) -> AssetView:
        """For people: the owner and staff; `AssetUnknown` for anybody else."""
        who = principal()
        found = await self.get(query)
        if found.owner_id != who.person() and not who.may(VIEW):
            raise AssetUnknown
        return found

    async def page(self, query: AssetsQuery) -> Page[AssetView]:
        who = principal()
        if not is_house(who) and not who.may(VIEW) and query.owner_id != who.person():
            raise Forbidden(permission=VIEW)
        cursors = self._ground.cursors
        purpose = f"vod.assets:{query.owner_id}:{query.state}"
        position = cursors.read(purpose, query.cursor)
        before = UUID(position[0]) if position else None
        async with self._ground.work.read() as session:
            found = await asset_rows.page(session, query.owner_id, query.state, before, query.limit + 1)
            shown = found[: query.limit]
            queue = await pace(session)
            items = tuple(view_of(self._ground, picture, queue) for picture in await pictures(session, shown))
        more = len(found) > query.limit
        return Page(items=items, next=cursors.write(purpose, [str(shown[-1].id)]) if more else None)

    async def queue(self, query: QueueQuery) -> Queue:  # noqa: ARG002 - every question has its message
        who = principal()
        if not is_house(who):
            who.require(VIEW)
        free, total = await self._ground.objects.free_bytes()
        now = self._ground.clock.now()
        async with self._ground.work.read() as session:
            queue = await pace(session)
            return Queue(
                uploads=tuple(_summary(upload) for upload in await upload_rows.running(session, now)),
                steps=tuple(_step(step, name) for step, name in await step_rows.queue(session)),
                waiting_steps=await step_rows.waiting_count(session),
                eta_s=encoding.seconds_left(sum(queue.frames_by_owner.values()), queue.frames_per_s),
                free_bytes=free,
                total_bytes=total,
                reserved_bytes=await upload_rows.reserved_bytes(session),
            )

    async def retry(self, command: RetryEncoding) -> AssetView:
        who = principal()
        async with self._ground.work.begin() as unit:
            if known := await unit.once(command, AssetView):
                return known
            asset, revision = await _steered(unit, command.asset_id, who)
            if revision is None or revision.state not in {"failed", "cancelled"}:
                raise NothingToEncode
            await step_rows.reopen(unit.session, asset.id, revision.number, unit.now)
            revision.state = "playable" if revision.playable_at else "preparing"
            revision.reason = ""
            if asset.revision in {0, revision.number}:
                asset.state = AssetState.PLAYABLE if revision.playable_at else AssetState.PREPARING
                asset.reason, asset.changed_at = "", unit.now
            await unit.session.flush()
            await start_what_may(unit, revision)
            _tell(unit, who, asset, "vod.encoding.retried", command.reason)
            return unit.answer(await self._shown(unit, asset))

    async def cancel(self, command: CancelEncoding) -> AssetView:
        who = principal()
        async with self._ground.work.begin() as unit:
            if known := await unit.once(command, AssetView):
                return known
            asset, revision = await _steered(unit, command.asset_id, who)
            if revision is None or revision.state not in asset_rows.MAKING:
                raise NothingToEncode
            await give_up(unit, asset, revision, CANCELLED)
            revision.state = "cancelled"
            _tell(unit, who, asset, "vod.encoding.cancelled", command.reason)
            return unit.answer(await self._shown(unit, asset))

    async def replace(self, command: ReplaceSource) -> AssetView:
        who = principal()
        async with self._ground.work.begin() as unit:
            if known := await unit.once(command, AssetView):
                return known
            upload = await upload_rows.one(unit.session, command.upload_id, lock=True)
            asset, _ = await _steered(unit, command.asset_id, who)
            if upload is None or upload.owner_id != asset.owner_id:
                raise UploadUnknown
            await _adopt(unit, asset, upload)
            _tell(unit, who, asset, "vod.asset.replaced", "")
            return unit.answer(await self._shown(unit, asset))

    async def set_policy(self, command: SetPolicy) -> AssetView:
        who = principal()
        async with self._ground.work.begin() as unit:
            asset, _ = await _steered(unit, command.asset_id, who)
            asset.visibility, asset.changed_at = command.visibility, unit.now
            _tell(unit, who, asset, "vod.asset.policy_set", command.visibility)
            return await self._shown(unit, asset)

    async def delete(self, command: DeleteAsset) -> Nothing:
        who = principal()
        async with self._ground.work.begin() as unit:
            asset, revision = await _steered(unit, command.asset_id, who, also_deleted=True)
            if asset.state == AssetState.DELETED:
                return Nothing()
            if revision is not None and revision.state in asset_rows.MAKING:
                await give_up(unit, asset, revision, DELETED)
            asset.state, asset.deleted_at, asset.changed_at = AssetState.DELETED, unit.now, unit.now
            await playback_rows.revoke_asset(unit.session, asset.id, unit.now, DELETED)
            _tell(unit, who, asset, "vod.asset.deleted", command.reason)
        return Nothing()

    async def _shown(self, unit: Unit, asset: Asset) -> AssetView:
        await unit.session.flush()
        (picture,) = await pictures(unit.session, [asset])
        return view_of(self._ground, picture, await pace(unit.session))


async def _steered(
    unit: Unit, asset_id: UUID, who: Principal, *, also_deleted: bool = False
) -> tuple[Asset, Revision | None]:
    """Asset and newest revision, locked, for whoever may steer them; `AssetUnknown` for anybody else."""
    asset = await asset_rows.one(unit.session, asset_id, lock=True)
    if asset is None or not may_manage(who, asset.owner_id):
        raise AssetUnknown
    if asset.state == AssetState.DELETED and not also_deleted:
        raise AssetUnknown
    newest = await asset_rows.newest_revision(unit.session, asset.id)
    if newest is not None:
        newest = await asset_rows.revision(unit.session, asset.id, newest.number, lock=True)
    return asset, newest


def _tell(unit: Unit, who: Principal, asset: Asset, action: str, reason: str) -> None:
    """What staff does to somebody else's video is audited."""
    if who.is_person and who.subject != asset.owner_id:
        unit.publish(audited(action, f"asset:{asset.id}", reason=reason, after={"state": asset.state}))


async def _adopt(unit: Unit, asset: Asset, upload: Upload) -> None:
    """Point an upload at another asset. One that was planned already is planned anew from the same bytes."""
    if upload.state in {UploadState.REJECTED, UploadState.EXPIRED}:
        raise UploadUnknown
    if upload.asset_id == asset.id:
        return
    former = await asset_rows.one(unit.session, upload.asset_id, lock=True)
    source = await asset_rows.of_upload(unit.session, upload.id)
    upload.asset_id = upload.replaces = asset.id
    if source is not None:
        found = found_again(source, upload)
        revision = await plan_revision(unit, asset, upload, found)
        revision.index_key = source.index_key
        await supersede(unit, source)
    if former is not None:
        former.state, former.deleted_at = AssetState.DELETED, unit.now


def _summary(upload: Upload) -> UploadSummary:
    return UploadSummary(
        id=upload.id,
        owner_id=upload.owner_id,
        name=upload.name,
        state=upload.state,
        offset_bytes=upload.offset_bytes,
        length_bytes=upload.length_bytes,
        at=upload.changed_at,
    )


def _step(step: Step, name: str) -> EncodingStep:
    return EncodingStep(
        asset_id=step.asset_id,
        owner_id=step.owner_id,
        name=name,
        step=f"{step.name} {step.chunk + 1}" if step.name in {"first", "rest"} else step.name,
        state=step.state,
        frames_done=step.frames_done,
        frames_total=step.frames_total,
        tries=step.tries,
        error=step.error,
    )
