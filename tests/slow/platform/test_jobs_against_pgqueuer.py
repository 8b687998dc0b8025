"""Our worker beside `pgqueuer` on the same server: jobs that do nothing, marks in batches of ten."""

import statistics
import time
from typing import Any

import pytest

from benchmarks.platform_jobs import jobs_a_second
from suuupra.kernel import logs
from tests.covers import covers
from tests.platform.ground import Ground

JOBS, ROUNDS, BAR = 3000, 3, 1.3
WAY_OUT = "pgqueuer is not installed: pip install 'pgqueuer==1.6.0'"
pgqueuer: Any = pytest.importorskip("pgqueuer", reason=WAY_OUT)
types: Any = pytest.importorskip("pgqueuer.types", reason=WAY_OUT)


async def theirs(ground: Ground) -> float:
    connection = await ground.database.connect()
    try:
        queries = pgqueuer.Queries(pgqueuer.AsyncpgDriver(connection))
        await queries.enqueue(["nothing"] * JOBS, [b""] * JOBS, [0] * JOBS)
        manager = pgqueuer.QueueManager(queries)

        @manager.entrypoint("nothing")  # type: ignore[untyped-decorator]
        async def nothing(_job: pgqueuer.Job) -> None:
            pass

        started = time.perf_counter()
        await manager.run(batch_size=10, mode=types.QueueExecutionMode.drain)
        return JOBS / (time.perf_counter() - started)
    finally:
        await connection.close()


@covers("PLT-3")
@pytest.mark.timeout(300)
async def test_at_least_a_third_faster(ground: Ground) -> None:
    logs.configure(level="error")
    connection = await ground.database.connect()
    await pgqueuer.Queries(pgqueuer.AsyncpgDriver(connection)).install()
    await connection.close()
    rates = [(await jobs_a_second(ground, JOBS), await theirs(ground)) for _ in range(ROUNDS)]
    ratio = statistics.median(mine / other for mine, other in rates)
    print(f"ours {rates[-1][0]:,.0f} jobs/s, pgqueuer {rates[-1][1]:,.0f}, ratio {ratio:.2f}")  # noqa: T201
    assert ratio >= BAR
