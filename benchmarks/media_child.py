"""Start of a caged child against bare ffmpeg: a command of one frame to its end, one run.

Claim (vod engine, section 11): at most twice as long, although rights, room and life are taken care of
first. Counted in processor time of this process and its children: waiting for whatever else runs on the
machine is nobody's doing. The two take turns; the median of each counts.
"""

import asyncio
import resource
import statistics
import sys

from suuupra.engines.media.binary import Ffmpeg
from suuupra.engines.media.run import Cage, run_program

BAR = 2.0
ROUNDS = 40
ONE_FRAME = ["-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=320x180:d=0.04", "-frames:v", "1"]


def cpu_s() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


async def bare(command: list[str]) -> None:
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
    await process.wait()


async def main() -> int:
    command = [(await Ffmpeg.find()).path, *ONE_FRAME, "-f", "null", "-"]
    cage = Cage(niceness=0)
    times: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        started = cpu_s()
        await bare(command)
        between = cpu_s()
        await run_program(command, cage)
        times.append((between - started, cpu_s() - between))
    bare_s, caged_s = (statistics.median(column) for column in zip(*times, strict=True))
    ratio = caged_s / bare_s
    print(
        f"media_child: {caged_s * 1000:.0f} ms against {bare_s * 1000:.0f} ms, ratio {ratio:.2f} (bar {BAR})"
    )
    return 0 if ratio <= BAR else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
