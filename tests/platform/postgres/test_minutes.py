"""Figures by the minute, errors by group, nobody's data in either."""

import pytest
from sqlalchemy import text

from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.metrics import Metrics
from suuupra.platform.errors import Errors, fingerprint, trace_of
from suuupra.platform.postgres import MetricMinutes
from tests.covers import covers
from tests.platform.ground import NOON, Ground


def refuse(message: str) -> None:
    raise ValueError(message)


def fail(message: str) -> Exception:
    try:
        refuse(message)
    except ValueError as error:
        return error
    raise AssertionError


@covers("PLT-12")
class TestMinutes:
    async def test_each_write_adds_what_grew_to_the_running_minute(self, ground: Ground) -> None:
        clock, metrics = FrozenClock(NOON), Metrics()
        minutes = MetricMinutes(ground.database, "web-0", clock=clock, metrics=metrics)
        for _ in range(2):
            metrics.time("page_seconds", 0.04, route="/")
            metrics.count("events_moved", 3)
            await minutes.write()
        clock.advance(60)
        metrics.time("page_seconds", 0.04, route="/")
        await minutes.write()
        rows = await ground.rows("select * from kernel.metric_minute order by name, minute")
        assert [(row["name"], row["count"]) for row in rows] == [
            ("events_moved", 6),
            ("page_seconds", 2),
            ("page_seconds", 1),
        ]
        assert rows[1]["labels"] == "route=/"
        assert sum(rows[1]["buckets"]) == 2

    async def test_a_process_that_starts_anew_in_the_minute_adds_to_it(self, ground: Ground) -> None:
        clock = FrozenClock(NOON)
        for _ in range(2):
            metrics = Metrics()
            metrics.count("jobs", 1)
            await MetricMinutes(ground.database, "web-0", clock=clock, metrics=metrics).write()
        assert await ground.one("select count from kernel.metric_minute") == 2

    async def test_errors_that_look_alike_are_one_group(self, ground: Ground) -> None:
        minutes = MetricMinutes(ground.database, "web-0", metrics=Metrics())
        for n in range(5):
            ground.database.errors.saw("sample", fail(f"number {n}"))
        ground.database.errors.saw("other", fail("elsewhere"))
        await minutes.write()
        ground.database.errors.saw("sample", fail("once more"))
        await minutes.write()
        rows = await ground.rows("select * from kernel.error_group order by service")
        assert [(row["service"], row["count"]) for row in rows] == [("other", 1), ("sample", 6)]
        assert rows[1]["title"] == "ValueError in sample"


@covers("PLT-12")
class TestTraces:
    def test_a_mail_address_is_masked(self) -> None:
        assert "ada@example.org" not in trace_of(fail("no room for ada@example.org"))

    async def test_what_the_database_adds_to_its_message_is_left_out(self, ground: Ground) -> None:
        await ground.run("insert into sample.counter values ('secret value', 1)")
        with pytest.raises(Exception, match="duplicate key") as told:
            async with ground.work().begin() as unit:
                await unit.session.execute(
                    text("insert into sample.counter values (:name, 1)"), {"name": "secret value"}
                )
        shown = trace_of(told.value)
        assert "duplicate key" in shown
        assert "secret value" not in shown

    def test_the_place_counts_and_the_message_does_not(self) -> None:
        assert fingerprint(fail("one")) == fingerprint(fail("two"))
        assert fingerprint(fail("one")) != fingerprint(KeyError("one"))

    def test_groups_in_memory_are_bounded(self) -> None:
        errors = Errors()
        for n in range(1000):
            errors.saw(f"service{n}", fail("x"))
        assert len(errors.taken()) <= 200
