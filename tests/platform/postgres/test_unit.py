"""One use case, one transaction: rows, events and jobs together or not at all."""

import asyncio
import contextlib
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from suuupra.kernel.call import Call, calling
from suuupra.kernel.work import NestedUnit, TransactionOpen, refuse_open_scope
from tests.covers import covers
from tests.platform.ground import Answer, Do, Ground, Made, Make, effect


class Heard:
    """A hub that remembers, or fails."""

    def __init__(self, *, fails: bool = False) -> None:
        self.topics: list[str] = []
        self._fails = fails

    async def announce(self, topic: str, message: Any, *, kind: str = "state") -> None:
        if self._fails:
            raise ConnectionError
        self.topics.append(topic)


async def everything(unit: Any) -> None:
    await effect(unit, 1)
    unit.publish(Made(n=1))
    unit.enqueue(Do(n=1))
    unit.announce("topic", {})


async def saved(ground: Ground) -> tuple[int, int, int]:
    tables = ("sample.effect", "kernel.outbox", "kernel.job")
    effects, events, jobs = [await ground.one(f"select count(*) from {table}") for table in tables]
    return effects, events, jobs


@covers("PLT-2", "PLT-3", "PLT-17")
class TestOneTransaction:
    async def test_rows_events_and_jobs_are_saved_together(self, ground: Ground) -> None:
        async with ground.work().begin() as unit:
            await everything(unit)
        assert await saved(ground) == (1, 1, 1)

    async def test_a_raise_at_the_end_saves_none_of_them_and_tells_nobody(self, ground: Ground) -> None:
        hub, woken = Heard(), []
        work = ground.work(hub=hub, wake=lambda: woken.append(1))

        async def fail() -> None:
            async with work.begin() as unit:
                await everything(unit)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        assert await saved(ground) == (0, 0, 0)
        assert hub.topics == []
        assert woken == []

    async def test_the_hub_and_the_relay_are_told_after_the_commit(self, ground: Ground) -> None:
        hub, woken = Heard(), []
        async with ground.work(hub=hub, wake=lambda: woken.append(1)).begin() as unit:
            await everything(unit)
            assert hub.topics == []
            assert woken == []
        assert hub.topics == ["topic"]
        assert woken == [1]

    async def test_nobody_is_woken_for_a_unit_without_events_and_jobs(self, ground: Ground) -> None:
        woken: list[int] = []
        async with ground.work(wake=lambda: woken.append(1)).begin() as unit:
            await effect(unit, 1)
        assert woken == []

    async def test_a_hub_that_is_away_undoes_nothing(self, ground: Ground) -> None:
        async with ground.work(hub=Heard(fails=True)).begin() as unit:
            await everything(unit)
        assert await saved(ground) == (1, 1, 1)

    async def test_an_error_swallowed_in_a_unit_does_not_pass_for_a_commit(self, ground: Ground) -> None:
        async def swallow() -> None:
            async with ground.work().begin() as unit:
                await effect(unit, 1)
                with contextlib.suppress(DBAPIError):
                    await unit.session.execute(text("select 1 / 0"))

        with pytest.raises(RuntimeError, match="nothing was saved"):
            await swallow()
        assert await saved(ground) == (0, 0, 0)


@covers("PLT-2", "PLT-12")
async def test_an_event_carries_source_key_tenant_and_trace_in_the_order_of_publishing(
    ground: Ground,
) -> None:
    with calling(Call(trace="a" * 32)):
        async with ground.work().begin() as unit:
            for n in range(20):
                unit.publish(Made(n=n, name="same"))
    rows = await ground.rows("select *, (payload->>'n')::int as n from kernel.outbox order by id")
    assert [row["n"] for row in rows] == list(range(20))
    first = rows[0]
    assert (first["source"], first["type"], first["key"]) == ("sample", "sample.made.v1", "same")
    assert (first["tenant"], first["trace"]) == ("main", "a" * 32)
    assert isinstance(first["event_id"], UUID)
    assert first["event_id"].version == 7


@covers("PLT-1")
class TestNesting:
    async def test_a_unit_in_a_unit_is_refused(self, ground: Ground) -> None:
        work = ground.work()
        async with work.begin():
            with pytest.raises(NestedUnit):
                async with work.begin():
                    pass

    async def test_a_read_in_a_unit_is_refused_too(self, ground: Ground) -> None:
        work = ground.work()
        async with work.begin():
            with pytest.raises(NestedUnit):
                async with work.read():
                    pass

    async def test_ports_are_refused_inside_a_read_and_allowed_after_it(self, ground: Ground) -> None:
        async with ground.work().read():
            with pytest.raises(TransactionOpen):
                refuse_open_scope("a port")
        refuse_open_scope("a port")

    async def test_a_task_born_in_a_unit_is_free_once_the_unit_is_over(self, ground: Ground) -> None:
        over = asyncio.Event()

        async def later() -> None:
            await over.wait()
            refuse_open_scope("a port")

        async with ground.work().begin():
            task = asyncio.create_task(later())
        over.set()
        await task


@covers("PLT-6")
class TestRead:
    async def test_a_read_sees_what_was_committed(self, ground: Ground) -> None:
        async with ground.work().begin() as unit:
            await effect(unit, 7)
        async with ground.work().read() as session:
            assert await session.scalar(text("select n from sample.effect")) == 7

    async def test_a_read_cannot_write(self, ground: Ground) -> None:
        with pytest.raises(Exception, match="read-only transaction"):
            async with ground.work().read() as session:
                await session.execute(text("insert into sample.effect (n) values (1)"))


@covers("PLT-3")
class TestUniqueJobs:
    async def test_one_that_waits_stands_for_all(self, ground: Ground) -> None:
        for n in (1, 2):
            async with ground.work().begin() as unit:
                unit.enqueue(Do(n=n), unique="here")
                unit.enqueue(Do(n=n), unique="here")
                unit.enqueue(Do(n=n), unique="there")
        rows = await ground.rows("select unique_key, args->>'n' as n from kernel.job order by unique_key")
        assert [(row["unique_key"], row["n"]) for row in rows] == [("here", "1"), ("there", "1")]

    async def test_two_units_at_once_leave_one(self, ground: Ground) -> None:
        async def enqueue() -> None:
            async with ground.work().begin() as unit:
                unit.enqueue(Do(), unique="here")
                unit.enqueue(Do(), unique="there")

        await asyncio.gather(*(enqueue() for _ in range(8)))
        assert await ground.one("select count(*) from kernel.job") == 2


@covers("PLT-4")
async def test_asking_once_without_answering_is_our_mistake(ground: Ground) -> None:
    with pytest.raises(RuntimeError, match="must `answer`"), calling(Call(idempotency_key="k")):
        async with ground.work().begin() as unit:
            await unit.once(Make(n=1), Answer)
    assert await ground.one("select count(*) from kernel.idempotency") == 0
