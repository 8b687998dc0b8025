"""What may be opened: containers by their first bytes, codecs by name, and one protocol.

Nothing is ever guessed by a library: the demuxer is chosen here and named to whoever opens the file, so that
a playlist, a script or an image sequence has no way in.
"""

from collections.abc import Callable

HEAD_BYTES = 4096
FILE_ONLY = "file"
DEMUXERS = ("mov", "matroska", "avi", "mpegts", "flv", "wav", "mp3", "ogg")
STATES_ITS_LENGTH = {"mov", "matroska", "avi", "flv", "wav", "ogg"}

_MOV_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"uuid"}
_PLAYLISTS = (b"#EXTM3U", b"ffconcat", b"<?xml", b"<MPD", b"[playlist]", b"<smil", b"<asx")

_VIDEO_CODECS = """
h264 hevc vvc vp8 vp9 av1 mpeg4 mpeg2video mpeg1video mjpeg prores dnxhd vc1 wmv3 wmv2 wmv1 theora h263 flv1
msmpeg4v2 msmpeg4v3 qtrle rawvideo ffv1 png dvvideo cfhd huffyuv utvideo svq3 vp6 vp6f
"""
_AUDIO_CODECS = """
aac mp3 mp2 mp1 opus vorbis flac alac ac3 eac3 dts truehd wmav1 wmav2 amr_nb amr_wb speex nellymoser adpcm_ms
adpcm_ima_wav adpcm_ima_qt adpcm_swf gsm gsm_ms wavpack
"""
VIDEO_CODECS = frozenset(_VIDEO_CODECS.split())
AUDIO_CODECS = frozenset(_AUDIO_CODECS.split())


def is_known_codec(kind: str, name: str) -> bool:
    if kind == "audio":
        return name in AUDIO_CODECS or name.startswith("pcm_")
    return name in VIDEO_CODECS


def demuxer_of(head: bytes) -> str:
    """The demuxer for a file that starts like this; empty where none of ours fits."""
    return next((name for name, fits in SIGNS.items() if fits(head)), "")


def looks_like_playlist(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_PLAYLISTS)


def _beats(head: bytes, first: int, every: int) -> bool:
    """Whether MPEG-TS sync bytes stand at their three places."""
    return all(head[first + every * n : first + every * n + 1] == b"G" for n in range(3))


def _is_mpeg_audio(head: bytes) -> bool:
    """An ID3 tag, or the sync word of a layer III frame (ISO 11172-3, 2.4.2.3)."""
    return head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2)  # noqa: PLR2004 - bits


def _is_riff(head: bytes, form: bytes) -> bool:
    return head[:4] in {b"RIFF", b"RF64"} and head[8:12] == form


SIGNS: dict[str, Callable[[bytes], bool]] = {
    "mov": lambda head: head[4:8] in _MOV_BOXES,
    "matroska": lambda head: head.startswith(b"\x1aE\xdf\xa3"),
    "avi": lambda head: _is_riff(head, b"AVI "),
    "wav": lambda head: _is_riff(head, b"WAVE"),
    "flv": lambda head: head.startswith(b"FLV\x01"),
    "ogg": lambda head: head.startswith(b"OggS"),
    "mpegts": lambda head: _beats(head, 0, 188) or _beats(head, 4, 192),
    "mp3": _is_mpeg_audio,
}
