"""Start of a caged child against bare ffmpeg: time to the end of a command of one frame, one run.

Claim (vod engine, section 11): at most twice as long, although rights, room and life are taken care of
first. The two take turns; the best of each counts, since both wait for whatever else runs here.
"""

import asyncio
import sys
import time

from suuupra.engines.media.binary import Ffmpeg
from suuupra.engines.media.run import Cage, run_program

BAR = 2.0
ROUNDS = 40
ONE_FRAME = ["-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=320x180:d=0.04", "-frames:v", "1"]


async def bare(command: list[str]) -> None:
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
    await process.wait()


async def main() -> int:
    command = [(await Ffmpeg.find()).path, *ONE_FRAME, "-f", "null", "-"]
    cage = Cage(niceness=0)
    times: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await bare(command)
        between = time.perf_counter()
        await run_program(command, cage)
        times.append((between - started, time.perf_counter() - between))
    bare_s, caged_s = (min(column) for column in zip(*times, strict=True))
    ratio = caged_s / bare_s
    print(
        f"media_child: {caged_s * 1000:.0f} ms against {bare_s * 1000:.0f} ms, ratio {ratio:.2f} (bar {BAR})"
    )
    return 0 if ratio <= BAR else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
