"""Whoever waited longest is next, however many jobs another key has brought."""

from suuupra.kernel.clock import FrozenClock
from tests.covers import covers
from tests.platform.ground import Do, Ground

ONE = {"quick": 1}


async def enqueue(ground: Ground, fair: str | None, *numbers: int, priority: int = 0) -> None:
    async with ground.work().begin() as unit:
        for n in numbers:
            unit.enqueue(Do(n=n), fair=fair, priority=priority)
    assert isinstance(ground.clock, FrozenClock)
    ground.clock.advance(0.001)


async def order_of(ground: Ground) -> list[int]:
    ran: list[int] = []

    async def do(job: Do) -> None:
        assert isinstance(ground.clock, FrozenClock)
        ground.clock.advance(0.001)
        ran.append(job.n)

    await ground.worker({Do: do}, kinds=ONE).step()
    return ran


@covers("PLT-3")
class TestFairness:
    async def test_behind_a_thousand_jobs_of_one_key_another_key_is_next(self, still: Ground) -> None:
        await enqueue(still, "many", *range(1000))
        await enqueue(still, "few", 5000)
        assert (await order_of(still)).index(5000) == 1

    async def test_keys_take_turns_and_each_keeps_its_order(self, still: Ground) -> None:
        for key in range(3):
            await enqueue(still, str(key), *range(key * 10, key * 10 + 3))
        assert await order_of(still) == [0, 10, 20, 1, 11, 21, 2, 12, 22]

    async def test_who_was_served_before_waits_behind_who_was_not(self, still: Ground) -> None:
        await enqueue(still, "early", 1)
        assert await order_of(still) == [1]
        await enqueue(still, "late", 2)
        await enqueue(still, "early", 3)
        assert await order_of(still) == [2, 3]

    async def test_priority_comes_before_fairness(self, still: Ground) -> None:
        await enqueue(still, "a", 1, 2)
        await enqueue(still, "b", 3)
        await enqueue(still, "a", 4, priority=-1)
        assert (await order_of(still))[0] == 4

    async def test_jobs_without_a_key_stand_in_line_by_their_time(self, still: Ground) -> None:
        await enqueue(still, "a", 1, 2, 3)
        await enqueue(still, None, 4, 5)
        ran = await order_of(still)
        assert ran[:3] == [1, 4, 5]
        assert ran[3:] == [2, 3]
