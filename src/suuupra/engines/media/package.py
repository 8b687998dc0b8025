"""Chunks and sound into segment files, and their sizes into a `Presentation`.

Encoders write clocks that start at 0; here each fragment is told its place on the grid. Times are never
measured and stored: they follow from the grid, and all a caller keeps of a track is its segments' sizes.
"""

import asyncio
import hashlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from pathlib import Path

from suuupra.engines.media.boxes import (
    SYNC_FLAGS,
    Fragment,
    Samples,
    damaged,
    starting_at,
    write_moof,
)
from suuupra.engines.media.codecs import Header
from suuupra.engines.media.encode import Part
from suuupra.engines.media.fragments import Placed, copy_range, fragments, read_init
from suuupra.engines.media.grid import Grid, nearest
from suuupra.engines.media.sound import FRAME_SAMPLES, RATE_HZ, samples_of
from suuupra.engines.media.values import Presentation, Rung, Segment, Track

INIT_NAME = "init.mp4"
AUDIO = "audio"
PRIMING_SAMPLES = 1024
REORDER_FRAMES = 2  # x264 with a pyramid of B-frames, whatever their number


def segment_name(index: int) -> str:
    return f"seg-{index:05d}.m4s"


@dataclass(frozen=True, slots=True)
class Cut:
    """Segment files of one track, in order from `first_segment`; `init_sha256` must agree over all cuts."""

    codec: str
    channels: int
    init_sha256: str
    init_bytes: int
    first_segment: int
    sizes: tuple[int, ...]
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Rendition:
    """What a caller kept of a rung: its codec and the sizes of segments 0, 1, 2 ... in bytes."""

    rung: Rung
    codec: str
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sound:
    """What a caller kept of the sound."""

    codec: str
    channels: int
    sizes: tuple[int, ...]
    language: str = ""
    label: str = ""


async def cut_video(part: Part, grid: Grid, index: int, folder: Path) -> Cut:
    """Chunk `index` of a rung into `folder`: its segments, and `init.mp4` beside them."""
    return await asyncio.to_thread(_cut_video, part.path, grid, index, folder)


async def cut_audio(path: Path, grid: Grid, folder: Path) -> Cut:
    """The whole sound into segments whose borders are the frames nearest to those of the pictures."""
    return await asyncio.to_thread(_cut_audio, path, grid, folder)


def _cut_video(path: Path, grid: Grid, index: int, folder: Path) -> Cut:
    wanted = grid.chunk_segments(index)
    made: list[Path] = []
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as file:
        init, header = read_init(file)
        for segment, placed in zip_longest(wanted, fragments(file, header.defaults)):
            if segment is None or placed is None:
                raise damaged(f"it has not the {len(wanted)} segments the grid asks for")
            _agree(segment, placed.fragment, grid)
            made.append(folder / segment_name(segment))
            with made[-1].open("wb") as target:
                content_end = placed.content_start + sum(placed.fragment.samples.sizes)
                target.write(write_moof(_moved(segment, placed.fragment.samples, grid)))
                target.write(struct.pack(">I4s", 8 + content_end - placed.content_start, b"mdat"))
                copy_range(file, target, placed.content_start, content_end)
    return _cut(starting_at(init, REORDER_FRAMES * grid.ticks_per_frame), header, wanted.start, made)


def _moved(segment: int, samples: Samples, grid: Grid) -> Fragment:
    """To its place on the grid, and shown later by as much as the edit list of the header takes back.

    Encoders that reorder say so by negative offsets; some demuxers read these as a late start.
    """
    later = REORDER_FRAMES * grid.ticks_per_frame
    offsets = tuple(offset + later for offset in samples.offsets)
    if min(offsets) < 0:
        raise damaged("its pictures are reordered further than agreed")
    return Fragment(
        segment + 1, grid.border(segment) * grid.ticks_per_frame, replace(samples, offsets=offsets)
    )


def _agree(segment: int, fragment: Fragment, grid: Grid) -> None:
    """No gap, no overlap, and a beginning that stands alone."""
    if fragment.duration_ticks != grid.frames_in(segment) * grid.ticks_per_frame:
        raise damaged(f"segment {segment} is not as long as the grid says")
    if not fragment.is_independent:
        raise damaged(f"segment {segment} cannot be entered")


def _cut_audio(path: Path, grid: Grid, folder: Path) -> Cut:
    made: list[Path] = []
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as file:
        init, header = read_init(file)
        if header.timescale != RATE_HZ or header.priming_ticks != PRIMING_SAMPLES:
            raise damaged("its sound has another clock than ordered")
        tape = _Tape(fragments(file, header.defaults))
        for segment in range(grid.segments):
            first, last = sound_border(grid, segment), sound_border(grid, segment + 1)
            sizes, ranges = tape.take(last - first)
            made.append(folder / segment_name(segment))
            with made[-1].open("wb") as target:
                target.write(_sound_moof(segment, first, sizes))
                target.write(struct.pack(">I4s", 8 + sum(sizes), b"mdat"))
                for start, end in ranges:
                    copy_range(file, target, start, end)
    return _cut(init, header, 0, made)


