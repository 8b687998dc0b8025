"""ISO base media file format (ISO/IEC 14496-12) as bytes: boxes, the header of a track, one fragment.

Reads only what it is given and believes nothing of it: whatever does not add up is
`NotPlayable(reason="boxes")`, and no count is followed further than the bytes that carry it.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from suuupra.engines.media.problems import NotPlayable

SAMPLES_MAX = 1 << 20  # a fragment; a count without bytes behind it could claim four thousand million
NON_SYNC = 0x0001_0000
SYNC_FLAGS = 0x0200_0000  # depends on no other sample
MEDIA_TIME_UNSET = (1 << 32) - 1

TFHD_OFFSET, TFHD_DESCRIPTION, TFHD_DURATION, TFHD_SIZE, TFHD_FLAGS = 0x1, 0x2, 0x8, 0x10, 0x20
TFHD_BASE_IS_MOOF = 0x20000
TRUN_OFFSET, TRUN_FIRST_FLAGS, TRUN_DURATION, TRUN_SIZE, TRUN_FLAGS, TRUN_CTS = (
    0x1,
    0x4,
    0x100,
    0x200,
    0x400,
    0x800,
)


@dataclass(frozen=True, slots=True)
class Box:
    """`start` to `end` with its header, `body` where its content begins."""

    kind: bytes
    start: int
    body: int
    end: int


@dataclass(frozen=True, slots=True)
class Defaults:
    """Of a sample that does not say (trex, tfhd)."""

    duration: int = 0
    size: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Fragment:
    """One moof with one track. `sizes` in bytes and in order; times in ticks."""

    sequence: int
    start_ticks: int
    duration_ticks: int
    sizes: tuple[int, ...]
    is_independent: bool


def damaged(what: str) -> NotPlayable:
    return NotPlayable(f"The file is damaged: {what}.", reason="boxes")


def unpack(form: str, data: bytes, at: int, end: int) -> tuple[int, ...]:
    """`struct.unpack_from` that never reads past `end`."""
    if at + struct.calcsize(form) > end or end > len(data):
        raise damaged("a box is shorter than its fields")
    return struct.unpack_from(form, data, at)


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes between two places, side by side; together they must fill the room exactly."""
    end = len(data) if end is None else end
    while start < end:
        size, kind_number = unpack(">II", data, start, end)
        body = start + 8
        if size == 1:
            (size,) = unpack(">Q", data, body, end)
            body += 8
        elif size == 0:
            size = end - start
        if start + size > end or start + size < body:
            raise damaged("a box is larger than the one around it")
        yield Box(kind_number.to_bytes(4, "big"), start, body, start + size)
        start += size


def find(data: bytes, inside: Box, *path: bytes) -> Box | None:
    """The first box along a path of kinds."""
    found: Box | None = inside
    for kind in path:
        if found is None:
            return None
        found = next((box for box in boxes(data, found.body, found.end) if box.kind == kind), None)
    return found


def need(data: bytes, inside: Box, *path: bytes) -> Box:
    found = find(data, inside, *path)
    if found is None:
        raise damaged(f"{b'/'.join(path).decode('latin-1')} is missing")
    return found


def top(data: bytes, kind: bytes) -> Box:
    """The one top-level box of this kind."""
    found = next((box for box in boxes(data) if box.kind == kind), None)
    if found is None:
        raise damaged(f"{kind.decode('latin-1')} is missing")
    return found


def version_and_flags(data: bytes, box: Box) -> tuple[int, int]:
    (word,) = unpack(">I", data, box.body, box.end)
    return word >> 24, word & 0xFFFFFF


def read_fragment(data: bytes, defaults: Defaults) -> Fragment:
    """A moof of one track."""
    moof = top(data, b"moof")
    (sequence,) = unpack(">I", data, need(data, moof, b"mfhd").body + 4, moof.end)
    tracks = [box for box in boxes(data, moof.body, moof.end) if box.kind == b"traf"]
    if len(tracks) != 1:
        raise damaged("a fragment has not exactly one track")
    traf = tracks[0]
    own = _own_defaults(data, need(data, traf, b"tfhd"), defaults)
    tfdt = need(data, traf, b"tfdt")
    wide, _flags = version_and_flags(data, tfdt)
    (start_ticks,) = unpack(">Q" if wide else ">I", data, tfdt.body + 4, tfdt.end)
    runs = [_run(data, box, own) for box in boxes(data, traf.body, traf.end) if box.kind == b"trun"]
    return Fragment(
        sequence,
        start_ticks,
        sum(duration for duration, _sizes, _flags in runs),
        tuple(size for _duration, sizes, _flags in runs for size in sizes),
        bool(runs) and not runs[0][2] & NON_SYNC,
    )


