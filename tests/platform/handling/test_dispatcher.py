"""Handlers run in the unit of their inbox row, in the order of their keys, once."""

import asyncio
from typing import Any

import pytest

from suuupra.kernel.call import Call, calling, current_call
from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.manifest import subscribe
from suuupra.kernel.messages import Event
from suuupra.kernel.work import NestedUnit, Unit
from suuupra.platform.handling.statements import TRIES_MAX
from suuupra.platform.postgres import migrate
from tests.covers import covers
from tests.platform.ground import SCHEMAS, Do, Ground, Made, effect, eventually, going, publish


class Handled:
    """A handler that fails for some numbers until it is repaired."""

    def __init__(self, *broken: int) -> None:
        self.broken = set(broken)
        self.tried: list[int] = []

    async def on_made(self, unit: Unit, event: Made) -> None:
        self.tried.append(event.n)
        await effect(unit, event.n, event.name)
        unit.enqueue(Do(n=event.n))
        if event.n in self.broken:
            raise ValueError(f"number {event.n}")


async def effects(ground: Ground) -> list[int]:
    return [row["n"] for row in await ground.rows("select n from sample.effect order by place")]


def soon(ground: Ground, seconds: float = 1300.0) -> None:
    assert isinstance(ground.clock, FrozenClock)
    ground.clock.advance(seconds)


@covers("PLT-2", "PLT-17")
class TestHandling:
    async def test_each_event_is_handled_once_with_all_it_does(self, ground: Ground) -> None:
        dispatcher = ground.dispatcher(subscribe(Handled().on_made))
        await publish(ground.work(), *range(120), name="key")
        await ground.relay().step()
        assert await dispatcher.step() == 120
        assert await dispatcher.step() == 0
        assert await effects(ground) == list(range(120))
        assert await ground.counts("inbox") == {"done": 120}
        assert await ground.counts("job") == {"ready": 120}

    async def test_a_replayed_log_changes_nothing(self, ground: Ground) -> None:
        await publish(ground.work(), *range(10))
        await ground.relay().step()
        await ground.dispatcher(subscribe(Handled().on_made)).step()
        await ground.run("update kernel.lane set position = 0, epoch = epoch + 1")
        assert await ground.dispatcher(subscribe(Handled().on_made)).step() == 10
        assert len(await effects(ground)) == 10

    async def test_the_slots_next_process_goes_on_where_the_last_one_stopped(self, ground: Ground) -> None:
        for start in (0, 10, 20):
            await publish(ground.work(), *range(start, start + 10), name="key")
            await ground.relay().step()
            handled = Handled()
            await ground.dispatcher(subscribe(handled.on_made)).step()
            assert handled.tried == list(range(start, start + 10))

    async def test_a_process_that_lost_its_lanes_changes_nothing_and_takes_none_back(
        self, ground: Ground
    ) -> None:
        old, new = Handled(), Handled()
        frozen = ground.dispatcher(subscribe(old.on_made))
        await frozen.step()
        taken_over = ground.dispatcher(subscribe(new.on_made))
        await taken_over.step()
        await publish(ground.work(), *range(10))
        await ground.relay().step()
        for _ in range(2):
            await frozen.step()
            frozen._renew_at = 0.0
        assert await effects(ground) == []
        assert await taken_over.step() == 10

    async def test_a_handler_runs_as_its_service_under_the_trace_of_the_event(self, ground: Ground) -> None:
        seen: list[Any] = []

        async def on_made(unit: Unit, event: Made) -> None:
            call = current_call()
            seen.append((call.principal.kind, call.principal.service, call.trace))

        with calling(Call(trace="b" * 32)):
            await publish(ground.work(), 1)
        await ground.relay().step()
        await ground.dispatcher(subscribe(on_made)).step()
        assert seen == [("service", "sample", "b" * 32)]

    async def test_a_handler_that_calls_a_use_case_is_refused_and_the_event_parks(
        self, still: Ground
    ) -> None:
        errors: list[Exception] = []

        async def on_made(unit: Unit, event: Made) -> None:
            try:
                await publish(still.work(), 2)
            except NestedUnit as error:
                errors.append(error)
                raise

        await publish(still.work(), 1)
        await still.relay().step()
        dispatcher = still.dispatcher(subscribe(on_made))
        for _ in range(TRIES_MAX):
            await dispatcher.step()
            soon(still)
        assert len(errors) == TRIES_MAX
        assert await still.counts("inbox") == {"parked": 1}


