"""Where a video stands, in words and as a bar."""

from dataclasses import dataclass

from suuupra.services.vod.api import Asset, AssetState, UploadState

MAXIMUM = 1000
SOON_S = 45


@dataclass(frozen=True)
class Stand:
    """A bar and a sentence; `state` is `done` or `failed` at the end."""

    value: int
    maximum: int
    text: str
    state: str

    @property
    def has_ended(self) -> bool:
        """Nothing more will come."""
        return self.state in {"done", "failed"}


def stand_of(asset: Asset) -> Stand:
    """What is true of the newest source of an asset."""
    if asset.state == AssetState.DELETED:
        return Stand(0, MAXIMUM, "This video was deleted", "failed")
    if asset.replacing is not None or asset.making:
        return _coming(asset, "a new version")
    if asset.state == AssetState.READY:
        return Stand(MAXIMUM, MAXIMUM, "Ready", "done")
    if asset.state == AssetState.FAILED:
        return Stand(asset.permille, MAXIMUM, asset.reason or "This video could not be prepared", "failed")
    return _coming(asset, "")


def _coming(asset: Asset, what: str) -> Stand:
    of = f" {what}" if what else ""
    words = {
        UploadState.CREATED: f"Waiting for the file{of and ' of' + of}",
        UploadState.RECEIVING: f"Uploading{of}",
        UploadState.SCANNING: f"Checking{of} for viruses",
        UploadState.PROBING: f"Looking at{of or ' the file'}",
    }
    if asset.upload_state in words:
        waits = f": {asset.reason}" if asset.reason else ""
        return Stand(0, MAXIMUM, words[UploadState(asset.upload_state)] + waits, asset.upload_state)
    is_playable = asset.state == AssetState.PLAYABLE and not asset.making
    text = f"Encoding{of} {asset.permille // 10} %{_left(asset.eta_s)}"
    if is_playable:
        text += ", the beginning plays already"
    return Stand(asset.permille, MAXIMUM, text, "playable" if is_playable else "encoding")


def _left(eta_s: float | None) -> str:
    if eta_s is None:
        return ""
    return ", a moment left" if eta_s < SOON_S else f", about {max(1, round(eta_s / 60))} min left"
