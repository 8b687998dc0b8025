"""None lost, none doubled, each key in order: by hand, and over random schedules."""

from hypothesis import HealthCheck, given, settings

from tests.covers import covers
from tests.platform.events.schedule import ACTIONS, Schedule, Writer, hold_the_law


@covers("PLT-2", "PLT-17")
class TestLaw:
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(actions=ACTIONS)
    async def test_random_schedules(self, schedule: Schedule, actions: list[tuple[str, int, int]]) -> None:
        await hold_the_law(schedule, actions)

    async def test_a_key_does_not_invert_behind_a_transaction_that_stays_open(
        self, schedule: Schedule, writers: list[Writer]
    ) -> None:
        """T_b began first and wrote last: an order by transaction would show it alone, before T_a."""
        t_a, t_b, t_c, _ = writers
        key, other, third = (f"{schedule.prefix}/{n}" for n in range(3))
        await schedule.change(t_b, other)
        await schedule.change(t_c, third)
        await schedule.publish(t_c, third)
        await schedule.change(t_a, key)
        await schedule.commit(t_a, key)
        await schedule.look()
        await schedule.change(t_b, key)
        await schedule.commit(t_b, key)
        await schedule.look()
        log = await schedule.ground.rows("select key, payload->>'n' as n from kernel.event order by position")
        assert [tuple(row) for row in log] == [(key, "1"), (other, "1"), (key, "2")]
        await schedule.check()

    async def test_a_commit_that_comes_late_is_not_lost(
        self, schedule: Schedule, writers: list[Writer]
    ) -> None:
        early, late = writers[:2]
        await schedule.change(early, f"{schedule.prefix}/0")
        await schedule.publish(early, "")
        for _ in range(10):
            await schedule.change(late, f"{schedule.prefix}/1")
            await schedule.commit(late, "")
        await schedule.look()
        assert await schedule.ground.one("select count(*) from kernel.event") == 10
        await schedule.commit(early, "")
        await schedule.look()
        assert await schedule.ground.one("select count(*) from kernel.event") == 11

    async def test_whoever_is_younger_than_what_was_moved_is_waited_for(
        self, schedule: Schedule, writers: list[Writer]
    ) -> None:
        """The last xid that ended is lower than that of a transaction whose id lies below the mark."""
        elder, younger = writers[:2]
        await schedule.look()  # the lease is there: nothing is written between the commit and the look at it
        await schedule.change(elder, f"{schedule.prefix}/0")
        await schedule.change(younger, f"{schedule.prefix}/1")
        await schedule.publish(younger, "")
        await schedule.commit(elder, "")
        await schedule.look()
        await schedule.look()
        await schedule.commit(younger, "")
        await schedule.check()

    async def test_who_takes_over_knows_the_gaps_below_the_mark(
        self, schedule: Schedule, writers: list[Writer]
    ) -> None:
        early, late = writers[:2]
        await schedule.change(early, f"{schedule.prefix}/0")
        await schedule.publish(early, "")
        for leader in (0, 0, 0, 1):
            await schedule.change(late, f"{schedule.prefix}/1")
            await schedule.commit(late, "")
            if leader != schedule.leader:
                await schedule.act("elect", leader, 0)
            await schedule.look()
        await schedule.commit(early, "")
        await schedule.check()
