"""The jobs of vod. Those of an encoding name a step by its place; unique keys keep them single."""

from uuid import UUID

from suuupra.kernel.jobs import Job


class ScanUpload(Job, name="vod.scan", kind="normal"):
    """Look at what was received: malware, then whether and how it plays; then plan its encoding."""

    upload_id: UUID


class DropBytes(Job, name="vod.drop_bytes", kind="quick"):
    """Delete what was received of an upload that has ended. At least once."""

    upload_id: UUID


class StepJob(Job, name="vod.step", kind="encode"):
    """Base of all steps, never enqueued itself."""

    asset_id: UUID
    revision: int
    chunk: int = 0


class IndexSource(StepJob, name="vod.index", kind="encode", tries_max=6):
    """Copy the streams into a container with an index."""


class EncodeAudio(StepJob, name="vod.encode_audio", kind="encode", tries_max=6):
    """The whole sound."""


class EncodeFirst(StepJob, name="vod.encode_first", kind="encode", tries_max=6):
    """One chunk of the rung that runs ahead."""


class EncodeChunk(StepJob, name="vod.encode_chunk", kind="encode", tries_max=6):
    """One chunk of all other rungs, in one decode."""


class DrawPoster(StepJob, name="vod.stills", kind="encode", tries_max=3):
    """The poster."""


class Package(StepJob, name="vod.package", kind="encode", tries_max=6):
    """The progressive MP4."""


class DropRevision(Job, name="vod.drop_revision", kind="bulk"):
    """Delete what was made of a source that nobody plays any more. At least once."""

    asset_id: UUID
    revision: int


class ExpireUploads(Job, name="vod.expire_uploads", kind="quick"):
    """End uploads that rest for too long."""


class TendEncodings(Job, name="vod.tend_encodings", kind="quick"):
    """Wake what waits without a job, and give up steps that kill their worker."""


class SweepOrphans(Job, name="vod.sweep_orphans", kind="bulk"):
    """Delete objects that no row knows for a week, assets deleted 30 days ago, sessions of 13 months."""
