"""Sound, encoded once over the whole file and never cut in samples: a cut would click by its priming."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from suuupra.engines.media.control import UNWATCHED, Watch
from suuupra.engines.media.grid import Grid, nearest
from suuupra.engines.media.meter import Meter
from suuupra.engines.media.problems import NotPlayable
from suuupra.engines.media.values import Source, Stream
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

RATE_HZ = 48_000
FRAME_SAMPLES = 1024
KBPS = {1: 96, 2: 128}
GAP_S = 0.04  # a hole in the source's times that is filled rather than slid over
CPU_S_PER_S = 0.1


@dataclass(frozen=True, slots=True)
class EncodeAudio:
    """The first sound of a source as long as the grid, into `folder`."""

    source: Source
    grid: Grid
    folder: Path


def samples_of(grid: Grid) -> int:
    """Of a presentation, without priming."""
    return nearest(grid.frames_total * RATE_HZ * grid.fps_den, grid.fps_num)


async def encode_audio(shop: Workshop, order: EncodeAudio, watch: Watch = UNWATCHED) -> Path:
    """AAC of 48 kHz, stereo or mono, padded with silence to the grid; a finished one is not made again."""
    shop.ffmpeg.need("aac", "mp4")
    audio = order.source.probe.audio
    if audio is None:
        raise NotPlayable("The file has no sound.", reason="streams")
    output = _output(audio, order.grid)
    key = settings_key(order.source.sha256, shop.ffmpeg.version, str(audio.index), *output)
    final = order.folder / f"audio-{key}.mp4"
    if await asyncio.to_thread(final.exists):
        return final
    async with bench(shop) as folder:
        made = folder / final.name
        probe = order.source.probe
        opened = ["-copyts", "-start_at_zero", *reading(probe.container, order.source.path)]
        duration_s = float(order.grid.duration_s)
        need = Need(duration_s * CPU_S_PER_S, int(duration_s * 16_000) + (1 << 20))
        meter = Meter(watch, order.grid.frames_total, order.grid.fps, by_time=True)
        command = [*opened, "-map", f"0:{audio.index}", *output, f"file:{made}"]
        await run_ffmpeg(shop, command, need, watch, meter)
        await publish({made: final})
    return final


def _output(audio: Stream, grid: Grid) -> list[str]:
    """More than two channels are mixed down as ITU-R BS.775 says (the resampler's own default)."""
    channels = 1 if audio.channels == 1 else 2
    layout = "mono" if channels == 1 else "stereo"
    filters = [
        f"aresample={RATE_HZ}:async=1:first_pts=0:min_hard_comp={GAP_S}",
        f"aformat=sample_fmts=fltp:channel_layouts={layout}",
        "apad",
        f"atrim=end_sample={samples_of(grid)}",
    ]
    fragmented = ["-movflags", "+cmaf+delay_moov+skip_trailer", "-frag_duration", "4000000", "-f", "mp4"]
    encoded = ["-c:a", "aac", "-b:a", f"{KBPS[channels]}k", "-ar", str(RATE_HZ), "-ac", str(channels)]
    return ["-af", ",".join(filters), *encoded, *NO_METADATA, *fragmented]