@covers("PLT-2", "PLT-3")
class TestFailure:
    async def test_of_fifty_one_fails_and_forty_nine_are_done(self, still: Ground) -> None:
        handled = Handled(7)
        await publish(still.work(), *range(50), name="key")
        await still.run("update kernel.outbox set key = event_id::text")
        await still.relay().step()
        await still.dispatcher(subscribe(handled.on_made, lanes=1)).step()
        assert await still.counts("inbox") == {"done": 49, "failed": 1}
        assert await effects(still) == [n for n in range(50) if n != 7]
        row = (await still.rows("select * from kernel.inbox where state = 'failed'"))[0]
        assert row["attempts"] == 1
        assert "ValueError: number 7" in row["last_error"]

    async def test_later_events_of_its_key_wait_and_then_follow_in_order(self, still: Ground) -> None:
        handled = Handled(3)
        dispatcher = still.dispatcher(subscribe(handled.on_made))
        await publish(still.work(), *range(10), name="key")
        await publish(still.work(), 100, name="other")
        await still.relay().step()
        await dispatcher.step()
        assert await still.counts("inbox") == {"done": 4, "failed": 1, "waiting": 6}
        handled.broken.clear()
        soon(still)
        await dispatcher.step()
        assert await still.counts("inbox") == {"done": 11}
        assert [n for n in await effects(still) if n != 100] == list(range(10))

    async def test_where_order_does_not_matter_nobody_waits(self, still: Ground) -> None:
        handled = Handled(3)
        dispatcher = still.dispatcher(subscribe(handled.on_made, order="none"))
        await publish(still.work(), *range(10), name="key")
        await still.relay().step()
        await dispatcher.step()
        assert await still.counts("inbox") == {"done": 9, "failed": 1}
        handled.broken.clear()
        soon(still)
        assert await dispatcher.step() == 1
        assert await still.counts("inbox") == {"done": 10}

    async def test_it_is_tried_twelve_times_ever_later_and_then_parked(self, still: Ground) -> None:
        handled = Handled(1)
        dispatcher = still.dispatcher(subscribe(handled.on_made))
        await publish(still.work(), 1)
        await still.relay().step()
        waits = []
        for _ in range(TRIES_MAX - 1):
            await dispatcher.step()
            again_at = await still.one("select next_at from kernel.inbox")
            waits.append((again_at - still.clock.now()).total_seconds())
            soon(still, waits[-1])
        await dispatcher.step()
        assert await still.counts("inbox") == {"parked": 1}
        assert handled.tried == [1] * TRIES_MAX
        for number, waited in enumerate(waits):
            assert 0.79 <= waited / min(2**number, 600) <= 1.21
        soon(still, 100_000)
        await dispatcher.step()
        assert handled.tried == [1] * TRIES_MAX

    async def test_errors_of_handlers_are_grouped(self, ground: Ground) -> None:
        await publish(ground.work(), 1)
        await ground.relay().step()
        await ground.dispatcher(subscribe(Handled(1).on_made)).step()
        (seen,) = ground.database.errors.taken().items()
        assert seen[0][0] == "sample"
        assert seen[1].count == 1


class MadeInColour(Event, wire="sample.made.v2", key="name"):
    n: int
    name: str
    colour: str


@covers("PLT-2", "PLT-15")
class TestUnknown:
    async def test_a_newer_version_is_skipped_with_its_reason_and_kept(self, ground: Ground) -> None:
        async with ground.work().begin() as unit:
            unit.publish(MadeInColour(n=1, name="key", colour="red"))
            unit.publish(Made(n=2, name="key"))
        await ground.relay().step()
        await ground.dispatcher(subscribe(Handled().on_made)).step()
        rows = await ground.rows("select * from kernel.inbox order by position")
        assert [row["state"] for row in rows] == ["skipped", "done"]
        assert "sample.made.v2" in rows[0]["last_error"]
        assert "red" in str(rows[0]["envelope"])

    async def test_a_field_of_a_newer_release_is_skipped_too_without_its_value(self, ground: Ground) -> None:
        await publish(ground.work(), 1)
        await ground.run("""update kernel.outbox set payload = payload || '{"weight": "heavy"}'""")
        await ground.relay().step()
        handled = Handled()
        await ground.dispatcher(subscribe(handled.on_made)).step()
        assert handled.tried == []
        reason = await ground.one("select last_error from kernel.inbox where state = 'skipped'")
        assert "weight" in reason
        assert "heavy" not in reason

    async def test_a_type_nobody_handles_is_passed_by(self, ground: Ground) -> None:
        await publish(ground.work(), 1)
        await ground.run("update kernel.outbox set type = 'stranger.made.v1'")
        await ground.relay().step()
        assert await ground.dispatcher(subscribe(Handled().on_made)).step() == 0


