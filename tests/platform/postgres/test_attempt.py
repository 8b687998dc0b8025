"""SERIALIZABLE units run again while they collide, a few times and no more."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from suuupra.kernel.problems import Unavailable
from suuupra.kernel.work import Unit
from suuupra.platform.postgres.work import TRIES_MAX
from tests.covers import covers
from tests.platform.ground import Ground

LOCK = text("select value from sample.counter where name = :name for update")


async def counters(ground: Ground) -> dict[str, int]:
    return {row["name"]: row["value"] for row in await ground.rows("select * from sample.counter")}


@pytest.fixture
async def two(ground: Ground) -> Ground:
    await ground.run("insert into sample.counter values ('a', 1), ('b', 1)")
    return ground


@covers("PLT-6", "PLT-17")
class TestAttempt:
    async def test_write_skew_collides_and_both_finish_one_after_the_other(self, two: Ground) -> None:
        """Each takes one off only while the sum is two: run together they would leave nothing."""
        together = asyncio.Barrier(2)
        tries = 0

        def take(name: str) -> Any:
            async def function(unit: Unit) -> int:
                nonlocal tries
                tries += 1
                total = await unit.session.scalar(text("select sum(value) from sample.counter"))
                if tries <= 2:
                    await together.wait()
                if total == 2:
                    await unit.session.execute(
                        text("update sample.counter set value = 0 where name = :name"), {"name": name}
                    )
                return int(total or 0)

            return function

        seen = await asyncio.gather(two.work().attempt(take("a")), two.work().attempt(take("b")))
        assert sorted(seen) == [1, 2]
        assert sorted((await counters(two)).values()) == [0, 1]
        assert tries == 3

    async def test_a_deadlock_is_tried_again(self, two: Ground) -> None:
        together = asyncio.Barrier(2)
        tries = 0

        def lock(*names: str) -> Any:
            async def function(unit: Unit) -> str:
                nonlocal tries
                tries += 1
                await unit.session.execute(LOCK, {"name": names[0]})
                if tries <= 2:
                    await together.wait()
                await unit.session.execute(LOCK, {"name": names[1]})
                return names[0]

            return function

        done = await asyncio.gather(two.work().attempt(lock("a", "b")), two.work().attempt(lock("b", "a")))
        assert sorted(done) == ["a", "b"]
        assert tries > 2

    async def test_outside_attempt_a_deadlock_is_a_503_with_a_time(self, two: Ground) -> None:
        together = asyncio.Barrier(2)

        async def lock(*names: str) -> None:
            async with two.work().begin() as unit:
                await unit.session.execute(LOCK, {"name": names[0]})
                await together.wait()
                await unit.session.execute(LOCK, {"name": names[1]})

        ended = await asyncio.gather(lock("a", "b"), lock("b", "a"), return_exceptions=True)
        (failed,) = [one for one in ended if one is not None]
        assert isinstance(failed, Unavailable)
        assert failed.retry_after_s == 1

    async def test_it_gives_up_after_five(self, ground: Ground) -> None:
        tries = 0

        async def collide(unit: Unit) -> None:
            nonlocal tries
            tries += 1
            await unit.session.execute(text("do $$begin raise sqlstate '40001'; end$$"))

        with pytest.raises(Unavailable):
            await ground.work().attempt(collide)
        assert tries == TRIES_MAX == 5

    async def test_any_other_failure_is_not_tried_again(self, ground: Ground) -> None:
        tries = 0

        async def divide(unit: Unit) -> None:
            nonlocal tries
            tries += 1
            await unit.session.execute(text("select 1 / 0"))

        with pytest.raises(Exception, match="division by zero"):
            await ground.work().attempt(divide)
        assert tries == 1
