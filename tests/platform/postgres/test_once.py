"""A command under an idempotency key: answered once, replayed to its twins."""

import asyncio

import pytest
from sqlalchemy import text

from suuupra.kernel.auth import Principal
from suuupra.kernel.call import Call, calling
from suuupra.kernel.ids import TimeIds
from suuupra.kernel.problems import KeyReused, Unavailable
from suuupra.platform.postgres.work import PostgresWork
from tests.covers import covers
from tests.platform.ground import Answer, Ground, Make, effect

PERSON = Principal(kind="person", subject=TimeIds().new())


async def make(work: PostgresWork, n: int, key: str | None, who: Principal = PERSON) -> Answer:
    with calling(Call(principal=who, idempotency_key=key)):
        async with work.begin() as unit:
            if known := await unit.once(Make(n=n), Answer):
                return known
            await effect(unit, n)
            await asyncio.sleep(0.02)
            return unit.answer(Answer(n=await ground_total(unit)))


async def ground_total(unit: object) -> int:
    found = await unit.session.scalar(text("select count(*) from sample.effect"))  # type: ignore[attr-defined]
    return int(found)


@covers("PLT-4", "PLT-17")
class TestOnce:
    async def test_sixty_four_clicks_have_one_effect_and_one_answer(self, ground: Ground) -> None:
        work = ground.work()
        answers = await asyncio.gather(*(make(work, 1, "k") for _ in range(64)))
        assert {answer.n for answer in answers} == {1}
        assert await ground.one("select count(*) from sample.effect") == 1

    async def test_the_stored_answer_stays_what_it_was(self, ground: Ground) -> None:
        first = await make(ground.work(), 1, "k")
        await make(ground.work(), 2, "other")
        assert await make(ground.work(), 1, "k") == first

    async def test_another_body_under_the_key_is_refused_and_changes_nothing(self, ground: Ground) -> None:
        await make(ground.work(), 1, "k")
        with pytest.raises(KeyReused):
            await make(ground.work(), 2, "k")
        assert await ground.one("select count(*) from sample.effect") == 1

    async def test_keys_of_two_people_do_not_meet(self, ground: Ground) -> None:
        other = Principal(kind="person", subject=TimeIds().new())
        await make(ground.work(), 1, "k")
        await make(ground.work(), 2, "k", other)
        assert await ground.one("select count(*) from sample.effect") == 2

    async def test_without_a_key_each_call_counts(self, ground: Ground) -> None:
        for _ in range(2):
            await make(ground.work(), 1, None)
        assert await ground.one("select count(*) from sample.effect") == 2
        assert await ground.one("select count(*) from kernel.idempotency") == 0

    async def test_a_twin_that_fails_leaves_the_key_free(self, ground: Ground) -> None:
        async def fail() -> None:
            with calling(Call(principal=PERSON, idempotency_key="k")):
                async with ground.work().begin() as unit:
                    await unit.once(Make(n=1), Answer)
                    raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        assert (await make(ground.work(), 1, "k")).n == 1

    async def test_a_twin_that_runs_for_too_long_is_a_503_with_a_time(self, ground: Ground) -> None:
        started, release = asyncio.Event(), asyncio.Event()

        async def slow() -> None:
            with calling(Call(principal=PERSON, idempotency_key="k")):
                async with ground.work().begin() as unit:
                    await unit.once(Make(n=1), Answer)
                    started.set()
                    await release.wait()
                    unit.answer(Answer(n=9))

        task = asyncio.create_task(slow())
        await started.wait()
        with pytest.raises(Unavailable) as told:
            await make(ground.work(), 1, "k")
        assert told.value.retry_after_s == 1
        release.set()
        await task
        assert (await make(ground.work(), 1, "k")).n == 9
