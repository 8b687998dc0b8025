"""Money never loses a paisa."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.kernel.money import Money, allocate
from tests.covers import covers

amounts = st.integers(-(10**15), 10**15)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(lambda found: sum(found) > 0)


@covers("PLT-16")
@given(amounts, weights)
def test_shares_sum_to_the_whole_and_keep_its_sign(amount: int, found: list[int]) -> None:
    shares = allocate(Money(amount), found)
    assert sum(share.amount_minor for share in shares) == amount
    assert all(share.amount_minor * amount >= 0 for share in shares)


@covers("PLT-16")
@given(amounts, weights)
def test_no_share_is_off_by_a_whole_unit(amount: int, found: list[int]) -> None:
    total = sum(found)
    for share, weight in zip(allocate(Money(amount), found), found, strict=True):
        assert abs(share.amount_minor * total - amount * weight) < total


@covers("PLT-16")
def test_the_largest_remainder_gets_the_paisa_and_a_tie_goes_to_the_first() -> None:
    assert [share.amount_minor for share in allocate(Money(100), [1, 1, 1])] == [34, 33, 33]
    assert [share.amount_minor for share in allocate(Money(-100), [1, 1, 1])] == [-34, -33, -33]
    assert [share.amount_minor for share in allocate(Money(5), [1, 3])] == [1, 4]


@covers("PLT-16")
@pytest.mark.parametrize("bad", [[], [0, 0], [2, -1]])
def test_weights_that_divide_nothing_are_refused(bad: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        allocate(Money(1), bad)


@covers("PLT-16")
def test_sums_stay_in_one_currency_and_in_64_bits() -> None:
    assert Money(5) + Money(7) - Money(2) == Money(10)
    assert -Money(5) == Money(-5)
    with pytest.raises(ValueError, match="cannot be added"):
        Money(1) + Money(1, "USD")
    with pytest.raises(ValueError, match="unknown currency"):
        Money(1, "XXX")
    with pytest.raises(ValueError, match="64 bits"):
        Money(2**63)
