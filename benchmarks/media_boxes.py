"""Our box reader against PyAV's demuxer on the same fragmented file: megabytes a second, one run.

Claim (vod engine, section 11): at least 200 MB/s and at least 5 times PyAV. Both give every sample's size
and time; neither decodes. They take turns, and the best of each counts.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av

from suuupra.engines.media.binary import Ffmpeg
from suuupra.engines.media.fragments import fragments, read_init

SPEED_BAR_MB_S, RATIO_BAR = 200.0, 5.0
ROUNDS = 5
KBPS = 2_500  # the 720p rung
CMAF = ["-f", "mp4", "-movflags", "+cmaf+empty_moov+frag_keyframe+skip_trailer"]


def make_source(ffmpeg: Ffmpeg, path: Path) -> None:
    """Ten minutes at the rate of a 720p rung: noise, once encoded and then repeated."""
    short = path.with_name("short.mp4")
    noise = "nullsrc=s=320x180:r=25:d=20,geq=random(1)*255:128:128"
    rate = ["-b:v", f"{KBPS}k", "-maxrate", f"{KBPS}k", "-bufsize", f"{KBPS}k", "-g", "100"]
    quiet = [ffmpeg.path, "-v", "error", "-nostdin", "-y"]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", *rate, str(short)]
    subprocess.run([*quiet, "-f", "lavfi", "-i", noise, *encode], check=True)
    subprocess.run(
        [*quiet, "-stream_loop", "29", "-i", str(short), "-c", "copy", *CMAF, str(path)], check=True
    )


def ours(path: Path) -> int:
    with path.open("rb") as file:
        _init, header = read_init(file)
        return sum(len(placed.fragment.samples.sizes) for placed in fragments(file, header.defaults))


def theirs(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


def best_s(read: Callable[[Path], int], path: Path) -> float:
    started = time.perf_counter()
    assert read(path) == 15_000
    return time.perf_counter() - started


def main() -> int:
    ffmpeg = asyncio.run(Ffmpeg.find())
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "fragments.mp4"
        make_source(ffmpeg, path)
        size_mb = path.stat().st_size / 1e6
        rounds = [(best_s(ours, path), best_s(theirs, path)) for _ in range(ROUNDS)]
    ours_s, theirs_s = (min(column) for column in zip(*rounds, strict=True))
    speed, ratio = size_mb / ours_s, theirs_s / ours_s
    print(f"media_boxes: {speed:.0f} MB/s over {size_mb:.0f} MB, {ratio:.1f} times PyAV (bars 200 MB/s, 5)")
    return 0 if speed >= SPEED_BAR_MB_S and ratio >= RATIO_BAR else 1


if __name__ == "__main__":
    sys.exit(main())
