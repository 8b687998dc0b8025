"""A service acts as its own role: its own schema, its own rows, its tenant; or says that it cannot."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from suuupra.platform.postgres import migrate
from tests.covers import covers
from tests.platform.ground import SCHEMAS, Do, Ground, effect, standing
from tests.postgres import Server


@covers("PLT-9")
class TestOwnRole:
    async def test_a_unit_acts_as_its_service_for_one_tenant(self, ground: Ground) -> None:
        async with ground.work().begin() as unit:
            row = (
                await unit.session.execute(
                    text("select current_user, current_setting('suuupra.tenant') as tenant")
                )
            ).one()
        assert tuple(row) == ("suuupra_sample", "main")

    async def test_neither_outlives_the_unit(self, ground: Ground) -> None:
        async with ground.work().begin() as unit:
            await effect(unit, 1)
        row = (await ground.rows("select current_user, current_setting('suuupra.tenant', true) as tenant"))[0]
        assert row["current_user"] == "suuupra"
        assert not row["tenant"]

    @pytest.mark.parametrize(
        "statement",
        [
            "create table kernel.mine (n int)",
            "select * from kernel.outbox",
            "delete from kernel.job",
            "update kernel.lease set epoch = 0",
            "select * from kernel.event",
        ],
    )
    async def test_the_kernel_is_closed_but_for_what_a_unit_writes(
        self, ground: Ground, statement: str
    ) -> None:
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with ground.work().begin() as unit:
                await unit.session.execute(text(statement))

    async def test_jobs_of_another_service_are_neither_seen_nor_changed(self, ground: Ground) -> None:
        async with ground.work("stranger").begin() as unit:
            unit.enqueue(Do())
        async with ground.work().begin() as unit:
            unit.enqueue(Do())
            assert await unit.session.scalar(text("select count(*) from kernel.job")) == 0
            await unit.session.execute(text("update kernel.job set state = 'done'"))
        assert await ground.counts("job") == {"ready": 2}


@covers("PLT-9", "PLT-13")
class TestWithoutRoles:
    async def test_a_service_without_a_role_runs_as_the_login_and_says_degraded(self, ground: Ground) -> None:
        async with ground.work("stranger").begin() as unit:
            assert await unit.session.scalar(text("select current_user")) == "suuupra"
        part = await ground.database.part(("sample", "stranger"))
        assert part.state == "degraded"
        assert "stranger" in part.effect
        assert (await ground.database.part(("sample",))).state == "well"

    async def test_a_login_that_may_not_make_roles_migrates_and_runs_all_the_same(
        self, postgres_server: Server, empty_database: str
    ) -> None:
        async with standing(empty_database) as admin:
            name = await admin.one("select current_database()")
            await admin.run(
                f"create role plain_{name} login", f"grant create on database {name} to plain_{name}"
            )
        dsn = empty_database.replace("suuupra@", f"plain_{name}@")
        await migrate(dsn, SCHEMAS)
        async with standing(dsn) as ground:
            async with ground.work().begin() as unit:
                await effect(unit, 1)
                unit.enqueue(Do())
            assert await ground.one("select count(*) from sample.effect") == 1
            assert (await ground.database.part(("sample",))).state == "degraded"
        async with standing(empty_database) as admin:
            await admin.run(f"drop owned by plain_{name} cascade", f"drop role plain_{name}")
