"""Keeping house: what rests too long ends, what waits without a job is woken, what nobody knows goes away."""

import re
from datetime import timedelta
from uuid import UUID

from suuupra.kernel.stores import StoredObject
from suuupra.services.vod.api import UploadState
from suuupra.services.vod.rules import encoding
from suuupra.services.vod.service import orders
from suuupra.services.vod.service.encoding import GAVE_UP
from suuupra.services.vod.service.ground import Ground, incoming_key, index_key, log, prefix, source_key
from suuupra.services.vod.service.steps import enqueue_step, give_up, refuse_upload
from suuupra.services.vod.store import assets as asset_rows
from suuupra.services.vod.store import playbacks as playback_rows
from suuupra.services.vod.store import steps as step_rows
from suuupra.services.vod.store import uploads as upload_rows
from suuupra.services.vod.store.rows import Revision

LEFT = "It was left for too long. Please start the upload anew."
UNATTENDED = timedelta(minutes=10)
ORPHAN_AGE = timedelta(days=7)
DELETED_KEPT = timedelta(days=30)
PLAYBACKS_KEPT = timedelta(days=396)
TRIES_UNENDED_MAX = 8
OBJECT = re.compile(
    r"vod/(?:sources|incoming|indexed)/(?P<upload>[0-9a-f-]{36})|vod/(?P<asset>[0-9a-f-]{36})/.+"
)
PAGE = 1000


class Upkeep:
    """Use cases that the clock starts."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def expire(self, _: orders.ExpireUploads) -> None:
        """End uploads that nobody went on with."""
        async with self._ground.work.read() as session:
            late = await upload_rows.late(session, self._ground.clock.now())
        for upload_id in late:
            async with self._ground.work.begin() as unit:
                upload = await upload_rows.one(unit.session, upload_id, lock=True)
                if upload is not None and upload.expires_at <= unit.now:
                    await refuse_upload(unit, upload, UploadState.EXPIRED, LEFT)
        async with self._ground.work.begin() as unit:
            unit.finish()

    async def drop_bytes(self, job: orders.DropBytes) -> None:
        """Of an accepted upload only the copy that came by PUT. At least once."""
        async with self._ground.work.read() as session:
            upload = await upload_rows.one(session, job.upload_id)
        if upload is None or upload.state not in {UploadState.ACCEPTED, *upload_ends()}:
            return
        await self._ground.objects.delete(incoming_key(job.upload_id))
        if upload.state != UploadState.ACCEPTED:
            await self._ground.objects.staged(source_key(job.upload_id)).discard()
            await self._ground.objects.delete(source_key(job.upload_id))

    async def tend(self, _: orders.TendEncodings) -> None:
        """Steps whose job died get another one, unless they take their worker with them each time."""
        async with self._ground.work.read() as session:
            waiting = await step_rows.open_of_making(session)
            unseen = await upload_rows.unattended(session, self._ground.clock.now() - UNATTENDED)
        for place in {(step.asset_id, step.revision) for step in waiting}:
            await self._tend(place)
        async with self._ground.work.begin() as unit:
            for upload in unseen:
                unit.enqueue(orders.ScanUpload(upload_id=upload.id), unique=f"scan:{upload.id}")
            unit.finish()

    async def _tend(self, place: tuple[UUID, int]) -> None:
        async with self._ground.work.begin() as unit:
            asset = await asset_rows.one(unit.session, place[0], lock=True)
            revision = await asset_rows.revision(unit.session, *place, lock=True)
            if asset is None or revision is None or revision.state not in asset_rows.MAKING:
                return
            steps = await step_rows.of_revision(unit.session, *place)
            if any(step.tries >= TRIES_UNENDED_MAX and step.name not in encoding.OPTIONAL for step in steps):
                await give_up(unit, asset, revision, GAVE_UP)
                return
            now = encoding.may_start(encoding.Stage(step.name, step.state) for step in steps)
            for step in steps:
                is_still = step.changed_at < unit.now - UNATTENDED
                if step.name in now and step.state not in encoding.ENDED and is_still:
                    enqueue_step(unit, step)

    async def drop_revision(self, job: orders.DropRevision) -> None:
        """Delete what was made of a source, and the source where no other revision is made of it."""
        async with self._ground.work.read() as session:
            revision = await asset_rows.revision(session, job.asset_id, job.revision)
            asset = await asset_rows.one(session, job.asset_id)
        is_live = asset is not None and asset.state != "deleted" and asset.revision == job.revision
        if revision is not None and not is_live:
            await self._drop(revision)

    async def _drop(self, revision: Revision) -> None:
        if revision.state == "dropped":
            return
        await self._delete_below(f"{prefix(revision.asset_id, revision.number)}/")
        await self._delete_source(revision)
        async with self._ground.work.begin() as unit:
            row = await asset_rows.revision(unit.session, revision.asset_id, revision.number, lock=True)
            if row is not None:
                row.state, row.stored_bytes, row.reserved_bytes = "dropped", 0, 0

    async def _delete_source(self, revision: Revision) -> None:
        async with self._ground.work.read() as session:
            if await asset_rows.is_source_shared(session, revision):
                return
        await self._ground.objects.delete(revision.source_key)
        await self._ground.objects.delete(index_key(revision.upload_id))

    async def _delete_below(self, start: str) -> None:
        while found := await self._ground.objects.page(start, "", PAGE):
            for stored in found:
                await self._ground.objects.delete(stored.key)

    async def sweep(self, _: orders.SweepOrphans) -> None:
        """At least once; everything in it may be done again."""
        now = self._ground.clock.now()
        async with self._ground.work.read() as session:
            gone = await asset_rows.deleted_before(session, now - DELETED_KEPT)
        for asset in gone:
            await self._purge(asset.id)
        async with self._ground.work.begin() as unit:
            await playback_rows.forget_before(unit.session, now - PLAYBACKS_KEPT)
        swept = await self._sweep_objects()
        log.info("vod.swept", assets=len(gone), objects=swept)

    async def _purge(self, asset_id: UUID) -> None:
        async with self._ground.work.read() as session:
            revisions = await asset_rows.revisions(session, asset_id)
        for revision in revisions:
            await self._drop(revision)
        async with self._ground.work.begin() as unit:
            await asset_rows.purge(unit.session, asset_id)

    async def _sweep_objects(self) -> int:
        before = self._ground.clock.now() - ORPHAN_AGE
        after, swept = "", 0
        while found := await self._ground.objects.page("vod/", after, PAGE):
            after = found[-1].key
            old = [stored for stored in found if stored.modified_at < before]
            for stored in await self._orphans(old):
                await self._ground.objects.delete(stored.key)
                swept += 1
        return swept

    async def _orphans(self, old: list[StoredObject]) -> list[StoredObject]:
        """Those whose upload or asset no row knows."""
        ids = {stored.key: OBJECT.fullmatch(stored.key) for stored in old}

        def named(group: str) -> list[UUID]:
            return [UUID(found[group]) for found in ids.values() if found and found[group]]

        async with self._ground.work.read() as session:
            known = await upload_rows.known(session, named("upload"))
            known |= await asset_rows.known(session, named("asset"))
        return [
            stored
            for stored in old
            if (found := ids[stored.key]) and UUID(found["upload"] or found["asset"]) not in known
        ]


def upload_ends() -> frozenset[UploadState]:
    """Ends after which nothing of the bytes is wanted."""
    return frozenset({UploadState.REJECTED, UploadState.EXPIRED})
