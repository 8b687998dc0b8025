"""What goes wrong under a unit, and what its caller is told."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import text

from suuupra.kernel.auth import Principal
from suuupra.kernel.call import Call, calling
from suuupra.kernel.problems import Late, OutcomeUnknown, Unavailable
from suuupra.platform.postgres.work import PostgresWork
from tests.covers import covers
from tests.platform.ground import Answer, Ground, Make, effect, eventually, standing
from tests.platform.postgres.proxy import losing_commits

SLEEP = """
create function sample.slow() returns trigger language plpgsql as
$$begin perform pg_sleep(0.5); return null; end$$
"""
SLEEP_IN_COMMIT = """
create constraint trigger slow after insert on sample.effect deferrable initially deferred
for each row execute function sample.slow()
"""
IN_COMMIT = "select pid from pg_stat_activity where query = 'COMMIT' and state = 'active'"


async def make(work: PostgresWork, n: int, key: str) -> Answer:
    with calling(Call(idempotency_key=key)):
        async with work.begin() as unit:
            command = Make(n=n)
            if known := await unit.once(command, Answer):
                return known
            await effect(unit, n)
            return unit.answer(Answer(n=n))


@covers("PLT-17")
class TestCommit:
    async def test_a_cancelled_caller_does_not_stop_a_commit(self, ground: Ground) -> None:
        await ground.run(SLEEP, SLEEP_IN_COMMIT)
        task = asyncio.create_task(make(ground.work(), 1, "k"))

        async def is_in_commit() -> bool:
            return bool(await ground.rows(IN_COMMIT))

        await eventually(is_in_commit)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await ground.one("select count(*) from sample.effect") == 1

    async def test_a_caller_cancelled_before_it_leaves_nothing(self, ground: Ground) -> None:
        async def slow() -> None:
            async with ground.work().begin() as unit:
                await effect(unit, 1)
                await unit.session.execute(text("select pg_sleep(30)"))

        task = asyncio.create_task(slow())
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await ground.one("select count(*) from sample.effect") == 0
        assert await ground.one("select 1") == 1

    async def test_a_server_that_dies_in_it_leaves_the_outcome_unknown(self, ground: Ground) -> None:
        await ground.run(SLEEP, SLEEP_IN_COMMIT)
        task = asyncio.create_task(make(ground.work(), 1, "k"))
        found: list[int] = []

        async def is_in_commit() -> bool:
            found.extend(row["pid"] for row in await ground.rows(IN_COMMIT))
            return bool(found)

        await eventually(is_in_commit)
        await ground.one("select pg_terminate_backend($1)", found[0])
        with pytest.raises(OutcomeUnknown) as told:
            await task
        assert told.value.retry_after_s == 1
        await ground.run("drop trigger slow on sample.effect")
        assert (await make(ground.work(), 1, "k")).n == 1
        assert await ground.one("select count(*) from sample.effect") == 1

    async def test_a_lost_answer_is_found_again_by_the_same_key(self, ground_dsn: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with (
                losing_commits(ground_dsn, Path(folder)) as cut,
                standing(cut.dsn) as ground,
            ):
                cut.is_armed = True
                with pytest.raises(OutcomeUnknown):
                    await make(ground.work(), 1, "k")
                assert (await make(ground.work(), 1, "k")).n == 1
                assert await ground.one("select count(*) from sample.effect") == 1


@covers("PLT-4")
class TestTimeOuts:
    async def test_a_lock_that_is_not_given_is_a_503_with_a_time(self, ground: Ground) -> None:
        await ground.run("insert into sample.counter values ('a', 1)")
        holder = await ground.database.connect()
        async with holder.transaction():
            await holder.execute("select * from sample.counter for update")
            with pytest.raises(Unavailable) as told:
                await self.lock(ground)
        await holder.close()
        assert told.value.retry_after_s == 1

    async def lock(self, ground: Ground) -> None:
        async with ground.work().begin() as unit:
            await unit.session.execute(text("set local lock_timeout = '100ms'"))
            await unit.session.execute(text("select * from sample.counter for update"))

    async def test_a_statement_that_takes_too_long_is_a_504(self, ground_dsn: str) -> None:
        async with standing(ground_dsn, statement_timeout_s=0.1) as ground:
            with pytest.raises(Late):
                async with ground.work().begin() as unit:
                    await unit.session.execute(text("select pg_sleep(3)"))


@covers("PLT-6")
class TestPool:
    async def test_connections_that_died_are_replaced_unseen(self, ground: Ground) -> None:
        async def hold() -> None:
            async with ground.work().begin():
                await asyncio.sleep(0.05)

        await asyncio.gather(*(hold() for _ in range(6)))
        async with standing(ground.dsn) as other:
            await other.run(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        for n in range(6):
            await make(ground.work(), n, str(n))
        assert await ground.one("select count(*) from sample.effect") == 6

    async def test_a_database_that_is_away_is_a_503(self, ground: Ground) -> None:
        async with standing("postgresql://suuupra@/nowhere?host=/nonexistent") as nowhere:
            with pytest.raises(Unavailable) as told:
                async with nowhere.work().begin():
                    pass
        assert told.value.retry_after_s == 1

    async def test_a_pool_without_a_free_connection_is_a_503(
        self, ground_dsn: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("suuupra.platform.connections.pool.POOL_TIMEOUT_S", 0.1)
        async with standing(ground_dsn, size=1, overflow=0) as ground, ground.database.pool.driver():
            with pytest.raises(Unavailable):
                async with ground.work().begin():
                    pass

    @pytest.mark.parametrize("tenant", ["", "a'b", "x" * 64, "a;b", "ä"])
    async def test_a_tenant_that_could_be_more_than_a_name_is_refused(
        self, ground: Ground, tenant: str
    ) -> None:
        with calling(Call(principal=Principal(tenant=tenant))), pytest.raises(ValueError, match="tenant"):
            async with ground.work().begin():
                pass
