"""Chunks and sound into segment files, and their sizes into a `Presentation`.

Encoders write clocks that start at 0; here each fragment is told its place on the grid. Times are never
measured and stored: they follow from the grid, and all a caller keeps of a track is its segments' sizes.
"""

import asyncio
import hashlib
import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import BinaryIO

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
from suuupra.engines.media.fragments import copy_range, fragments, read_init
from suuupra.engines.media.grid import Grid
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
        placed = fragments(file, header.defaults)
        runs = [_Run(array("I", one.fragment.samples.sizes), one.content_start) for one in placed]
        if sum(len(run.sizes) for run in runs) < sound_border(grid, grid.segments):
            raise damaged("its sound ends before the picture")
        for segment in range(grid.segments):
            made.append(folder / segment_name(segment))
            with made[-1].open("wb") as target:
                _write_sound(file, target, runs, grid, segment)
    return _cut(init, header, 0, made)


@dataclass(frozen=True, slots=True)
class _Run:
    """Samples that lie one behind the other."""

    sizes: "array[int]"
    start: int


def _write_sound(file: BinaryIO, target: BinaryIO, runs: Sequence[_Run], grid: Grid, segment: int) -> None:
    first, last = sound_border(grid, segment), sound_border(grid, segment + 1)
    sizes: list[int] = []
    ranges: list[tuple[int, int]] = []
    passed = 0
    for run in runs:
        low, high = max(first - passed, 0), min(last - passed, len(run.sizes))
        if low < high:
            start = run.start + sum(run.sizes[:low])
            ranges.append((start, start + sum(run.sizes[low:high])))
            sizes += run.sizes[low:high]
        passed += len(run.sizes)
    count = len(sizes)
    samples = Samples((FRAME_SAMPLES,) * count, tuple(sizes), (SYNC_FLAGS,) * count, (0,) * count)
    target.write(write_moof(Fragment(segment + 1, first * FRAME_SAMPLES, samples)))
    target.write(struct.pack(">I4s", 8 + sum(sizes), b"mdat"))
    for start, end in ranges:
        copy_range(file, target, start, end)


def sound_border(grid: Grid, segment: int) -> int:
    """The sound frame nearest to where the picture of `segment` starts; past the last, how many there are."""
    if segment <= 0:
        return 0
    if segment >= grid.segments:
        return -(-(samples_of(grid) + PRIMING_SAMPLES) // FRAME_SAMPLES)
    samples = grid.border(segment) / grid.fps * RATE_HZ
    return round((samples + PRIMING_SAMPLES) / FRAME_SAMPLES)


def _cut(init: bytes, header: Header, first_segment: int, made: Sequence[Path]) -> Cut:
    (made[0].parent / INIT_NAME).write_bytes(init)
    sizes = tuple(path.stat().st_size for path in made)
    digest = hashlib.sha256(init).hexdigest()
    return Cut(header.codec, header.channels, digest, len(init), first_segment, sizes, tuple(made))


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
    rung, ticks = rendition.rung, grid.ticks_per_frame
    return Track(
        name=rung.name,
        kind="video",
        codec=rendition.codec,
        timescale=grid.timescale,
        segments=tuple(
            Segment(index, grid.border(index) * ticks, grid.frames_in(index) * ticks, size)
            for index, size in enumerate(rendition.sizes[:count])
        ),
        width=rung.width,
        height=rung.height,
        fps_num=grid.fps_num,
        fps_den=grid.fps_den,
        cap_kbps=rung.cap_kbps,
    )


def _sound_track(grid: Grid, sound: Sound, count: int) -> Track:
    """Times as heard: the priming of the first frame lies before 0, the padding of the last past the end."""
    heard = (sound_border(grid, index) * FRAME_SAMPLES - PRIMING_SAMPLES for index in range(count + 1))
    times = [min(max(at, 0), samples_of(grid)) for at in heard]
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