def _own_defaults(data: bytes, tfhd: Box, defaults: Defaults) -> Defaults:
    _version, flags = version_and_flags(data, tfhd)
    at = tfhd.body + 8 + (8 if flags & TFHD_OFFSET else 0) + (4 if flags & TFHD_DESCRIPTION else 0)
    values = []
    for bit, fallback in (
        (TFHD_DURATION, defaults.duration),
        (TFHD_SIZE, defaults.size),
        (TFHD_FLAGS, defaults.flags),
    ):
        values.append(unpack(">I", data, at, tfhd.end)[0] if flags & bit else fallback)
        at += 4 if flags & bit else 0
    return Defaults(*values)


def _run(data: bytes, trun: Box, own: Defaults) -> tuple[int, tuple[int, ...], int]:
    """(ticks in all, sizes, flags of the first sample)."""
    _version, flags = version_and_flags(data, trun)
    (count,) = unpack(">I", data, trun.body + 4, trun.end)
    if count > SAMPLES_MAX:
        raise damaged("a fragment claims too many samples")
    at = trun.body + 8 + (4 if flags & TRUN_OFFSET else 0)
    first_flags: int | None = None
    if flags & TRUN_FIRST_FLAGS:
        (first_flags,) = unpack(">I", data, at, trun.end)
        at += 4
    columns = [bit for bit in (TRUN_DURATION, TRUN_SIZE, TRUN_FLAGS, TRUN_CTS) if flags & bit]
    cells = unpack(f">{count * len(columns)}I", data, at, trun.end)
    column = {bit: cells[place :: len(columns)] for place, bit in enumerate(columns)}
    durations = column.get(TRUN_DURATION)
    ticks = sum(durations) if durations is not None else count * own.duration
    if first_flags is None:
        first_flags = next(iter(column.get(TRUN_FLAGS, ())), own.flags)
    return ticks, column.get(TRUN_SIZE, (own.size,) * count), first_flags


def retime(moof: bytes, sequence: int, start_ticks: int) -> bytes:
    """The same fragment, told another number and another beginning."""
    box = top(moof, b"moof")
    tfdt = need(moof, box, b"traf", b"tfdt")
    wide, _flags = version_and_flags(moof, tfdt)
    form = ">Q" if wide else ">I"
    unpack(form, moof, tfdt.body + 4, tfdt.end)
    if start_ticks >= 1 << (8 * struct.calcsize(form)):
        raise damaged("its clock is too narrow")
    mfhd = need(moof, box, b"mfhd")
    unpack(">I", moof, mfhd.body + 4, mfhd.end)
    changed = bytearray(moof)
    struct.pack_into(">I", changed, mfhd.body + 4, sequence)
    struct.pack_into(form, changed, tfdt.body + 4, start_ticks)
    return bytes(changed)


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def sound_moof(sequence: int, start_ticks: int, sizes: tuple[int, ...], sample_ticks: int) -> bytes:
    """A moof for samples of equal length that all stand alone; their bytes follow in one mdat."""
    mfhd = box(b"mfhd", struct.pack(">II", 0, sequence))
    flags = TFHD_BASE_IS_MOOF | TFHD_DURATION | TFHD_FLAGS
    tfhd = box(b"tfhd", struct.pack(">IIII", flags, 1, sample_ticks, SYNC_FLAGS))
    tfdt = box(b"tfdt", struct.pack(">IQ", 1 << 24, start_ticks))
    count = len(sizes)
    room = 8 + len(mfhd) + 8 + len(tfhd) + len(tfdt) + 8 + 12 + 4 * count + 8  # up to the content of mdat
    trun = box(b"trun", struct.pack(f">III{count}I", TRUN_OFFSET | TRUN_SIZE, count, room, *sizes))
    return box(b"moof", mfhd, box(b"traf", tfhd, tfdt, trun))
