"""Settings of vod. `SUUUPRA_VOD_…`; every default suits a laptop."""

from typing import ClassVar, Literal

from pydantic import Field

from suuupra.kernel.settings import Settings

GIB = 1024**3
MIB = 1024**2


class VodSettings(Settings):
    """Sizes in bytes. The folder and the account of encoders are given by whoever runs the house."""

    section: ClassVar[str] = "vod"
    video_max_bytes: int = Field(default=20 * GIB, ge=1, description="Largest video")
    owner_max_bytes: int = Field(default=50 * GIB, ge=1, description="Space that one owner may fill")
    uploads_max: int = Field(default=3, ge=1, description="Uploads of one owner at the same time")
    upload_kept_h: int = Field(default=24, ge=1, description="Hours that a resting upload is kept")
    chunk_bytes: int = Field(default=8 * MIB, ge=64 * 1024, description="Bytes of one turn of an upload")
    reserve_bytes: int = Field(default=5 * GIB, ge=0, description="Disk space that uploads may not take")
    reserve_percent: float = Field(default=10.0, ge=0, le=100, description="The same as a share of the disk")
    unscanned: Literal["accept", "refuse"] = Field(
        default="accept", description="What happens to a video that no malware scanner has seen"
    )
    ffmpeg: str = Field(default="", description="Path of another ffmpeg than the shipped one")
    encode_folder: str = Field(default="", description="Where encoders work; empty: a temporary folder")
    encode_account: str = Field(default="", description="Account that encoders run as, when we are root")
    encode_threads: int = Field(default=0, ge=0, le=64, description="Threads of one encoder, 0 for all")
    grant_ttl_s: int = Field(default=600, ge=30, le=21_600, description="Seconds that a grant to play lives")
    beat_s: int = Field(default=10, ge=1, le=60, description="Seconds between two beats of a player")
    right_ttl_s: int = Field(default=30, ge=0, le=600, description="Seconds that a right is believed")
