"""Limits against naive models that remember everything, over any schedule."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.stores import Rate, Verdict
from suuupra.platform.cache import ProcessLimits, limits
from tests.covers import covers

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MS = Fraction(1, 1000)

pauses_ms = st.lists(st.tuples(st.integers(0, 900), st.integers(1, 3)), max_size=60)
rates = st.builds(
    lambda count, period_ms, burst, window: Rate(count, period_ms / 1000, None if window else burst, window),
    st.integers(3, 7),
    st.integers(1, 4000),
    st.none() | st.integers(3, 9),
    st.booleans(),
)


class TokenBucket:
    """The other description of the same thing: tokens drip in, a call takes some. In exact fractions."""

    def __init__(self, rate: Rate) -> None:
        self.size = rate.burst or rate.count
        self.drip = Fraction(rate.count) / Fraction(round(rate.period_s * 1000) * MS)
        self.tokens, self.at = Fraction(self.size), Fraction(0)

    def take(self, now: Fraction, cost: int) -> tuple[bool, int]:
        self.tokens = min(Fraction(self.size), self.tokens + (now - self.at) * self.drip)
        self.at = now
        allowed = self.tokens >= cost
        self.tokens -= cost if allowed else 0
        return allowed, int(self.tokens)


class Diary:
    """Every arrival that was ever let in."""

    def __init__(self, rate: Rate) -> None:
        self.rate, self.arrivals = rate, list[Fraction]()

    def take(self, now: Fraction, cost: int) -> tuple[bool, int]:
        since = now - Fraction(round(self.rate.period_s * 1000) * MS)
        recent = [at for at in self.arrivals if at > since]
        allowed = len(recent) + cost <= self.rate.count
        self.arrivals += [now] * cost if allowed else []
        return allowed, self.rate.count - len(recent) - (cost if allowed else 0)


@covers("PLT-8")
@given(rates, pauses_ms)
async def test_any_schedule_is_judged_as_by_a_naive_model(
    rate: Rate, schedule: list[tuple[int, int]]
) -> None:
    clock = FrozenClock(NOON)
    store = ProcessLimits(clock)
    naive = Diary(rate) if rate.window else TokenBucket(rate)
    now = Fraction(0)
    for pause_ms, cost in schedule:
        clock.advance(pause_ms / 1000)
        now += pause_ms * MS
        verdict = await store.take("key", rate, cost)
        assert (verdict.allowed, verdict.remaining) == naive.take(now, cost)


@covers("PLT-8")
@given(rates, pauses_ms)
async def test_a_promise_is_kept_exactly(rate: Rate, schedule: list[tuple[int, int]]) -> None:
    clock = FrozenClock(NOON)
    store = ProcessLimits(clock)
    for pause_ms, _ in schedule:
        clock.advance(pause_ms / 1000)
        verdict = await store.take("key", rate)
        if not verdict.allowed:
            clock.advance(verdict.retry_after_s - 1e-6)
            assert not (await store.peek("key", rate)).allowed
            clock.advance(2e-6)
            assert (await store.take("key", rate)).allowed


@covers("PLT-8")
@given(rates, pauses_ms)
async def test_a_look_counts_nothing(rate: Rate, schedule: list[tuple[int, int]]) -> None:
    clock, told = FrozenClock(NOON), list[tuple[bool, int]]()
    for looks in (0, 3):
        clock = FrozenClock(NOON)
        store = ProcessLimits(clock)
        verdicts: list[Verdict] = []
        for pause_ms, cost in schedule:
            clock.advance(pause_ms / 1000)
            seen = [await store.peek("key", rate) for _ in range(looks)]
            verdicts.append(await store.take("key", rate, cost))
            assert cost > 1 or all(one.allowed == verdicts[-1].allowed for one in seen)
        facts = [(verdict.allowed, verdict.remaining) for verdict in verdicts]
        assert looks == 0 or facts == told
        told = facts


@covers("PLT-8")
async def test_a_hundred_in_a_quarter_hour_is_a_hundred_in_every_quarter_hour() -> None:
    clock = FrozenClock(NOON)
    store, rate = ProcessLimits(clock), Rate(100, 900, window=True)
    for _ in range(100):
        assert (await store.take("address", rate)).allowed
        clock.advance(1)
    refused = await store.take("address", rate)
    assert (refused.allowed, refused.remaining, refused.retry_after_s) == (False, 0, 800)
    clock.advance(800)
    assert (await store.take("address", rate)).allowed
    assert not (await store.take("address", rate)).allowed


@covers("PLT-8")
async def test_keys_and_rates_do_not_touch_each_other() -> None:
    store = ProcessLimits(FrozenClock(NOON))
    strict, loose = Rate(1, 60), Rate(5, 60, window=True)
    assert (await store.take("a", strict)).allowed
    assert not (await store.take("a", strict)).allowed
    assert (await store.take("a", loose)).allowed
    assert (await store.take("b", strict)).allowed
    await store.forget("a")
    assert (await store.take("a", strict)).allowed
    assert (await store.take("a", loose)).remaining == 4


@covers("PLT-8")
async def test_more_than_the_bucket_ever_holds_is_refused() -> None:
    store = ProcessLimits(FrozenClock(NOON))
    for rate in (Rate(5, 60), Rate(5, 60, window=True)):
        verdict = await store.take("a", rate, cost=6)
        assert not verdict.allowed
        assert verdict.retry_after_s > 0
        assert verdict.remaining == 5


@covers("PLT-8")
async def test_memory_stays_bounded_and_idle_keys_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEYS_MAX", 50)
    clock = FrozenClock(NOON)
    store = ProcessLimits(clock)
    slow, quick = Rate(1, 3600), Rate(1, 1)
    await store.take("spammer", slow)
    for number in range(40):
        await store.take(f"visitor {number}", quick)
    await store.take("spammer", slow)
    clock.advance(5)
    for number in range(1000):
        await store.take(f"passer-by {number}", quick)
        clock.advance(2)
        assert not (await store.take("spammer", slow)).allowed
    assert len(store._cells) < 50
    for number in range(1000):
        await store.take(f"crowd {number}", slow)
    assert len(store._cells) <= 50
