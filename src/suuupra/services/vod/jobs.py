"""Which use case runs which job of vod, and when."""

from suuupra.kernel.jobs import JobTable, Schedule
from suuupra.services.vod.service.encoding import Encoding
from suuupra.services.vod.service.orders import (
    DrawPoster,
    DropBytes,
    DropRevision,
    EncodeAudio,
    EncodeChunk,
    EncodeFirst,
    ExpireUploads,
    IndexSource,
    Package,
    ScanUpload,
    SweepOrphans,
    TendEncodings,
)
from suuupra.services.vod.service.scanning import Scanning
from suuupra.services.vod.service.upkeep import Upkeep

SCHEDULES = (
    Schedule(ExpireUploads(), every_s=3600),
    Schedule(TendEncodings(), every_s=600),
    Schedule(SweepOrphans(), cron="40 3 * * *"),
)
JOBS = (
    ScanUpload,
    IndexSource,
    EncodeAudio,
    EncodeFirst,
    EncodeChunk,
    DrawPoster,
    Package,
    DropBytes,
    DropRevision,
    ExpireUploads,
    TendEncodings,
    SweepOrphans,
)


def table(scanning: Scanning, encoding: Encoding, upkeep: Upkeep) -> JobTable:
    """One line each."""
    return {
        ScanUpload: scanning.scan,
        IndexSource: encoding.index,
        EncodeAudio: encoding.audio,
        EncodeFirst: encoding.first,
        EncodeChunk: encoding.rest,
        DrawPoster: encoding.poster,
        Package: encoding.package,
        DropBytes: upkeep.drop_bytes,
        DropRevision: upkeep.drop_revision,
        ExpireUploads: upkeep.expire,
        TendEncodings: upkeep.tend,
        SweepOrphans: upkeep.sweep,
    }