@covers("PLT-2", "PLT-13")
class TestRunning:
    async def test_it_is_woken_and_keeps_each_key_in_order_under_load(self, ground: Ground) -> None:
        handled = Handled()
        relay, dispatcher = ground.relay(), ground.dispatcher(subscribe(handled.on_made, lanes=3))
        async with going(relay.run, dispatcher.run):
            work = ground.work(wake=relay.poke)
            await asyncio.gather(*(publish(work, *range(k, 200 + k, 5), name=str(k)) for k in range(5)))
            await eventually(lambda: self.is_done(ground, 200))
        rows = await ground.rows("select n, key from sample.effect order by place")
        for key in "01234":
            numbers = [row["n"] for row in rows if row["key"] == key]
            assert numbers == sorted(numbers)
            assert len(numbers) == 40

    async def is_done(self, ground: Ground, count: int) -> bool:
        return await ground.counts("inbox") == {"done": count}

    async def test_a_slow_lane_does_not_hold_the_others(
        self, ground: Ground, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The slow one falls behind, the rest is read on, and it catches up by itself."""
        monkeypatch.setattr("suuupra.platform.lanes.lane.QUEUE_MAX", 10)
        monkeypatch.setattr("suuupra.platform.handling.dispatcher.READ_BATCH", 20)
        gate = asyncio.Event()

        async def on_made(unit: Unit, event: Made) -> None:
            if event.name == "slow":
                await gate.wait()
            await effect(unit, event.n, event.name)

        await publish(ground.work(), *range(100), name="slow")
        await publish(ground.work(), *range(100), name="quick")
        dispatcher = ground.dispatcher(subscribe(on_made))
        async with going(ground.relay().run, dispatcher.run):
            await eventually(lambda: self.count_of(ground, "quick", 100))
            assert await ground.one("select count(*) from sample.effect where key = 'slow'") == 0
            gate.set()
            await eventually(lambda: self.count_of(ground, "slow", 100))
        rows = await ground.rows("select n from sample.effect where key = 'slow' order by place")
        assert [row["n"] for row in rows] == list(range(100))

    async def count_of(self, ground: Ground, key: str, count: int) -> bool:
        return bool(await ground.one("select count(*) = $2 from sample.effect where key = $1", key, count))

    async def test_it_goes_on_after_the_server_threw_it_out(self, ground: Ground) -> None:
        handled = Handled()
        async with going(ground.relay().run, ground.dispatcher(subscribe(handled.on_made)).run):
            await publish(ground.work(), 1)
            await eventually(lambda: self.is_done(ground, 1))
            await ground.run(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
            await publish(ground.work(), 2)
            await eventually(lambda: self.is_done(ground, 2))

    async def test_one_that_stops_ends_its_batch_and_frees_its_lanes(self, ground: Ground) -> None:
        started = asyncio.Event()

        async def on_made(unit: Unit, event: Made) -> None:
            started.set()
            await asyncio.sleep(0.2)
            await effect(unit, event.n)

        async with going(ground.relay().run, ground.dispatcher(subscribe(on_made), slot="work-0").run):
            await publish(ground.work(), 1)
            await started.wait()
        assert await effects(ground) == [1]
        await publish(ground.work(), 2)
        await ground.relay().step()
        assert await ground.dispatcher(subscribe(Handled().on_made), slot="work-1").step() == 1


@covers("PLT-2")
class TestLanes:
    async def test_a_new_number_of_lanes_begins_at_the_slowest(self, ground: Ground) -> None:
        await publish(ground.work(), *range(20))
        await ground.relay().step()
        await ground.dispatcher(subscribe(Handled().on_made, lanes=4)).step()
        handled = Handled()
        await publish(ground.work(), *range(20, 40))
        await ground.relay().step()
        await ground.dispatcher(subscribe(handled.on_made, lanes=7)).step()
        assert sorted(handled.tried) == list(range(20, 40))
        assert await ground.one("select count(*) from kernel.lane") == 7

    async def test_a_paused_subscription_waits_and_misses_nothing(self, ground: Ground) -> None:
        dispatcher = ground.dispatcher(subscribe(Handled().on_made))
        await dispatcher.step()
        await ground.run("update kernel.subscription set state = 'paused'")
        await publish(ground.work(), *range(5))
        await ground.relay().step()
        assert await ground.dispatcher(subscribe(Handled().on_made)).step() == 0
        await ground.run("update kernel.subscription set state = 'running'")
        assert await ground.dispatcher(subscribe(Handled().on_made)).step() == 5

    async def test_a_handler_that_a_release_brings_begins_where_the_release_was_migrated(
        self, ground: Ground
    ) -> None:
        await publish(ground.work(), 1)
        await ground.relay().step()
        await migrate(ground.dsn, SCHEMAS)
        await publish(ground.work(), 2)
        await ground.relay().step()
        handled = Handled()
        await ground.dispatcher(subscribe(handled.on_made)).step()
        assert handled.tried == [2]

    async def test_quiet_lanes_write_where_they_stand(self, ground: Ground) -> None:
        dispatcher = ground.dispatcher(subscribe(Handled().on_made))
        await dispatcher.step()
        await publish(ground.work(), 1)
        await ground.run("update kernel.outbox set type = 'stranger.made.v1'")
        await ground.relay().step()
        await dispatcher.step()
        dispatcher._renew_at = 0.0
        await dispatcher.step()
        assert await ground.one("select min(position) from kernel.lane") == 1
