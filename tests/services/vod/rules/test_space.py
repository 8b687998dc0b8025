"""Room on the disk: what is kept free is never promised."""

from hypothesis import given, settings
from hypothesis import strategies as st

from suuupra.services.vod.rules.space import Room, encoded_bytes
from tests.covers import covers

SIZES = st.integers(0, 10**13)
GB = 10**9


@covers("VOD-4", "VOD-19")
@settings(deadline=None)
@given(SIZES, SIZES, SIZES, SIZES, st.floats(0, 100), SIZES)
def test_what_fits_leaves_the_reserve(
    free: int, more: int, reserved: int, keep: int, percent: float, asked: int
) -> None:
    room = Room(free, free + more, reserved, keep, percent)
    if asked and room.fits(asked):
        assert free - reserved - asked >= max(keep, int((free + more) * percent / 100))


@covers("VOD-19")
def test_the_greater_of_size_and_share_stays_free() -> None:
    assert Room(100 * GB, 1000 * GB, 0, 5 * GB, 10).kept_free_bytes == 100 * GB
    assert Room(30 * GB, 40 * GB, 0, 5 * GB, 10).kept_free_bytes == 5 * GB
    assert Room(30 * GB, 40 * GB, 20 * GB, 5 * GB, 10).open_bytes == 5 * GB


@covers("VOD-4")
def test_an_hour_of_the_whole_ladder_takes_about_five_gigabytes_at_most() -> None:
    hour = encoded_bytes((4500, 2500, 1000, 600, 300), 1000, 128, 3_600_000)
    assert 4 * GB < hour < 5.2 * GB