class _Tape:
    """The samples of a file from front to back, one fragment in memory at a time."""

    def __init__(self, placed: Iterator[Placed]) -> None:
        self._placed = placed
        self._sizes: tuple[int, ...] = ()
        self._start = 0

    def take(self, count: int) -> tuple[tuple[int, ...], list[tuple[int, int]]]:
        """Sizes of the next samples, and where their bytes lie."""
        taken: tuple[int, ...] = ()
        ranges: list[tuple[int, int]] = []
        while len(taken) < count:
            if not self._sizes:
                self._load()
            piece = self._sizes[: count - len(taken)]
            end = self._start + sum(piece)
            ranges.append((self._start, end))
            self._sizes, self._start = self._sizes[len(piece) :], end
            taken += piece
        return taken, ranges

    def _load(self) -> None:
        placed = next(self._placed, None)
        if placed is None:
            raise damaged("its sound ends before the picture")
        self._sizes, self._start = placed.fragment.samples.sizes, placed.content_start


def _sound_moof(segment: int, first: int, sizes: tuple[int, ...]) -> bytes:
    count = len(sizes)
    samples = Samples((FRAME_SAMPLES,) * count, sizes, (SYNC_FLAGS,) * count, (0,) * count)
    return write_moof(Fragment(segment + 1, first * FRAME_SAMPLES, samples))


def sound_border(grid: Grid, segment: int) -> int:
    """The sound frame nearest to where the picture of `segment` starts; past the last, how many there are."""
    if segment >= grid.segments:
        return -(-(samples_of(grid) + PRIMING_SAMPLES) // FRAME_SAMPLES)
    return _nearest_sound(grid, grid.border(segment)) if segment > 0 else 0


def _nearest_sound(grid: Grid, frame: int) -> int:
    samples = frame * RATE_HZ * grid.fps_den + PRIMING_SAMPLES * grid.fps_num
    return nearest(samples, FRAME_SAMPLES * grid.fps_num)


def _cut(init: bytes, header: Header, first_segment: int, made: Sequence[Path]) -> Cut:
    _keep_header(made[0].parent / INIT_NAME, init, is_first=first_segment == 0)
    sizes = tuple(path.stat().st_size for path in made)
    digest = hashlib.sha256(init).hexdigest()
    return Cut(header.codec, header.channels, digest, len(init), first_segment, sizes, tuple(made))


def _keep_header(path: Path, init: bytes, *, is_first: bool) -> None:
    """One header serves all chunks of a track: another encoder's chunk does not belong to it."""
    if not is_first and path.exists() and path.read_bytes() != init:
        raise damaged("this chunk was encoded in another way than those before")
    path.write_bytes(init)


def present(
    grid: Grid, renditions: Sequence[Rendition], sound: Sound | None, *, is_complete: bool
) -> Presentation:
    """Tracks as far as every one of them reaches; all of the grid where `is_complete`, else `ValueError`."""
    lengths = [len(one.sizes) for one in renditions] + ([len(sound.sizes)] if sound else [])
    count = min(lengths, default=0)
    if is_complete and set(lengths) != {grid.segments}:
        raise ValueError(f"segments {lengths} of {grid.segments}")
    tracks = [_picture_track(grid, one, count) for one in renditions]
    if sound:
        tracks.append(_sound_track(grid, sound, count))
    return Presentation(tuple(tracks), is_complete)


def _picture_track(grid: Grid, rendition: Rendition, count: int) -> Track:
    rung = rendition.rung
    ticks = grid.ticks_per_frame
    borders = [frame * ticks for frame in grid.borders(count)]
    return Track(
        name=rung.name,
        kind="video",
        codec=rendition.codec,
        timescale=grid.timescale,
        segments=tuple(
            Segment(index, start, end - start, rendition.sizes[index])
            for index, (start, end) in enumerate(pairwise(borders))
        ),
        width=rung.width,
        height=rung.height,
        fps_num=grid.fps_num,
        fps_den=grid.fps_den,
        cap_kbps=rung.cap_kbps,
    )


def _sound_track(grid: Grid, sound: Sound, count: int) -> Track:
    """Times as heard: the priming of the first frame lies before 0, the padding of the last past the end."""
    end = samples_of(grid)
    inner = (
        _nearest_sound(grid, frame) * FRAME_SAMPLES - PRIMING_SAMPLES for frame in grid.borders(count)[1:]
    )
    times = [0, *(min(at, end) for at in inner)]
    if count == grid.segments:
        times[-1] = end
    return Track(
        name=AUDIO,
        kind="audio",
        codec=sound.codec,
        timescale=RATE_HZ,
        segments=tuple(
            Segment(index, start, end - start, sound.sizes[index])
            for index, (start, end) in enumerate(pairwise(times))
        ),
        channels=sound.channels,
        language=sound.language,
        label=sound.label,
    )
