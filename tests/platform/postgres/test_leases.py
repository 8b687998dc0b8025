"""One holder at a time, by slot, and an epoch that only rises."""

import asyncio

from suuupra.platform.postgres import PostgresLeases
from tests.covers import covers
from tests.platform.ground import Ground, eventually


def leases(ground: Ground, slot: str) -> PostgresLeases:
    return PostgresLeases(ground.database.pool, slot)


@covers("PLT-8", "PLT-17")
class TestLeases:
    async def test_a_held_lease_is_not_given_to_another_slot(self, ground: Ground) -> None:
        assert await leases(ground, "work-0").take("book") is not None
        assert await leases(ground, "work-1").take("book") is None

    async def test_the_slots_next_process_takes_over_at_once_under_the_next_epoch(
        self, ground: Ground
    ) -> None:
        first = await leases(ground, "work-0").take("book")
        second = await leases(ground, "work-0").take("book")
        assert first is not None
        assert second is not None
        assert (first.epoch, second.epoch) == (1, 2)
        assert not await leases(ground, "work-0").renew(first)
        assert await leases(ground, "work-0").renew(second)

    async def test_one_that_lapses_goes_to_another_slot(self, ground: Ground) -> None:
        lost = await leases(ground, "work-0").take("book", ttl_s=0.1)
        other = leases(ground, "work-1")

        async def is_taken() -> bool:
            taken = await other.take("book")
            return taken is not None and taken.epoch == 2

        await eventually(is_taken)
        assert lost is not None
        assert not await leases(ground, "work-0").renew(lost)

    async def test_one_that_is_released_is_free_and_a_stale_release_frees_nothing(
        self, ground: Ground
    ) -> None:
        mine, other = leases(ground, "work-0"), leases(ground, "work-1")
        stale = await mine.take("book")
        held = await mine.take("book")
        assert stale is not None
        assert held is not None
        await mine.release(stale)
        assert await other.take("book") is None
        await mine.release(held)
        assert await other.take("book") is not None

    async def test_of_many_at_once_one_wins(self, ground: Ground) -> None:
        taken = await asyncio.gather(*(leases(ground, f"work-{n}").take("book") for n in range(8)))
        assert len([lease for lease in taken if lease is not None]) == 1
