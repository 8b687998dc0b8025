"""The rows themselves, for use cases that change them inside their unit."""

from suuupra.services.vod.tables import (
    Asset,
    Playback,
    Rendition,
    ResumePoint,
    Revision,
    Step,
    Track,
    Upload,
    Watched,
)

__all__ = [
    "Asset",
    "Playback",
    "Rendition",
    "ResumePoint",
    "Revision",
    "Step",
    "Track",
    "Upload",
    "Watched",
]
