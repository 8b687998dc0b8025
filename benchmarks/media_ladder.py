"""Chunked ladder against one bare ffmpeg command for the same rungs: processor time, one run.

Claim (vod, section 11): at most 1.25 times the CPU, although every chunk is entered anew, the first rung
runs ahead alone, and everything is checked and cut. To stay short the source is 12 s of 720p and every GOP,
also the source's, a sixth of its usual length, so that there are two chunks; `--full` takes 66 s of 1080p.
"""

import asyncio
import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from suuupra.engines.media.binary import Ffmpeg
from suuupra.engines.media.encode import EncodeChunk, encode_chunk
from suuupra.engines.media.grid import grid_of
from suuupra.engines.media.ladder import fixed_ladder
from suuupra.engines.media.package import cut_audio, cut_video
from suuupra.engines.media.probe import probe
from suuupra.engines.media.sound import EncodeAudio, encode_audio
from suuupra.engines.media.values import Rung, Source
from suuupra.engines.media.workshop import Workshop

BAR = 1.25


def cpu_s() -> float:
    """Of this process and of every child that has ended."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def make_source(ffmpeg: Ffmpeg, path: Path, size: str, length_s: int, gop: int) -> None:
    """Slides that change and move a little: a picture between a pattern and a lecture."""
    picture = f"mandelbrot=s={size}:r=25:end_scale=0.3:start_scale=3,trim=duration={length_s}"
    command = [ffmpeg.path, "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", picture]
    command += ["-f", "lavfi", "-i", f"sine=r=48000:d={length_s}", "-c:v", "libx264", "-preset", "ultrafast"]
    command += ["-g", str(5 * gop)]  # ten seconds at the usual length
    subprocess.run([*command, "-crf", "18", "-pix_fmt", "yuv420p", "-c:a", "aac", str(path)], check=True)


def bare(ffmpeg: Ffmpeg, source: Path, rungs: tuple[Rung, ...], gop: int, folder: Path) -> float:
    """The plainest command that makes these rungs: one decode, one split, no grid to keep."""
    names = "".join(f"[s{place}]" for place in range(len(rungs)))
    scaled = [f"[s{n}]scale={r.width}:{r.height}:flags=bicubic[o{n}]" for n, r in enumerate(rungs)]
    graph = ";".join([f"[0:v]split={len(rungs)}{names}", *scaled])
    command = [ffmpeg.path, "-v", "error", "-nostdin", "-y", "-i", str(source), "-filter_complex", graph]
    for place, rung in enumerate(rungs):
        command += ["-map", f"[o{place}]", "-c:v", "libx264", "-preset", rung.preset, "-crf", str(rung.crf)]
        command += ["-maxrate", f"{rung.cap_kbps}k", "-bufsize", f"{2 * rung.cap_kbps}k", "-g", str(gop)]
        command += ["-sc_threshold", "0", "-profile:v", "high", str(folder / f"{rung.name}.mp4")]
    command += ["-map", "0:a", "-c:a", "aac", "-b:a", "128k", "-ar", "48000", str(folder / "sound.mp4")]
    before = cpu_s()
    subprocess.run(command, check=True)
    return cpu_s() - before


async def ours(ffmpeg: Ffmpeg, path: Path, gop: int, folder: Path) -> float:
    """Everything from the probe to segments on disk."""
    before = cpu_s()
    source = Source(path, await probe(path), "benchmark")
    grid, ladder = replace(grid_of(source.probe), gop_frames=gop), fixed_ladder(source.probe)
    assert grid.chunks == 2
    shop = Workshop(ffmpeg, folder, niceness=0)
    sound = await encode_audio(shop, EncodeAudio(source, grid, folder))
    await cut_audio(sound, grid, folder / "audio")
    for rungs in ((ladder.first,), ladder.rest):
        for index in range(grid.chunks):
            for part in (await encode_chunk(shop, EncodeChunk(source, grid, rungs, index, folder))).parts:
                await cut_video(part, grid, index, folder / part.rung.name)
    return cpu_s() - before


async def main(arguments: list[str]) -> int:
    size, length_s, gop = ("1920x1080", 66, 50) if "--full" in arguments else ("1280x720", 12, 8)
    ffmpeg = await Ffmpeg.find()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "source.mp4"
        make_source(ffmpeg, path, size, length_s, gop)
        rungs = fixed_ladder(await probe(path)).rungs
        bare_s = bare(ffmpeg, path, rungs, gop, folder)
        ours_s = await ours(ffmpeg, path, gop, folder)
    ratio = ours_s / bare_s
    print(f"media_ladder: {ours_s:.1f} s of CPU against {bare_s:.1f} s, ratio {ratio:.2f} (bar {BAR})")
    return 0 if ratio <= BAR else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
