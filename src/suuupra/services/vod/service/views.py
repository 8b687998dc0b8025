"""What others see of an asset: its rows put together, with how far it is and how long it will take."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from suuupra.kernel.session import Session
from suuupra.services.vod.api import Asset as AssetView
from suuupra.services.vod.api import AssetState, RungState, UploadState
from suuupra.services.vod.rules import encoding
from suuupra.services.vod.service.ground import POSTER, Ground, prefix
from suuupra.services.vod.store import assets as asset_rows
from suuupra.services.vod.store import steps as step_rows
from suuupra.services.vod.store import uploads as upload_rows
from suuupra.services.vod.store.rows import Asset, Rendition, Revision, Upload


@dataclass
class Picture:
    """The rows of one asset. `live` is the revision that plays; `stages` are those of the `newest`."""

    asset: Asset
    upload: Upload | None = None
    newest: Revision | None = None
    live: Revision | None = None
    rungs: list[Rendition] = field(default_factory=list)
    stages: list[encoding.Stage] = field(default_factory=list)


@dataclass(frozen=True)
class Pace:
    """The queue as it is: frames by owner, and how fast encoders are."""

    frames_by_owner: dict[str, int]
    frames_per_s: float

    def eta_s(self, owner_id: UUID) -> float | None:
        """Seconds until everything of this owner is encoded, by turns with the others."""
        frames = encoding.waiting_frames(self.frames_by_owner, str(owner_id))
        return encoding.seconds_left(frames, self.frames_per_s)


async def pace(session: Session) -> Pace:
    """Read the queue."""
    return Pace(await step_rows.waiting_frames(session), await step_rows.frames_per_s(session))


async def pictures(session: Session, found: Sequence[Asset]) -> list[Picture]:
    """The rows of many assets in a handful of queries."""
    ids = [asset.id for asset in found]
    uploads = await upload_rows.newest_of_assets(session, ids)
    revisions = await asset_rows.revisions_of(session, ids)
    rungs = await asset_rows.renditions_of(session, ids)
    newest = {asset_id: several[-1] for asset_id, several in revisions.items() if several}
    stages = await step_rows.stages_of(session, [(one.asset_id, one.number) for one in newest.values()])
    return [
        Picture(
            asset,
            upload=uploads.get(asset.id),
            newest=newest.get(asset.id),
            live=next((one for one in revisions[asset.id] if one.number == asset.revision), None),
            rungs=[rung for rung in rungs if rung.asset_id == asset.id],
            stages=stages.get(asset.id, []),
        )
        for asset in found
    ]


def view_of(ground: Ground, picture: Picture, queue: Pace) -> AssetView:
    """One asset as its owner and operators see it."""
    asset, newest, upload = picture.asset, picture.newest, picture.upload
    is_making = newest is not None and newest.state in asset_rows.MAKING
    shown = picture.live or newest
    number = newest.number if newest else 0
    replacing = upload.id if upload and upload.replaces and upload.state != UploadState.REJECTED else None
    return AssetView(
        id=asset.id,
        owner_id=asset.owner_id,
        name=asset.name,
        state=AssetState(asset.state),
        revision=asset.revision or number or 1,
        making=number if is_making and asset.revision not in {0, number} else 0,
        duration_ms=shown.duration_ms if shown else 0,
        width=shown.width if shown else 0,
        height=shown.height if shown else 0,
        has_audio=shown.has_audio if shown else True,
        permille=encoding.permille(picture.stages) if newest else 0,
        eta_s=queue.eta_s(asset.owner_id) if is_making else None,
        reason=asset.reason or (newest.reason if newest else "") or (upload.reason if upload else ""),
        scan_state=upload.scan_state if upload else "",
        upload_state=upload.state if upload else "",
        rungs=tuple(_rung(rung) for rung in picture.rungs if rung.revision == (asset.revision or number)),
        poster_url=_poster_url(ground, asset, shown),
        created_at=asset.created_at,
        replacing=replacing if replacing and not _is_done(upload, newest) else None,
        visibility=asset.visibility,
    )


def _is_done(upload: Upload | None, newest: Revision | None) -> bool:
    """The replacement has become the revision that plays, or failed to."""
    return bool(upload and newest and newest.upload_id == upload.id and newest.state not in asset_rows.MAKING)


def _rung(rung: Rendition) -> RungState:
    return RungState(height=rung.height, state=rung.state, average_kbps=rung.average_kbps)


def _poster_url(ground: Ground, asset: Asset, shown: Revision | None) -> str:
    """A signed address of a few minutes, for lists; players get theirs with the plan."""
    if shown is None or not shown.has_poster or asset.state == AssetState.DELETED:
        return ""
    return ground.objects.sign("GET", f"{prefix(asset.id, shown.number)}/{POSTER}")
