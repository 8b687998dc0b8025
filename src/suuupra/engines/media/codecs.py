"""The header of a track (moov): its clock, its kind and its codec in the words of RFC 6381."""

from dataclasses import dataclass

from suuupra.engines.media.boxes import (
    MEDIA_TIME_UNSET,
    Box,
    Defaults,
    boxes,
    damaged,
    find,
    need,
    top,
    unpack,
    version_and_flags,
)

VISUAL_HEADER = 78  # bytes of a VisualSampleEntry before its boxes
SOUND_HEADER = 28
DECODER_CONFIG, DECODER_SPECIFIC, ES = 0x04, 0x05, 0x03
AOT_ESCAPE = 31


@dataclass(frozen=True, slots=True)
class Header:
    """`priming_ticks` is what an edit list skips at the start; `kind` is "video" or "audio"."""

    kind: str
    codec: str
    timescale: int
    priming_ticks: int
    channels: int
    defaults: Defaults


def read_header(data: bytes) -> Header:
    """An init segment (ftyp, moov) of one track."""
    moov = top(data, b"moov")
    tracks = [one for one in boxes(data, moov.body, moov.end) if one.kind == b"trak"]
    if len(tracks) != 1:
        raise damaged("the header has not exactly one track")
    trak = tracks[0]
    hdlr = need(data, trak, b"mdia", b"hdlr")
    handler = data[hdlr.body + 8 : min(hdlr.body + 12, hdlr.end)]
    kind = {b"vide": "video", b"soun": "audio"}.get(handler)
    if kind is None:
        raise damaged("its track is neither picture nor sound")
    entry = _entry(data, need(data, trak, b"mdia", b"minf", b"stbl", b"stsd"))
    channels = unpack(">H", data, entry.body + 16, entry.end)[0] if kind == "audio" else 0
    return Header(
        kind,
        _codec(data, entry, kind),
        _timescale(data, need(data, trak, b"mdia", b"mdhd")),
        _priming(data, find(data, trak, b"edts", b"elst")),
        channels,
        _defaults(data, find(data, moov, b"mvex", b"trex")),
    )


def _timescale(data: bytes, mdhd: Box) -> int:
    version, _flags = version_and_flags(data, mdhd)
    (ticks,) = unpack(">I", data, mdhd.body + (20 if version else 12), mdhd.end)
    if not ticks:
        raise damaged("its clock stands still")
    return ticks


def _priming(data: bytes, elst: Box | None) -> int:
    if elst is None:
        return 0
    version, _flags = version_and_flags(data, elst)
    (count,) = unpack(">I", data, elst.body + 4, elst.end)
    if not count:
        return 0
    _duration, media_time = unpack(">QQ" if version else ">II", data, elst.body + 8, elst.end)
    is_unset = media_time >= MEDIA_TIME_UNSET
    return 0 if is_unset else media_time


def _defaults(data: bytes, trex: Box | None) -> Defaults:
    if trex is None:
        return Defaults()
    return Defaults(*unpack(">III", data, trex.body + 12, trex.end))


def _entry(data: bytes, stsd: Box) -> Box:
    entry = next(iter(boxes(data, stsd.body + 8, stsd.end)), None) if stsd.end - stsd.body > 8 else None  # noqa: PLR2004 - flags and count
    if entry is None:
        raise damaged("its codec is not named")
    return entry


def _codec(data: bytes, entry: Box, kind: str) -> str:
    room = VISUAL_HEADER if kind == "video" else SOUND_HEADER
    inner = Box(entry.kind, entry.start, min(entry.body + room, entry.end), entry.end)
    name = entry.kind.decode("latin-1")
    if name in {"avc1", "avc3"}:
        avcc = need(data, inner, b"avcC")
        _version, profile, compatibility, level = unpack(">4B", data, avcc.body, avcc.end)
        return f"{name}.{profile:02x}{compatibility:02x}{level:02x}"
    if name == "mp4a":
        return _mp4a(data, need(data, inner, b"esds"))
    if name in {"hvc1", "hev1"}:
        return f"{name}.{_hevc(data, need(data, inner, b'hvcC'))}"
    if name == "av01":
        return f"{name}.{_av1(data, need(data, inner, b'av1C'))}"
    return name


def _hevc(data: bytes, hvcc: Box) -> str:
    """ISO/IEC 14496-15, annex E.3: profile, compatibility reversed, tier and level, constraint bytes."""
    _version, general, compatibility = unpack(">BBI", data, hvcc.body, hvcc.end)
    constraints = bytes(unpack(">6B", data, hvcc.body + 6, hvcc.end)).rstrip(b"\0")
    (level,) = unpack(">B", data, hvcc.body + 12, hvcc.end)
    space = ("", "A", "B", "C")[general >> 6]
    tier = "H" if general & 0x20 else "L"
    reversed_bits = int(f"{compatibility:032b}"[::-1], 2)
    parts = [f"{space}{general & 0x1F}", f"{reversed_bits:X}", f"{tier}{level}"]
    return ".".join([*parts, *(f"{byte:X}" for byte in constraints)])


def _av1(data: bytes, av1c: Box) -> str:
    """AV1 Codec ISO Media File Format Binding, section 5: profile, level and tier, bit depth."""
    _marker, second, third = unpack(">3B", data, av1c.body, av1c.end)
    tier = "H" if third & 0x80 else "M"
    depth = (12 if third & 0x20 else 10) if third & 0x40 else 8
    return f"{second >> 5}.{second & 0x1F:02d}{tier}.{depth:02d}"


def _mp4a(data: bytes, esds: Box) -> str:
    """ISO/IEC 14496-1, 7.2.6: the object type of the decoder configuration, and of its specific part."""
    at, end = _descriptor(data, esds.body + 4, esds.end, ES)
    (flags,) = unpack(">B", data, at + 2, end)
    if flags & 0xE0:
        raise damaged("its sound is described in a way that is not read here")
    at, end = _descriptor(data, at + 3, end, DECODER_CONFIG)
    (object_type,) = unpack(">B", data, at, end)
    if object_type != 0x40:  # noqa: PLR2004 - MPEG-4 audio
        return f"mp4a.{object_type:02x}"
    at, end = _descriptor(data, at + 13, end, DECODER_SPECIFIC)
    (word,) = unpack(">H", data, at, end)
    audio_type = word >> 11
    if audio_type == AOT_ESCAPE:
        audio_type = 32 + (word >> 5 & 0x3F)
    return f"mp4a.40.{audio_type}"


def _descriptor(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """(start, end) of a descriptor's content; its length takes one to four bytes of seven bits."""
    (found,) = unpack(">B", data, at, end)
    if found != tag:
        raise damaged("its sound is not described")
    size = 0
    for place in range(at + 1, at + 5):
        (byte,) = unpack(">B", data, place, end)
        size = size << 7 | byte & 0x7F
        if not byte & 0x80:
            return place + 1, min(place + 1 + size, end)
    raise damaged("a descriptor has no end")
