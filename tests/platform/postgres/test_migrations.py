"""Each schema moves by its own versions, both ways, one process at a time."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import MetaData, Table
from sqlalchemy.schema import Column
from sqlalchemy.types import Integer

from suuupra.platform.postgres import MigrationRefused, differences, migrate
from tests.covers import covers
from tests.platform.ground import SCHEMAS, standing

SECOND = """
from alembic import op
revision = "sample_0002"
down_revision = "sample_0001"
def upgrade():
    op.execute("create table sample.later (n int)")
def downgrade():
    op.execute("drop table sample.later")
"""


async def tables(dsn: str) -> set[str]:
    async with standing(dsn) as ground:
        rows = await ground.rows(
            "select schemaname || '.' || tablename as name from pg_tables"
            " where schemaname in ('kernel', 'sample')"
        )
    return {row["name"] for row in rows}


@pytest.fixture
def newer(tmp_path: Path) -> dict[str, tuple[Path, None]]:
    """The next release of the sample service."""
    versions = tmp_path / "versions"
    versions.mkdir()
    first = SCHEMAS["sample"][0] / "versions" / "0001_sample.py"
    (versions / first.name).write_text(first.read_text())
    (versions / "0002_later.py").write_text(SECOND)
    return {"sample": (tmp_path, None)}


@covers("PLT-6")
class TestMigrate:
    async def test_the_kernel_comes_first_and_a_second_run_does_nothing(self, empty_database: str) -> None:
        steps = await migrate(empty_database, SCHEMAS)
        assert [step.revision for step in steps] == ["kernel_0001", "sample_0001"]
        assert {"kernel.outbox", "kernel.alembic_version", "sample.effect", "sample.alembic_version"} <= (
            await tables(empty_database)
        )
        assert await migrate(empty_database, SCHEMAS) == ()

    async def test_a_plan_says_the_steps_and_changes_nothing(self, empty_database: str) -> None:
        steps = await migrate(empty_database, SCHEMAS, plan=True)
        assert [str(step).split(":")[0] for step in steps] == [
            "kernel up kernel_0001",
            "sample up sample_0001",
        ]
        assert await tables(empty_database) == set()

    async def test_up_down_and_up_again(
        self, empty_database: str, newer: dict[str, tuple[Path, None]]
    ) -> None:
        await migrate(empty_database, newer)
        down = await migrate(empty_database, newer, down=("sample", "sample_0001"))
        assert [(step.revision, step.direction) for step in down] == [("sample_0002", "down")]
        assert "sample.later" not in await tables(empty_database)
        assert [step.revision for step in await migrate(empty_database, newer)] == ["sample_0002"]
        assert "sample.later" in await tables(empty_database)

    async def test_one_step_back_can_be_asked_by_number(
        self, empty_database: str, newer: dict[str, tuple[Path, None]]
    ) -> None:
        await migrate(empty_database, newer)
        (step,) = await migrate(empty_database, newer, down=("sample", "-1"))
        assert step.revision == "sample_0002"

    async def test_all_the_way_down_leaves_no_table_of_the_kernel(self, empty_database: str) -> None:
        await migrate(empty_database, SCHEMAS)
        await migrate(empty_database, SCHEMAS, down=("sample", "base"))
        await migrate(empty_database, SCHEMAS, down=("kernel", "base"))
        assert await tables(empty_database) == {"kernel.alembic_version", "sample.alembic_version"}

    async def test_a_database_of_a_newer_release_is_refused_in_a_sentence_and_unharmed(
        self, empty_database: str, newer: dict[str, tuple[Path, None]]
    ) -> None:
        await migrate(empty_database, newer)
        with pytest.raises(MigrationRefused, match=r"sample at sample_0002.*newer one.*restore the backup"):
            await migrate(empty_database, SCHEMAS)
        assert "sample.later" in await tables(empty_database)

    async def test_of_four_processes_at_once_one_does_each_step(self, empty_database: str) -> None:
        ran = await asyncio.gather(*(migrate(empty_database, SCHEMAS) for _ in range(4)))
        assert sorted(step.revision for steps in ran for step in steps) == ["kernel_0001", "sample_0001"]


@covers("PLT-6")
class TestDifferences:
    async def test_a_column_that_no_migration_makes_is_named(self, empty_database: str) -> None:
        await migrate(empty_database, SCHEMAS)
        metadata = MetaData(schema="sample")
        Table("effect", metadata, Column("weight", Integer))
        found = await differences(empty_database, {"sample": (SCHEMAS["sample"][0], metadata)})
        assert any("weight" in str(one) for one in found["sample"])
