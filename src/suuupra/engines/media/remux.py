"""Streams copied from one container into another: nothing is encoded here."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from suuupra.engines.media.control import UNWATCHED, Watch
from suuupra.engines.media.fragments import COPY_BYTES
from suuupra.engines.media.meter import Meter
from suuupra.engines.media.package import INIT_NAME, segment_name
from suuupra.engines.media.problems import NotPlayable
from suuupra.engines.media.values import Source
from suuupra.engines.media.workshop import NO_METADATA, Need, Workshop, bench, publish, reading, run_ffmpeg

COPY_MS_PER_CPU_S = 20_000


async def with_index(shop: Workshop, source: Source, target: Path, watch: Watch = UNWATCHED) -> Source:
    """The same source where any moment can be entered; else its streams copied into `target`, times from 0.

    The copy keeps picture and sound of the probe's choice and nothing else.
    """
    probe = source.probe
    if probe.is_indexed:
        return source
    shop.ffmpeg.need("matroska")
    chosen = [stream for stream in (probe.video, probe.audio) if stream]
    maps = [word for stream in chosen for word in ("-map", f"0:{stream.index}")]
    total_ms = max(1, probe.duration_ms)
    async with bench(shop) as folder:
        made = folder / target.name
        command = ["-fflags", "+genpts", *reading(probe.container, source.path), *maps, "-c", "copy"]
        command += [*NO_METADATA, "-f", "matroska", f"file:{made}"]
        meter = Meter(watch, total_ms, Fraction(1000), by_time=True)
        await run_ffmpeg(shop, command, Need(total_ms / 20_000, probe.size_bytes), watch, meter)
        await publish({made: target})
    streams = tuple(replace(stream, index=place) for place, stream in enumerate(chosen))
    copied = replace(probe, container="matroska", is_indexed=True, streams=streams)
    return replace(source, path=target, probe=copied)


async def progressive(
    shop: Workshop, tracks: Sequence[Path], target: Path, duration_ms: int, watch: Watch = UNWATCHED
) -> Path:
    """One MP4 with its index in front, from folders of segments (pictures first, then sound) with `init.mp4`.

    Missing segments are `NotPlayable`; a target that exists is made anew.
    """
    shop.ffmpeg.need("mp4")
    async with bench(shop) as folder:
        joined = [folder / f"{place}.mp4" for place in range(len(tracks))]
        for track, whole in zip(tracks, joined, strict=True):
            await asyncio.to_thread(_join, track, whole)
        size_bytes = sum(whole.stat().st_size for whole in joined)
        inputs = [word for whole in joined for word in reading("mov", whole)]
        maps = [word for place in range(len(joined)) for word in ("-map", f"{place}:0")]
        made = folder / target.name
        copied = ["-c", "copy", *NO_METADATA, "-movflags", "+faststart", "-f", "mp4", f"file:{made}"]
        meter = Meter(watch, max(1, duration_ms), Fraction(1000), by_time=True)
        need = Need(duration_ms / COPY_MS_PER_CPU_S, size_bytes)
        await run_ffmpeg(shop, [*inputs, *maps, *copied], need, watch, meter)
        await publish({made: target})
    return target


def _join(track: Path, whole: Path) -> None:
    """Header and segments one behind the other are a file; read by the account as well."""
    count = sum(1 for _ in track.glob("seg-*.m4s"))
    with whole.open("wb") as target:
        for name in (INIT_NAME, *(segment_name(index) for index in range(count))):
            try:
                with (track / name).open("rb") as piece:
                    while block := piece.read(COPY_BYTES):
                        target.write(block)
            except FileNotFoundError as error:
                raise NotPlayable(f"{name} is missing.", reason="segments") from error
    whole.chmod(0o644)
