"""ISO base media file format (ISO/IEC 14496-12) as bytes: boxes, the header of a track, one fragment.

Reads only what it is given and believes nothing of it: whatever does not add up is
`NotPlayable(reason="boxes")`, and no count is followed further than the bytes that carry it.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

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
class Samples:
    """Columns: ticks, bytes, flags, and ticks from decoding to showing, which may be negative."""

    durations: tuple[int, ...]
    sizes: tuple[int, ...]
    flags: tuple[int, ...]
    offsets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fragment:
    """One moof with one track. Times in ticks."""

    sequence: int
    start_ticks: int
    samples: Samples

    @property
    def duration_ticks(self) -> int:
        return sum(self.samples.durations)

    @property
    def is_independent(self) -> bool:
        """Whether playing may begin here: its first sample needs no other."""
        return bool(self.samples.flags) and not self.samples.flags[0] & NON_SYNC


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
    return Fragment(sequence, start_ticks, _runs(data, traf, own))


def _runs(data: bytes, traf: Box, own: Defaults) -> Samples:
    """All runs as one; one is the rule."""
    runs: list[Samples] = []
    room = SAMPLES_MAX
    for run in (box for box in boxes(data, traf.body, traf.end) if box.kind == b"trun"):
        runs.append(_run(data, run, own, room))
        room -= len(runs[-1].sizes)
    if len(runs) == 1:
        return runs[0]
    columns = ([getattr(run, name) for run in runs] for name in Samples.__slots__)
    return Samples(*(tuple(chain.from_iterable(column)) for column in columns))


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


def _run(data: bytes, trun: Box, own: Defaults, room: int) -> Samples:
    version, flags = version_and_flags(data, trun)
    (count,) = unpack(">I", data, trun.body + 4, trun.end)
    if count > room:
        raise damaged("a fragment claims too many samples")
    at = trun.body + 8 + (4 if flags & TRUN_OFFSET else 0)
    first: tuple[int, ...] = ()
    if flags & TRUN_FIRST_FLAGS:
        first = unpack(">I", data, at, trun.end)
        at += 4
    present = [bit for bit in (TRUN_DURATION, TRUN_SIZE, TRUN_FLAGS, TRUN_CTS) if flags & bit]
    cells = unpack(f">{count * len(present)}I", data, at, trun.end)
    column = {bit: cells[place :: len(present)] for place, bit in enumerate(present)}
    own_flags = column.get(TRUN_FLAGS, (own.flags,) * count)
    offsets = column.get(TRUN_CTS, (0,) * count)
    return Samples(
        column.get(TRUN_DURATION, (own.duration,) * count),
        column.get(TRUN_SIZE, (own.size,) * count),
        first[:count] + own_flags[len(first) :],
        tuple(_signed(offset) for offset in offsets) if version else offsets,
    )


def _signed(number: int) -> int:
    return number - (1 << 32) if number >> 31 else number


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def write_moof(fragment: Fragment) -> bytes:
    """A moof whose samples' bytes follow in one mdat with a short header; offsets must not be negative."""
    samples = fragment.samples
    count = len(samples.sizes)
    default_flags = samples.flags[-1] if count else 0
    columns = [samples.sizes]
    flags = TRUN_OFFSET | TRUN_SIZE | TRUN_FIRST_FLAGS
    if set(samples.flags[1:]) - {default_flags}:
        flags ^= TRUN_FIRST_FLAGS | TRUN_FLAGS
        columns.append(samples.flags)
    if len(set(samples.durations)) > 1:
        flags |= TRUN_DURATION
        columns.insert(0, samples.durations)
    if any(samples.offsets):
        flags |= TRUN_CTS
        columns.append(samples.offsets)
    defaults = (samples.durations[0] if count else 0, default_flags)
    tfhd = box(b"tfhd", struct.pack(">IIII", TFHD_BASE_IS_MOOF | TFHD_DURATION | TFHD_FLAGS, 1, *defaults))
    tfdt = box(b"tfdt", struct.pack(">IQ", 1 << 24, fragment.start_ticks))
    mfhd = box(b"mfhd", struct.pack(">II", 0, fragment.sequence))
    first = struct.pack(">I", samples.flags[0] if count else 0) if flags & TRUN_FIRST_FLAGS else b""
    cells = struct.pack(f">{count * len(columns)}I", *chain.from_iterable(zip(*columns, strict=True)))
    around = 8 + len(mfhd) + 8 + len(tfhd) + len(tfdt) + 8 + 12 + len(first) + len(cells)
    trun = box(b"trun", struct.pack(">III", flags, count, around + 8), first, cells)
    return box(b"moof", mfhd, box(b"traf", tfhd, tfdt, trun))


def starting_at(init: bytes, media_ticks: int) -> bytes:
    """The same header with an edit list: what is shown begins at this time of the media."""
    moov = top(init, b"moov")
    trak = need(init, moov, b"trak")
    tkhd = need(init, trak, b"tkhd")
    if find(init, trak, b"edts"):
        raise damaged("its header has an edit list already")
    edts = box(b"edts", box(b"elst", struct.pack(">IIIII", 0, 1, 0, media_ticks, 1 << 16)))
    changed = bytearray(init)
    for outer in (moov, trak):
        (size,) = struct.unpack_from(">I", init, outer.start)
        struct.pack_into(">I", changed, outer.start, size + len(edts))
    changed[tkhd.end : tkhd.end] = edts
    return bytes(changed)
