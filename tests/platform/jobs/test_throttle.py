"""Heavy work holds still while pages are slow, never longer than half of any minute."""

from hypothesis import given
from hypothesis import strategies as st

from suuupra.kernel.jobs import Job, current_job
from suuupra.kernel.metrics import Metrics
from suuupra.platform.jobs.heavy import PAGE_SECONDS
from suuupra.platform.jobs.throttle import HELD_MAX_S, WINDOW_S, Throttle
from suuupra.platform.postgres import MetricMinutes
from tests.covers import covers
from tests.platform.ground import Do, Ground


class Encode(Job, name="sample.encode", kind="encode"):
    pass


@covers("PLT-3")
class TestThrottle:
    def test_quick_pages_hold_nothing(self) -> None:
        throttle = Throttle()
        throttle.measured(0.3)
        assert not throttle.holds(0)

    def test_slow_pages_hold_heavy_work_for_half_of_each_minute(self) -> None:
        throttle = Throttle()
        throttle.measured(0.31)
        held = [throttle.holds(float(second)) for second in range(180)]
        for start in range(120):
            assert sum(held[start : start + 60]) <= HELD_MAX_S + 1
        assert sum(held) >= 85

    @given(st.lists(st.tuples(st.floats(0.05, 1.0), st.booleans()), max_size=400))
    def test_no_minute_is_held_for_more_than_its_half(self, steps: list[tuple[float, bool]]) -> None:
        throttle, now = Throttle(), 0.0
        held: list[tuple[float, float]] = []
        was_holding = False
        for seconds, is_slow in steps:
            throttle.measured(1.0 if is_slow else 0.0)
            if was_holding:
                held.append((now, now + seconds))
            now += seconds
            was_holding = throttle.holds(now)
        for _, end in held:
            inside = sum(
                min(b, end) - max(a, end - WINDOW_S) for a, b in held if b > end - WINDOW_S and a < end
            )
            assert inside <= HELD_MAX_S + 1.0


@covers("PLT-3", "PLT-12")
class TestPages:
    async def page(self, ground: Ground, seconds: float) -> None:
        metrics = Metrics()
        for _ in range(100):
            metrics.time(PAGE_SECONDS, seconds, route="/")
        await MetricMinutes(ground.database, "web-0", metrics=metrics).write()

    async def test_while_pages_are_slow_heavy_jobs_wait_and_the_others_run(self, ground: Ground) -> None:
        ran: list[str] = []

        async def run(job: Job) -> None:
            ran.append(job.job_name)

        await self.page(ground, 0.4)
        async with ground.work().begin() as unit:
            unit.enqueue(Do())
            unit.enqueue(Encode())
        worker = ground.worker({Do: run, Encode: run})
        await worker._watch.look()
        await worker.step()
        assert ran == ["sample.do"]

    async def test_while_pages_are_quick_all_run_and_may_go_on(self, ground: Ground) -> None:
        may: list[bool] = []

        async def run(job: Job) -> None:
            at_hand = current_job()
            assert at_hand is not None
            may.append(at_hand.may_run())

        await self.page(ground, 0.2)
        async with ground.work().begin() as unit:
            unit.enqueue(Encode())
        worker = ground.worker({Encode: run})
        await worker._watch.look()
        await worker.step()
        assert may == [True]
