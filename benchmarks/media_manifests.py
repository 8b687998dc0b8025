"""Writing playlists of 10,000 segments against reading them with a foreign parser (`m3u8`): one run.

Claim (vod engine, section 11): writing takes less than 0.2 of reading. The master, which measures peak and
mean rates, is counted in.
"""

import sys
import time

import m3u8

from suuupra.engines.media.grid import Grid
from suuupra.engines.media.hls import hls_master, hls_media
from suuupra.engines.media.package import Rendition, Sound, present
from suuupra.engines.media.values import Rung

BAR = 0.2
SEGMENTS = 10_000
ROUNDS = 15


def write(grid: Grid) -> list[str]:
    rung = Rung("720p", 1280, 720, 23, 2500)
    sizes = tuple(900_000 + 37 * index % 400_000 for index in range(SEGMENTS))
    sound = Sound("mp4a.40.2", 2, tuple(size // 10 for size in sizes))
    made = present(grid, [Rendition(rung, "avc1.64001f", sizes)], sound, is_complete=True)
    return [hls_master(made), *(hls_media(made, track.name) for track in made.tracks)]


def main() -> int:
    grid = Grid(30_000, 1001, 60, SEGMENTS * 120)
    times: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        texts = write(grid)
        written = time.perf_counter()
        read = [m3u8.loads(text) for text in texts]
        assert len(read[-1].segments) == SEGMENTS
        times.append((written - started, time.perf_counter() - written))
    writing_s, reading_s = (min(column) for column in zip(*times, strict=True))
    ratio = writing_s / reading_s
    print(
        f"media_manifests: written in {writing_s:.3f} s, read in {reading_s:.3f} s, {ratio:.2f} (bar {BAR})"
    )
    return 0 if ratio <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
