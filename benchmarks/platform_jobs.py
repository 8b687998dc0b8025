"""Jobs: how many a second, and what 10,000 waiting ones cost a claim.

Claim (platform, section 11): 10,000 waiting jobs slow a claim at most 1.5 times. The rate stands beside
`pgqueuer` in the slow lane (`tests/slow/platform/test_jobs_against_pgqueuer.py`).
"""

import asyncio
import statistics
import sys
import time

from benchmarks.platform_ground import run, verdict
from suuupra.platform.connections.pool import HOT, quietly_closed
from tests.platform.ground import Do, Ground, going

JOBS, CLAIMS, WAITING = 5_000, 60, 10_000
CLAIM_BAR = 1.5


async def enqueue(ground: Ground, count: int) -> None:
    for start in range(0, count, 500):
        async with ground.work().begin() as unit:
            for n in range(start, min(start + 500, count)):
                unit.enqueue(Do(n=n))


async def jobs_a_second(ground: Ground, jobs: int) -> float:
    """So many jobs from the first claim to the last end."""
    ran, all_ran = 0, asyncio.Event()

    async def do(_job: Do) -> None:
        nonlocal ran
        ran += 1
        if ran == jobs:
            all_ran.set()

    await enqueue(ground, jobs)
    started = time.perf_counter()
    async with going(ground.worker({Do: do}).run):
        await all_ran.wait()
    return jobs / (time.perf_counter() - started)


async def claim_ms(ground: Ground) -> float:
    """A claim of ten and nothing else, over a connection as `run` opens; what was claimed is put back."""
    worker, times = ground.worker({Do: never}), []
    running = worker._running  # noqa: SLF001 - measured from inside
    async with quietly_closed(await ground.database.connect(**HOT)) as connection:
        worker._connection = connection  # noqa: SLF001 - as `run` does
        for _ in range(CLAIMS):
            started = time.perf_counter()
            await worker._claim()  # noqa: SLF001 - the same
            times.append((time.perf_counter() - started) * 1000)
            tasks = [task for _, _, task in running.values()]
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return statistics.median(times)


async def never(_job: Do) -> None:
    await asyncio.Event().wait()


async def main(ground: Ground) -> bool:
    rate = await jobs_a_second(ground, JOBS)
    print(f"platform_jobs: {rate:,.0f} jobs/s that nobody ends, marks in batches of 10")
    await ground.run("truncate kernel.job")
    await enqueue(ground, 20)
    few = await claim_ms(ground)
    await enqueue(ground, WAITING)
    await ground.run("analyze kernel.job")
    return verdict("a claim behind 10,000 waiting jobs", await claim_ms(ground) / few, CLAIM_BAR, unit="x")


if __name__ == "__main__":
    sys.exit(run(main))
