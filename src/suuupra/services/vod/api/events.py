"""What vod tells."""

from uuid import UUID

from suuupra.kernel.messages import Event


class FileScanned(Event, wire="vod.file_scanned.v1", key="asset_id"):
    """A file was looked at: `clean`, `infected` or `not_scanned`."""

    asset_id: UUID
    upload_id: UUID
    scan_state: str


class UploadRejected(Event, wire="vod.upload_rejected.v1", key="asset_id"):
    """Refused, expired or taken back, with a sentence; `is_replacement`: the asset itself stays as it was."""

    asset_id: UUID
    upload_id: UUID
    reason: str
    is_replacement: bool = False
    is_taken_back: bool = False


class FirstRungReady(Event, wire="vod.first_rung_ready.v1", key="asset_id"):
    """The beginning can be played."""

    asset_id: UUID
    revision: int
    duration_ms: int


class AssetReady(Event, wire="vod.asset_ready.v1", key="asset_id", alias="video.transcoded"):
    """All rungs are there."""

    asset_id: UUID
    revision: int
    duration_ms: int


class AssetFailed(Event, wire="vod.asset_failed.v1", key="asset_id"):
    """Encoding gave up, with a sentence."""

    asset_id: UUID
    revision: int
    reason: str


class PlaybackStarted(Event, wire="vod.playback_started.v1", key="playback_id"):
    """Somebody presses play."""

    playback_id: UUID
    asset_id: UUID
    context_ref: str
    subject: UUID | None = None


class PlaybackProgressed(Event, wire="vod.playback_progressed.v1", key="playback_id"):
    """New intervals, credited by the server's clock, and the position."""

    playback_id: UUID
    asset_id: UUID
    context_ref: str
    position_ms: int
    intervals: tuple[tuple[int, int], ...] = ()
    subject: UUID | None = None
    duration_ms: int = 0


class PlaybackCompleted(Event, wire="vod.playback_completed.v1", key="playback_id"):
    """At least 90 % of it was watched in this session."""

    playback_id: UUID
    asset_id: UUID
    context_ref: str
    subject: UUID | None = None
