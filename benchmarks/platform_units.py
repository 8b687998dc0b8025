"""A unit with an event and a job against the same row by a plain AsyncSession: add and commit, one run.

Claim (platform, section 11): at most 1.8 times as long with 8 callers and fsync on, and at most 1.5 ms of
the client's processor. The two take turns.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable

from sqlalchemy import BigInteger, Identity, MetaData
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from benchmarks.platform_ground import run, verdict
from suuupra.kernel.session import NAMING
from tests.platform.ground import Do, Ground, Made

CALLERS, EACH, ROUNDS = 8, 60, 7
RATIO_BAR, CPU_BAR_MS = 1.8, 1.5


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    metadata = MetaData(schema="sample", naming_convention=NAMING)


class Effect(Base):
    __tablename__ = "effect"
    place: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, init=False)
    n: Mapped[int]
    key: Mapped[str] = mapped_column(default="")


async def timed(call: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """(wall, processor) milliseconds a call."""

    async def caller() -> None:
        for _ in range(EACH):
            await call()

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    each = 1000 / (CALLERS * EACH)
    return (time.perf_counter() - wall) * each, (time.process_time() - cpu) * each


async def main(ground: Ground) -> bool:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=ground.database.connect, pool_size=8, max_overflow=0
    )
    work = ground.work()

    async def plain() -> None:
        async with AsyncSession(engine, expire_on_commit=False) as session:
            session.add(Effect(n=1))
            await session.commit()

    async def unit() -> None:
        async with work.begin() as opened:
            opened.session.add(Effect(n=1))
            opened.publish(Made(n=1))
            opened.enqueue(Do(n=1))

    await timed(plain)
    await timed(unit)
    rounds = [(await timed(plain), await timed(unit)) for _ in range(ROUNDS)]
    await engine.dispose()
    ratio = statistics.median(ours[0] / theirs[0] for theirs, ours in rounds)
    cpu_ms = statistics.median(ours[1] for _, ours in rounds)
    plain_cpu_ms = statistics.median(theirs[1] for theirs, _ in rounds)
    print(f"platform_units: processor {cpu_ms:.2f} ms a unit, {plain_cpu_ms:.2f} ms a plain row")
    held = verdict("unit against plain row, 8 callers", ratio, RATIO_BAR, unit="x")
    return verdict("client processor of a unit", cpu_ms, CPU_BAR_MS, unit=" ms") and held


if __name__ == "__main__":
    sys.exit(run(main))
