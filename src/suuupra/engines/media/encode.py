"""Pictures: one chunk of the grid into its rungs, which share one decode.

A chunk enters the source at a key frame before its first frame, lays all frames on the grid by their absolute
time and then cuts by frame number: a chunk shows exactly what an unbroken run would have shown there.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from suuupra.engines.media.colour import colour_filters
from suuupra.engines.media.control import UNWATCHED, Watch
from suuupra.engines.media.fragments import fragments, read_init
from suuupra.engines.media.grid import Grid
from suuupra.engines.media.meter import Meter
from suuupra.engines.media.problems import ChildDied, NotPlayable
from suuupra.engines.media.values import Rung, Source, Stream
from suuupra.engines.media.workshop import (
    NO_METADATA,
    Need,
    Workshop,
    bench,
    publish,
    reading,
    run_ffmpeg,
    settings_key,
)

ENTRY_SLACK_S = Fraction(1, 2)  # for containers that round their stamps or index by decoding time
FULL_HD = 1920 * 1080
DECODE_CPU_S = 0.01  # a frame of Full HD
ENCODE_CPU_S = 0.08
FRAGMENTED = ("-movflags", "+cmaf+empty_moov+frag_keyframe+skip_trailer", "-f", "mp4")


@dataclass(frozen=True, slots=True)
class EncodeChunk:
    """Chunk `index` of the grid in these rungs, into `folder`."""

    source: Source
    grid: Grid
    rungs: tuple[Rung, ...]
    index: int
    folder: Path


@dataclass(frozen=True, slots=True)
class Part:
    """One rung of a chunk on disk. `key` names source, place and settings."""

    rung: Rung
    path: Path
    key: str


@dataclass(frozen=True, slots=True)
class Chunk:
    index: int
    first_frame: int
    frames: int
    parts: tuple[Part, ...]


async def encode_chunk(shop: Workshop, order: EncodeChunk, watch: Watch = UNWATCHED) -> Chunk:
    """Encode the rungs of this chunk that are not there yet; `ChildDied`, `Cancelled`, `Unsupported`."""
    shop.ffmpeg.need(*{rung.encoder for rung in order.rungs}, "mp4")
    frames = order.grid.chunk_frames(order.index)
    parts = tuple(_part(shop, order, rung) for rung in order.rungs)
    missing = await asyncio.to_thread(_missing, parts)
    if missing:
        async with bench(shop) as folder:
            made = {folder / part.path.name: part for part in missing}
            command = _command(shop, order, made)
            meter = Meter(watch, len(frames), order.grid.fps)
            await run_ffmpeg(shop, command, _need(order, missing), watch, meter)
            await asyncio.to_thread(_verify, made, order)
            await publish({path: part.path for path, part in made.items()})
    return Chunk(order.index, frames.start, len(frames), parts)


def _missing(parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if not part.path.exists()]


def _command(shop: Workshop, order: EncodeChunk, made: Mapping[Path, Part]) -> list[str]:
    rungs = [part.rung for part in made.values()]
    command = [*_input(shop, order), "-filter_complex", _graph(shop, order, rungs)]
    for place, (path, part) in enumerate(made.items()):
        output = _output(order.grid, part.rung, shop.encoder_threads)
        command += ["-map", f"[o{place}]", *output, f"file:{path}"]
    return command


def _picture(order: EncodeChunk) -> Stream:
    video = order.source.probe.video
    if video is None:
        raise NotPlayable("The file has no picture.", reason="streams")
    return video


def _part(shop: Workshop, order: EncodeChunk, rung: Rung) -> Part:
    alone = replace(order, rungs=(rung,))
    output = _output(order.grid, rung, 0)
    key = settings_key(order.source.sha256, shop.ffmpeg.version, _graph(shop, alone, [rung]), *output)
    return Part(rung, order.folder / f"{rung.name}-{order.index:05d}-{key}.mp4", key)


def _input(shop: Workshop, order: EncodeChunk) -> list[str]:
    """Absolute times, entered at the key frame at or before the chunk; the filters keep the first size."""
    start_s = order.grid.chunk_frames(order.index).start / order.grid.fps - ENTRY_SLACK_S
    entry = ["-noaccurate_seek", "-ss", f"{float(start_s):.6f}"] if start_s > 0 else []
    absolute = ["-copyts", "-start_at_zero", *entry, "-reinit_filter", "0"]
    probe = order.source.probe
    return [*absolute, "-threads", str(shop.encoder_threads), *reading(probe.container, order.source.path)]


def _graph(shop: Workshop, order: EncodeChunk, rungs: Sequence[Rung]) -> str:
    """Grid, cut, colour, split, scale. The last frame is held where the sound outlasts the picture."""
    grid, video = order.grid, _picture(order)
    frames = grid.chunk_frames(order.index)
    from_zero = ":start_time=0" if order.index == 0 else ""
    largest = max(rungs, key=lambda rung: rung.width * rung.height)
    common = [
        f"fps=fps={grid.fps_num}/{grid.fps_den}{from_zero}",
        "tpad=stop=-1:stop_mode=clone",
        f"trim=start_pts={frames.start}:end_pts={frames.stop}",
        "setpts=PTS-STARTPTS",
        *colour_filters(shop.ffmpeg, video, (largest.width, largest.height)),
    ]
    names = "".join(f"[s{place}]" for place in range(len(rungs)))
    split = f"[0:{video.index}]{','.join(common)},split={len(rungs)}{names}"
    plain = "flags=bicubic:out_range=limited,setsar=1,format=yuv420p"
    scaled = (
        f"[s{place}]scale={rung.width}:{rung.height}:{plain}[o{place}]" for place, rung in enumerate(rungs)
    )
    return ";".join([split, *scaled])


def _output(grid: Grid, rung: Rung, threads: int) -> list[str]:
    """One rung: closed GOPs of the grid, one fragment a segment, a clock in which a frame is whole ticks."""
    gop = str(grid.gop_frames)
    fragment_us = int((grid.segment_frames - Fraction(1, 2)) / grid.fps * 1_000_000)
    return [
        *("-c:v", rung.encoder, *_quality(rung), "-g", gop, "-keyint_min", gop, "-flags", "+cgop"),
        *("-threads", str(threads), "-fps_mode", "passthrough", *NO_METADATA),
        *("-video_track_timescale", str(grid.timescale), "-min_frag_duration", str(fragment_us), *FRAGMENTED),
    ]


def _quality(rung: Rung) -> list[str]:
    """Constant quality below a cap; OpenH264, which has no such mode, gets three quarters of the cap."""
    cap, room = f"{rung.cap_kbps}k", f"{2 * rung.cap_kbps}k"
    if rung.encoder == "libopenh264":
        rate = f"{rung.cap_kbps * 3 // 4}k"
        return ["-profile:v", "high", "-b:v", rate, "-maxrate", cap, "-rc_mode", "bitrate"]
    joinable = ["-sc_threshold", "0", "-x264-params", "stitchable=1"]
    capped = ["-crf", str(rung.crf), "-maxrate", cap, "-bufsize", room]
    return ["-profile:v", "high", "-preset", rung.preset, *capped, *joinable]


def _need(order: EncodeChunk, parts: Sequence[Part]) -> Need:
    """Decoding may have to start at the first frame of the file, where it has one key frame."""
    frames, video = order.grid.chunk_frames(order.index), _picture(order)
    points = sum(part.rung.width * part.rung.height for part in parts)
    decoding_s = frames.stop * DECODE_CPU_S * video.width * video.height / FULL_HD
    encoding_s = len(frames) * ENCODE_CPU_S * points / FULL_HD
    kbps = sum(part.rung.cap_kbps for part in parts)
    return Need(decoding_s + encoding_s, int(kbps * 125 * len(frames) / order.grid.fps))


def _verify(made: Mapping[Path, Part], order: EncodeChunk) -> None:
    """A child that ended well but made something else than ordered did not end well."""
    grid = order.grid
    wanted = [grid.frames_in(segment) for segment in grid.chunk_segments(order.index)]
    for path in made:
        with path.open("rb") as file:
            _init, header = read_init(file)
            cut = [placed.fragment for placed in fragments(file, header.defaults)]
        frames = [len(fragment.samples.sizes) for fragment in cut]
        ticks = [fragment.duration_ticks for fragment in cut]
        if frames != wanted or ticks != [count * grid.ticks_per_frame for count in wanted]:
            said = f"frames a segment: {frames}, ordered: {wanted}"
            raise ChildDied(f"ffmpeg did not keep to the grid: {said}", exit=0, lines=[])
