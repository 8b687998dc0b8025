"""One leads, the others stand by; whoever was replaced touches nothing."""

import asyncio
from pathlib import Path

import pytest

from suuupra.kernel.faults import ArmedFaults, InjectedFault
from suuupra.platform.events import Bell
from suuupra.platform.events.relay import LeaseLost
from tests.covers import covers
from tests.platform.ground import Ground, Made, effect, eventually, going, publish, standing


async def positions(ground: Ground) -> list[int]:
    rows = await ground.rows("select position from kernel.event order by position")
    return [row["position"] for row in rows]


@covers("PLT-2")
class TestRelay:
    async def test_events_get_the_next_positions_and_leave_the_outbox(self, ground: Ground) -> None:
        await publish(ground.work(), *range(5))
        assert await ground.relay().step() == 5
        assert await positions(ground) == [1, 2, 3, 4, 5]
        assert await ground.one("select count(*) from kernel.outbox") == 0
        await publish(ground.work(), 6)
        assert await ground.relay().step() == 1
        assert await positions(ground) == [1, 2, 3, 4, 5, 6]

    async def test_an_event_is_moved_unchanged(self, ground: Ground) -> None:
        await publish(ground.work(), 7, name="key")
        before = (await ground.rows("select * from kernel.outbox"))[0]
        await ground.relay().step()
        after = (await ground.rows("select * from kernel.event"))[0]
        names = ["event_id", "source", "type", "key", "tenant", "payload", "trace", "at"]
        assert [after[name] for name in names] == [before[name] for name in names]

    async def test_while_one_leads_another_moves_nothing(self, ground: Ground) -> None:
        first, second = ground.relay("work-0"), ground.relay("work-1")
        await first.step()
        await publish(ground.work(), 1)
        assert await second.step() == 0
        assert await first.step() == 1

    async def test_the_one_that_was_replaced_moves_nothing_and_notices(self, ground: Ground) -> None:
        old, new = ground.relay("work-0"), ground.relay("work-0")
        await old.step()
        await new.step()
        await publish(ground.work(), 1, 2)
        with pytest.raises(LeaseLost):
            await old.step()
        assert await old.step() == 0
        assert await positions(ground) == []
        assert await new.step() == 2

    @pytest.mark.parametrize(("point", "left"), [("relay.before_move", 2), ("relay.after_move", 0)])
    async def test_one_that_dies_beside_a_move_leaves_nothing_lost_or_doubled(
        self, ground: Ground, point: str, left: int
    ) -> None:
        async with standing(ground.dsn, faults=ArmedFaults({point: "raise"})) as doomed:
            await publish(ground.work(), 1, 2)
            with pytest.raises(InjectedFault):
                await doomed.relay().step()
        assert await ground.relay().step() == left
        rows = await ground.rows("select (payload->>'n')::int as n from kernel.event order by position")
        assert [row["n"] for row in rows] == [1, 2]

    async def test_who_takes_the_lease_also_finds_rows_below_the_mark(self, ground: Ground) -> None:
        """As after a restore, whose rows no relay has ever seen."""
        await publish(ground.work(), *range(5))
        await ground.relay("work-0").step()
        await ground.run(
            "insert into kernel.outbox overriding system value select 1, event_id, source, type, key,"
            " tenant, payload, trace, at from kernel.event limit 1"
        )
        assert await ground.relay("work-0").step() == 1

    async def test_a_look_alone_writes_nothing(self, ground: Ground) -> None:
        relay = ground.relay()
        await relay.step()
        before = await ground.one("select pg_current_wal_insert_lsn()::text")
        for _ in range(20):
            await relay.step()
        assert await ground.one("select pg_current_wal_insert_lsn()::text") == before

    async def test_each_day_has_a_partition_and_what_fits_none_is_kept_all_the_same(
        self, ground: Ground
    ) -> None:
        await ground.relay().step()
        made = await ground.rows(
            "select relname from pg_class where relname like 'event\\_2%' and relkind = 'r' order by relname"
        )
        assert len(made) == 3
        await ground.run(*(f"drop table kernel.{row['relname']}" for row in made))
        await publish(ground.work(), 1)
        assert await ground.relay().step() == 1
        assert await positions(ground) == [1]


@covers("PLT-2", "PLT-5")
class TestRunning:
    async def test_it_is_poked_and_polls_when_nobody_pokes(self, ground: Ground) -> None:
        relay = ground.relay()
        async with going(relay.run):
            await publish(ground.work(wake=relay.poke), 1)
            await eventually(lambda: self.has(ground, 1))
            await publish(ground.work(), 2)
            await eventually(lambda: self.has(ground, 2))

    async def test_it_goes_on_after_the_server_threw_it_out(self, ground: Ground) -> None:
        async with going(ground.relay().run):
            await publish(ground.work(), 1)
            await eventually(lambda: self.has(ground, 1))
            await ground.run(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
            await publish(ground.work(), 2)
            await eventually(lambda: self.has(ground, 2))

    async def test_one_that_stops_hands_over_at_once(self, ground: Ground) -> None:
        async with going(ground.relay("work-0").run):
            await publish(ground.work(), 1)
            await eventually(lambda: self.has(ground, 1))
        await publish(ground.work(), 2)
        assert await ground.relay("work-1").step() == 1

    async def test_eight_writers_race_beside_one_that_stays_open(self, ground: Ground) -> None:
        """None lost, none late, each key in order; the open one stalls nobody and is not lost either."""
        relay, work = ground.relay(), ground.work()
        release = asyncio.Event()

        async def stay_open() -> None:
            async with work.begin() as unit:
                await effect(unit, -1)
                await release.wait()
                unit.publish(Made(n=-1, name="open"))

        async with going(relay.run):
            late = asyncio.create_task(stay_open())
            await asyncio.gather(*(publish(work, *range(25), name=f"key{k}") for k in range(8)))
            await eventually(lambda: self.has(ground, 200))
            release.set()
            await late
            await eventually(lambda: self.has(ground, 201))
        rows = await ground.rows("select key, (payload->>'n')::int as n from kernel.event order by position")
        for k in range(8):
            assert [row["n"] for row in rows if row["key"] == f"key{k}"] == list(range(25))

    async def has(self, ground: Ground, count: int) -> bool:
        return len(await positions(ground)) == count


@covers("PLT-5")
class TestBell:
    async def test_a_ring_is_heard_in_a_folder_however_deep(self, tmp_path: Path) -> None:
        folder = tmp_path / ("deep" * 20) / ("deeper" * 20)
        folder.mkdir(parents=True)
        bell, other = Bell(folder / "bell"), Bell(folder / "bell")
        heard = asyncio.Event()
        with bell.heard_by(heard.set):
            other.ring()
            async with asyncio.timeout(5):
                await heard.wait()
        bell.close()
        other.close()

    async def test_nobody_waits_for_a_listener_that_is_not_there(self, tmp_path: Path) -> None:
        bell = Bell(tmp_path / "bell")
        for _ in range(5000):
            bell.ring()
        bell.close()
