"""The poster: the sharpest of ten moments that is neither black nor at a cut; for sound alone its drawn wave.

Children decode; what comes back for judging is plain grey bytes of a known size, so that no picture of a
stranger is ever parsed here.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter, ImageStat

from suuupra.engines.media.colour import colour_filters
from suuupra.engines.media.control import UNWATCHED, Watch
from suuupra.engines.media.problems import ChildDied, NotPlayable
from suuupra.engines.media.values import Progress, Source, Stream
from suuupra.engines.media.workshop import NO_METADATA, Need, Workshop, bench, publish, reading, run_ffmpeg

CANDIDATES = 10
LOOK_PX = 320
LOOK_FRAMES = 5
LONG_SIDE_PX = 1280
DARK_MEAN, FLAT_DEVIATION, CUT_DIFFERENCE = 24.0, 8.0, 30.0  # of 255
WAVE_SIZE = (1280, 720)
WAVE_RATE_HZ = 4000  # the filter keeps every sample: twelve hours are 350 MB
PAPER, INK = "0xF7F3EA", "0x33415C"
LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)
STEP = Need(cpu_s=30, size_bytes=64 << 20)


@dataclass(frozen=True, slots=True)
class Poster:
    """`webp` is None where the binary cannot write it."""

    jpeg: Path
    webp: Path | None
    width: int
    height: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Look:
    """A moment as judged. `frame` counts from `at_ms`."""

    at_ms: int
    frame: int
    sharpness: float
    brightness: float
    is_fit: bool


async def poster(shop: Workshop, source: Source, folder: Path, watch: Watch = UNWATCHED) -> Poster:
    """`poster.jpg` and `poster.webp` in `folder`; `ChildDied`, `Cancelled`."""
    video = source.probe.video
    if video is None:
        return await _wave(shop, source, folder, watch)
    looks = []
    for number, at_ms in enumerate(moments(video.end_ms)):
        looks += await _look(shop, source, at_ms, watch)
        if watch.on_progress:
            watch.on_progress(Progress(number + 1, CANDIDATES + 1, 0.0, 0.0))
    looks = looks or await _look(shop, source, 0, watch)  # a single frame stands at the very start
    if not looks:
        raise NotPlayable("No picture of this file could be drawn.", reason="picture")
    chosen = best(looks)
    size = fitted(video.upright, LONG_SIDE_PX)
    filters = [f"select=eq(n\\,{chosen.frame})", *colour_filters(shop.ffmpeg, video, size)]
    graph = f"[0:{video.index}]{','.join(filters)},scale={size[0]}:{size[1]}:flags=bicubic,setsar=1"
    drawn = Poster(folder / "poster.jpg", None, *size, chosen.at_ms)
    return await _draw(shop, [*_at(chosen.at_ms), *_opened(source)], graph, drawn, watch)


def moments(duration_ms: int) -> list[int]:
    """The middles of ten equal parts."""
    return [duration_ms * (2 * place + 1) // (2 * CANDIDATES) for place in range(CANDIDATES)]


def best(looks: Sequence[Look]) -> Look:
    """The sharpest that is fit; where none is, the brightest."""
    fit = [look for look in looks if look.is_fit]
    return max(fit, key=lambda look: look.sharpness) if fit else max(looks, key=lambda look: look.brightness)


def judge(at_ms: int, frames: Sequence[Image.Image]) -> Look:
    """Neighbouring frames in grey; sharpness is the variance of the Laplacian (Pech-Pacheco et al. 2000)."""
    middle = len(frames) // 2
    picture = frames[middle]
    light = ImageStat.Stat(picture)
    edges = picture.filter(LAPLACIAN)
    inner = edges.crop((1, 1, max(2, edges.width - 1), max(2, edges.height - 1)))
    change = max(
        (ImageStat.Stat(ImageChops.difference(*pair)).mean[0] for pair in pairwise(frames)), default=0
    )
    is_dull = light.mean[0] < DARK_MEAN or light.stddev[0] < FLAT_DEVIATION
    is_fit = not is_dull and change < CUT_DIFFERENCE
    return Look(at_ms, middle, ImageStat.Stat(inner).var[0], light.mean[0], is_fit)


def fitted(size: tuple[int, int], long_px: int) -> tuple[int, int]:
    """The size in even points whose long side is at most this."""
    scale = min(1.0, long_px / max(size))
    width, height = (max(2, 2 * round(side * scale / 2)) for side in size)
    return width, height


async def _look(shop: Workshop, source: Source, at_ms: int, watch: Watch) -> list[Look]:
    """One look, or none where the picture has ended before or cannot be decoded there."""
    video = _video(source)
    width, height = fitted(video.upright, LOOK_PX)
    async with bench(shop) as folder:
        made = folder / "look.grey"
        filters = f"scale={width}:{height}:flags=area,format=gray"
        command = [*_at(at_ms), *_opened(source), "-map", f"0:{video.index}", "-vf", filters]
        command += [
            "-frames:v",
            str(LOOK_FRAMES),
            "-fps_mode",
            "passthrough",
            "-f",
            "rawvideo",
            f"file:{made}",
        ]
        try:
            await run_ffmpeg(shop, command, STEP, watch)
        except ChildDied:
            return []
        raw = await asyncio.to_thread(_read, made)
    step = width * height
    whole = [raw[start : start + step] for start in range(0, len(raw) - step + 1, step)]
    frames = [Image.frombytes("L", (width, height), piece) for piece in whole]
    return [judge(at_ms, frames)] if frames else []


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _video(source: Source) -> Stream:
    video = source.probe.video
    if video is None:
        raise NotPlayable("The file has no picture.", reason="streams")
    return video


def _at(at_ms: int) -> list[str]:
    return ["-ss", f"{at_ms / 1000:.3f}"] if at_ms else []


def _opened(source: Source) -> list[str]:
    return ["-threads", "1", *reading(source.probe.container, source.path)]


async def _wave(shop: Workshop, source: Source, folder: Path, watch: Watch) -> Poster:
    audio = source.probe.audio
    if audio is None:
        raise NotPlayable("The file has neither picture nor sound.", reason="streams")
    width, height = WAVE_SIZE
    paper = f"color=c={PAPER}:s={width}x{height}:d=1:r=1"
    graph = paper
    if shop.ffmpeg.can("showwavespic"):
        sound = f"[0:{audio.index}]aresample={WAVE_RATE_HZ},aformat=channel_layouts=mono"
        drawn = f"showwavespic=s={width}x{height}:colors={INK}:scale=sqrt"
        graph = f"{paper}[p];{sound},{drawn}[w];[p][w]overlay=shortest=0:repeatlast=0"
    empty = Poster(folder / "poster.jpg", None, width, height, 0)
    return await _draw(shop, _opened(source), graph, empty, watch)


async def _draw(shop: Workshop, opened: list[str], graph: str, drawn: Poster, watch: Watch) -> Poster:
    """One decode, both kinds of file. JPEG has full range, WebP has not."""
    has_webp = shop.ffmpeg.can("libwebp")
    async with bench(shop) as folder:
        jpeg, webp = folder / "poster.jpg", folder / "poster.webp"
        split = f"{graph},split={2 if has_webp else 1}[j]{'[w]' if has_webp else ''}"
        ranges = "[j]scale=out_range=full,format=yuvj420p[jpeg]"
        ranges += ";[w]scale=out_range=limited,format=yuv420p[webp]" if has_webp else ""
        still = ["-frames:v", "1", *NO_METADATA, "-update", "1", "-f", "image2"]
        command = [*opened, "-filter_complex", f"{split};{ranges}"]
        command += ["-map", "[jpeg]", "-c:v", "mjpeg", "-q:v", "3", *still, f"file:{jpeg}"]
        if has_webp:
            command += ["-map", "[webp]", "-c:v", "libwebp", "-quality", "80", *still, f"file:{webp}"]
        await run_ffmpeg(shop, command, STEP, watch)
        made = {jpeg: drawn.jpeg}
        if has_webp:
            made[webp] = drawn.jpeg.with_suffix(".webp")
        await publish(made)
    return replace(drawn, webp=made.get(webp))
