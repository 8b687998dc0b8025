"""The manifest of vod."""

from suuupra.kernel.audit import Audited
from suuupra.kernel.manifest import Built, Manifest, Tools
from suuupra.kernel.oversight import Figures
from suuupra.services.vod import jobs, tables
from suuupra.services.vod.api import (
    AssetFailed,
    AssetReady,
    Assets,
    FileScanned,
    FirstRungReady,
    Playback,
    PlaybackCompleted,
    PlaybackProgressed,
    PlaybackRights,
    PlaybackStarted,
    UploadRejected,
    Uploads,
)
from suuupra.services.vod.routes import (
    asset_routes,
    media_routes,
    playback_routes,
    progress_routes,
    tus_routes,
    upload_routes,
)
from suuupra.services.vod.service.ground import MANAGE, UPLOAD, VIEW, Ground
from suuupra.services.vod.service.vod import Vod
from suuupra.services.vod.settings import VodSettings


def build(tools: Tools) -> Built:
    """Uploads, encoding, playback."""
    settings = tools.settings(VodSettings)
    vod = Vod.on(
        Ground(
            work=tools.work,
            clock=tools.clock,
            objects=tools.objects,
            keys=tools.keys,
            leases=tools.leases,
            file_scan=tools.file_scan,
            cursors=tools.cursors,
            hub=tools.hub,
            settings=settings,
            rights=tools.plugged(PlaybackRights),
            faults=tools.faults,
        )
    )
    return Built(
        service=vod,
        ports={Uploads: vod.uploads, Assets: vod.assets, Playback: vod.playing},
        kernel_ports={Figures: vod.figures},
        jobs=jobs.table(vod.scanning, vod.encoding, vod.upkeep),
        routes=lambda: (
            *media_routes(vod.media),
            *tus_routes(vod.uploads, vod.receiving, settings.video_max_bytes),
            *playback_routes(vod.playing),
            *progress_routes(vod.assets),
            upload_routes(vod.uploads),
            asset_routes(vod.assets),
        ),
    )


MANIFEST = Manifest(
    name="vod",
    tier=2,
    summary="Makes recordings safe, small and playable anywhere, and serves them to those who may see them.",
    build=build,
    provides=(Uploads, Assets, Playback),
    declares=(PlaybackRights,),
    answers=(Figures,),
    publishes=(
        FileScanned,
        UploadRejected,
        FirstRungReady,
        AssetReady,
        AssetFailed,
        PlaybackStarted,
        PlaybackProgressed,
        PlaybackCompleted,
        Audited,
    ),
    jobs=jobs.JOBS,
    schedules=jobs.SCHEDULES,
    settings=VodSettings,
    permissions={
        UPLOAD: "Upload videos",
        VIEW: "See uploads and encodings of everybody",
        MANAGE: "Cancel, repeat and delete encodings of everybody",
    },
    role_permissions={
        "teacher": (UPLOAD,),
        "operator": (VIEW, MANAGE),
        "admin": (UPLOAD, VIEW, MANAGE),
    },
    paths=(
        "/media/*",
        "/api/v1/uploads",
        "/api/v1/uploads/*",
        "/api/v1/playbacks",
        "/api/v1/playbacks/*",
        "/api/v1/assets",
        "/api/v1/assets/*",
    ),
    tables=tables.Base.metadata,
)
