"""The life of an upload: which state follows which, whether a file goes on, and what its first bytes say."""

from dataclasses import dataclass

from suuupra.services.vod.api import UploadState

HEAD_BYTES = 1024 * 1024
PRINTABLE_MIN = 0x20
DELETE = 0x7F
TEXT_SAMPLE_BYTES = 4096
TEXT_LEAST_BYTES = 512
OPEN = frozenset({UploadState.CREATED, UploadState.RECEIVING})
WORKING = frozenset({UploadState.SCANNING, UploadState.PROBING})
ENDED = frozenset({UploadState.ACCEPTED, UploadState.REJECTED, UploadState.EXPIRED})
FOLLOWS: dict[UploadState, frozenset[UploadState]] = {
    UploadState.CREATED: frozenset(
        {UploadState.RECEIVING, UploadState.SCANNING, UploadState.REJECTED, UploadState.EXPIRED}
    ),
    UploadState.RECEIVING: frozenset({UploadState.SCANNING, UploadState.REJECTED, UploadState.EXPIRED}),
    UploadState.SCANNING: frozenset({UploadState.PROBING, UploadState.REJECTED}),
    UploadState.PROBING: frozenset({UploadState.ACCEPTED, UploadState.REJECTED}),
    UploadState.ACCEPTED: frozenset(),
    UploadState.REJECTED: frozenset(),
    UploadState.EXPIRED: frozenset(),
}
VIDEO_TYPES = ("video/", "audio/")
NEUTRAL_TYPES = frozenset({"", "application/octet-stream", "application/mp4", "application/x-matroska"})
# Beginnings of files that are certainly no media; what is not listed here the probe decides.
FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"#EXTM3U", "a playlist"),
    (b"PK\x03\x04", "an archive or an office document"),
    (b"PK\x05\x06", "an archive or an office document"),
    (b"Rar!", "an archive"),
    (b"7z\xbc\xaf\x27\x1c", "an archive"),
    (b"\x1f\x8b", "an archive"),
    (b"%PDF", "a PDF document"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
)


def may_follow(state: UploadState, wanted: UploadState) -> bool:
    """Whether an upload in `state` may turn to `wanted`."""
    return wanted in FOLLOWS[state]


def is_video_type(media_type: str) -> bool:
    """Whether a stated type may be a video; many programs state none, and the bytes are looked at anyway."""
    bare = media_type.partition(";")[0].strip().lower()
    return bare in NEUTRAL_TYPES or bare.startswith(VIDEO_TYPES)


@dataclass(frozen=True)
class Claim:
    """What somebody who resumes says about the file at hand; None where nothing is said."""

    name: str | None = None
    length_bytes: int | None = None
    head_sha256: str | None = None


def is_same_file(kept: Claim, claim: Claim) -> bool:
    """Whether the claim contradicts what was said at the beginning. A hash counts where both have one."""
    if claim.name is not None and claim.name != kept.name:
        return False
    if claim.length_bytes is not None and claim.length_bytes != kept.length_bytes:
        return False
    hashes = (kept.head_sha256 or None, claim.head_sha256 or None)
    return None in hashes or hashes[0] == hashes[1]


def foreign_kind(head: bytes, *, is_whole: bool) -> str:
    """What a file certainly is instead of media, in words; empty where it may be media.

    A few first bytes of a longer file say nothing about text.
    """
    for beginning, words in FOREIGN:
        if head.startswith(beginning):
            return words
    sample = head[:TEXT_SAMPLE_BYTES].removeprefix(b"\xef\xbb\xbf")
    if sample and b"#EXTM3U" in sample[:256]:
        return "a playlist"
    says_enough = is_whole or len(sample) >= TEXT_LEAST_BYTES
    return "text" if says_enough and sample and all(_is_text(sign) for sign in sample) else ""


def _is_text(sign: int) -> bool:
    return (sign >= PRINTABLE_MIN and sign != DELETE) or sign in b"\t\n\r\f"
