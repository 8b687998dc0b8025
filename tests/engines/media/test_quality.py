"""Cutting into chunks costs nothing that can be seen: VMAF of joined chunks against one unbroken run."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

from suuupra.engines.media.encode import EncodeChunk, _output, encode_chunk
from suuupra.engines.media.grid import grid_of
from suuupra.engines.media.package import cut_video
from suuupra.engines.media.values import Rung
from suuupra.engines.media.workshop import Workshop
from tests.covers import covers
from tests.engines.media.conftest import Opener
from tests.engines.media.sources import Studio, joined

RUNG = Rung("180p", 320, 180, 23, 3000)  # a cap out of the way: it allows each chunk a fresh start
EVERY = 10  # frames compared


def vmaf(ffmpeg: str, picture: Path, reference: Path) -> float:
    graph = f"[0:v][1:v]libvmaf=n_subsample={EVERY}:n_threads=2"
    command = [
        ffmpeg,
        "-nostdin",
        "-i",
        str(picture),
        "-i",
        str(reference),
        "-lavfi",
        graph,
        "-f",
        "null",
        "-",
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=50)
    (score,) = re.findall(r"VMAF score: ([\d.]+)", done.stderr)
    return float(score)


@covers("ENG-3", "VOD-5")
async def test_chunks_look_like_one_run(
    shop: Workshop, studio: Studio, opened: Opener, tmp_path: Path
) -> None:
    studio.make(
        "zoom.mp4", "-f", "lavfi", "-i", "mandelbrot=s=320x180:r=25,trim=duration=8", "-c:v", "libx264"
    )
    source = await opened("zoom.mp4")
    grid = replace(grid_of(source.probe), gop_frames=3)
    assert grid.chunks == 3
    for index in range(grid.chunks):
        order = EncodeChunk(source, grid, (RUNG,), index, tmp_path)
        await cut_video((await encode_chunk(shop, order)).parts[0], grid, index, tmp_path / "180p")
    chunked = joined(tmp_path / "180p", tmp_path / "chunked.mp4")
    whole = tmp_path / "whole.mp4"
    graph = "[0:v]format=yuv420p[o0]"
    command = [shop.ffmpeg.path, "-v", "error", "-nostdin", "-i", str(source.path), "-filter_complex", graph]
    command += ["-map", "[o0]", *_output(grid, RUNG, 2), str(whole)]
    subprocess.run(command, check=True, timeout=50)
    scores = [vmaf(shop.ffmpeg.path, path, source.path) for path in (chunked, whole)]
    assert abs(scores[0] - scores[1]) < 0.5
