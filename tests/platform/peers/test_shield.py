"""Breaker and budget alone, by a clock of their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.kernel.problems import Unavailable
from suuupra.platform.peers.shield import CALLS_MIN, OPEN_S, RETRIES_AT_REST, WINDOW_S, Breaker, RetryBudget
from tests.covers import covers


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def call(breaker: Breaker, *, failed: bool | None) -> None:
    breaker.leave(probe=breaker.enter(), failed=failed)


def assert_closed(breaker: Breaker) -> None:
    assert not breaker.is_open


def opened(hand: Hand) -> Breaker:
    breaker = Breaker(hand)
    for number in range(CALLS_MIN):
        call(breaker, failed=number % 2 == 0)
    assert breaker.is_open
    return breaker


@covers("PLT-4")
def test_it_takes_twenty_calls_and_half_of_them() -> None:
    breaker = Breaker(Hand())
    for _ in range(CALLS_MIN - 1):
        call(breaker, failed=True)
    assert_closed(breaker)
    call(breaker, failed=False)
    assert breaker.is_open
    calm = Breaker(Hand())
    for number in range(200):
        call(calm, failed=number % 5 < 2)
    assert not calm.is_open


@covers("PLT-4")
def test_what_failed_eleven_seconds_ago_is_forgotten() -> None:
    hand = Hand()
    breaker = Breaker(hand)
    for _ in range(CALLS_MIN - 1):
        call(breaker, failed=True)
    hand.at += WINDOW_S + 1
    for _ in range(CALLS_MIN):
        call(breaker, failed=False)
    assert not breaker.is_open


@covers("PLT-4")
def test_one_probe_decides() -> None:
    hand = Hand()
    breaker = opened(hand)
    with pytest.raises(Unavailable):
        breaker.enter()
    hand.at += OPEN_S
    assert breaker.enter()
    with pytest.raises(Unavailable):
        breaker.enter()
    breaker.leave(probe=True, failed=True)
    with pytest.raises(Unavailable):
        breaker.enter()
    hand.at += OPEN_S
    call(breaker, failed=False)
    assert not breaker.is_open


@covers("PLT-4")
def test_a_cancelled_probe_lets_the_next_one_try() -> None:
    hand = Hand()
    breaker = opened(hand)
    hand.at += OPEN_S
    call(breaker, failed=None)
    assert breaker.is_open
    assert breaker.enter()


@covers("PLT-4")
def test_a_call_from_before_is_no_probe() -> None:
    hand = Hand()
    breaker = Breaker(hand)
    early = breaker.enter()
    for _ in range(CALLS_MIN):
        call(breaker, failed=True)
    breaker.leave(probe=early, failed=False)
    assert breaker.is_open


@covers("PLT-4")
@given(st.lists(st.booleans(), max_size=300))
def test_never_more_retries_than_a_fifth_and_the_rest_share(wishes: list[bool]) -> None:
    budget, calls, retries = RetryBudget(), 0, 0
    for wishes_retry in wishes:
        if wishes_retry:
            retries += budget.spend()
        else:
            budget.earn()
            calls += 1
        assert retries <= RETRIES_AT_REST + 0.2 * calls + 1e-6
