"""The kernel's tables forget what is done and old, and nothing else."""

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest

from suuupra.kernel.clock import FrozenClock, SystemClock
from suuupra.kernel.ids import uuid7
from suuupra.kernel.manifest import subscribe
from suuupra.kernel.work import Unit
from suuupra.platform.keys import FileKeys
from suuupra.platform.objects import DiskObjects
from suuupra.platform.upkeep import Sweep, Upkeep
from tests.covers import covers
from tests.platform.ground import Ground, Made, publish

JOB = """
insert into kernel.job (id, service, name, args, queue, run_at, state, tenant, created_at, finished_at)
values ($1, 'sample', 'sample.do', '{}', 'quick', $2, $3, 'main', $2, $2)
"""
INBOX = """
insert into kernel.inbox (event_id, handler, key, position, state) values ($1, 'sample.on_made', '', 1, $2)
"""


async def sweep(ground: Ground, days_later: int = 0) -> None:
    clock = FrozenClock(SystemClock().now() + timedelta(days=days_later))
    await Upkeep(ground.database, clock).sweep(Sweep())


async def on_made(unit: Unit, event: Made) -> None:
    pass


@covers("PLT-6", "PLT-17")
class TestSweep:
    @pytest.mark.parametrize(
        ("state", "days", "left"),
        [("done", 6, 1), ("done", 8, 0), ("cancelled", 8, 0), ("dead", 400, 1), ("ready", 400, 1)],
    )
    async def test_jobs(self, ground: Ground, state: str, days: int, left: int) -> None:
        then = ground.clock.now() - timedelta(days=days)
        await ground.rows(JOB, uuid7(int(then.timestamp() * 1000), 0, 0), then, state)
        await sweep(ground)
        assert await ground.one("select count(*) from kernel.job") == left

    @pytest.mark.parametrize(
        ("state", "days", "left"), [("done", 29, 1), ("done", 31, 0), ("parked", 400, 1), ("skipped", 400, 1)]
    )
    async def test_inbox_rows(self, ground: Ground, state: str, days: int, left: int) -> None:
        then = ground.clock.now() - timedelta(days=days)
        await ground.rows(INBOX, uuid7(int(then.timestamp() * 1000), 0, 0), state)
        await sweep(ground)
        assert await ground.one("select count(*) from kernel.inbox") == left

    async def test_answers_are_kept_until_they_expire(self, ground: Ground) -> None:
        await ground.run(
            "insert into kernel.idempotency select 'p', 'sample.Make', n::text, '', 'done', null, now(),"
            " now() + make_interval(days => n) from generate_series(1, 9) n"
        )
        await sweep(ground, days_later=5)
        assert await ground.one("select count(*) from kernel.idempotency") == 4

    async def test_of_a_schedules_slots_the_newest_stays_however_old(self, ground: Ground) -> None:
        await ground.run(
            "insert into kernel.schedule_slot select 'yearly', now() - make_interval(days => n)"
            " from generate_series(100, 110) n"
        )
        await sweep(ground)
        assert await ground.one("select count(*) from kernel.schedule_slot") == 1

    async def test_many_rows_go_in_bites(self, ground: Ground) -> None:
        await ground.run(
            "insert into kernel.idempotency select 'p', 'sample.Make', n::text, '', 'done', null, now(),"
            " now() - interval '1 day' from generate_series(1, 12000) n"
        )
        await sweep(ground)
        assert await ground.one("select count(*) from kernel.idempotency") == 0


@covers("PLT-2", "PLT-6", "PLT-17")
class TestLog:
    async def days(self, ground: Ground) -> int:
        return int(
            await ground.one("select count(*) from pg_inherits where inhparent = 'kernel.event'::regclass")
        )

    async def test_days_that_every_handler_has_passed_are_dropped_after_two_weeks(
        self, ground: Ground
    ) -> None:
        await publish(ground.work(), 1, 2)
        await ground.relay().step()
        dispatcher = ground.dispatcher(subscribe(on_made))
        await dispatcher.step()
        dispatcher._renew_at = 0.0
        await dispatcher.step()
        await sweep(ground, days_later=13)
        assert await self.days(ground) == 4
        await sweep(ground, days_later=20)
        assert await self.days(ground) == 1
        assert await ground.one("select count(*) from kernel.event") == 0

    async def test_what_is_dropped_stands_in_the_archive_event_by_event(
        self, ground: Ground, tmp_path: Path
    ) -> None:
        objects = DiskObjects(tmp_path / "objects", FileKeys(tmp_path / "keys"), ground.clock)
        await publish(ground.work(), *range(2500))
        await ground.relay().step()
        await ground.run(
            "insert into kernel.event_default select position + 5000, gen_random_uuid(), source, type, key,"
            " tenant, payload, trace, at, now() - interval '30 days' from kernel.event limit 3"
        )
        clock = FrozenClock(SystemClock().now() + timedelta(days=20))
        rows = "select event_id::text, type, key, payload::text, trace from kernel.event order by position"
        before = [tuple(row) for row in await ground.rows(rows)]
        upkeep = Upkeep(ground.database, clock)
        upkeep.archive_in(objects)
        await upkeep.sweep(Sweep())
        assert await ground.one("select count(*) from kernel.event") == 0
        kept = []
        for stored in await objects.page("kernel/events/"):
            body = b"".join([block async for block in objects.get(stored.key)])
            kept += [json.loads(line) for line in gzip.decompress(body).decode().splitlines()]
        kept.sort(key=lambda event: event["position"])
        found = [(one["id"], one["type"], one["subject"], one["data"], one["traceid"]) for one in kept]
        assert found == [(*row[:3], json.loads(row[3]), row[4]) for row in before]
        assert len(found) == 2503
        assert {one["specversion"] for one in kept} == {"1.0"}

    async def test_a_day_that_cannot_be_archived_stays(
        self, ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        objects = DiskObjects(tmp_path / "objects", FileKeys(tmp_path / "keys"), ground.clock)

        async def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(objects, "put", full)
        await publish(ground.work(), 1)
        await ground.relay().step()
        clock = FrozenClock(SystemClock().now() + timedelta(days=20))
        upkeep = Upkeep(ground.database, clock)
        upkeep.archive_in(objects)
        with pytest.raises(OSError, match="No space"):
            await upkeep.sweep(Sweep())
        assert await ground.one("select count(*) from kernel.event") == 1

    async def test_a_day_that_a_handler_has_not_read_is_kept(self, ground: Ground) -> None:
        await ground.dispatcher(subscribe(on_made)).step()
        await publish(ground.work(), 1)
        await ground.relay().step()
        await sweep(ground, days_later=20)
        assert await ground.one("select count(*) from kernel.event") == 1

    async def test_a_worker_sweeps_each_hour(self, still: Ground) -> None:
        worker = still.worker({})
        await worker.step()
        assert isinstance(still.clock, FrozenClock)
        still.clock.advance(3600)
        await worker.step()
        row = (await still.rows("select name, state from kernel.job"))[0]
        assert tuple(row) == ("kernel.sweep", "done")
