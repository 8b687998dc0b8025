"""Statements between processes: who says it, to whom, for a minute."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suuupra.kernel.clock import FrozenClock
from suuupra.platform.keys import BadSeal, FileKeys, Seals, seals
from tests.covers import covers

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOON)


@pytest.fixture
def house(tmp_path: Path, clock: FrozenClock) -> Seals:
    return Seals(FileKeys(tmp_path / "keys"), clock)


@covers("PLT-9")
def test_a_statement_is_read_by_whom_it_is_for(house: Seals) -> None:
    seal = house.read(house.write("content", "vod", "service", "body é"), "vod", "service")
    assert (seal.issuer, seal.body) == ("content", "body é")


@covers("PLT-9")
@pytest.mark.parametrize(("audience", "purpose"), [("identity", "service"), ("vod", "principal"), ("", "")])
def test_nobody_else_can_use_it(house: Seals, audience: str, purpose: str) -> None:
    token = house.write("content", "vod", "service")
    for _ in range(2):  # checked, then remembered
        with pytest.raises(BadSeal):
            house.read(token, audience, purpose)


@covers("PLT-9")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_bit_is_seen(house: Seals, position: int, flip: int) -> None:
    token = house.write("content", "vod", "service", "body")
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[position % len(raw)] ^= flip
    with pytest.raises(BadSeal):
        house.read(base64.urlsafe_b64encode(bytes(raw)).decode(), "vod", "service")


@covers("PLT-9")
@given(st.text(max_size=200))
def test_noise_is_no_seal(text: str) -> None:
    with pytest.raises(BadSeal):
        NOBODY.read(text, "vod", "service")


@covers("PLT-9")
def test_it_lives_for_a_minute_and_is_written_anew_in_time(
    house: Seals, clock: FrozenClock, tmp_path: Path
) -> None:
    first = house.write("content", "vod", "service")
    clock.advance(20)
    assert house.write("content", "vod", "service") == first
    clock.advance(20)
    second = house.write("content", "vod", "service")
    assert second != first
    house.read(first, "vod", "service")
    clock.advance(21)
    with pytest.raises(BadSeal, match="too old"):
        house.read(first, "vod", "service")
    house.read(second, "vod", "service")


@covers("PLT-9")
@pytest.mark.parametrize(("ahead_s", "is_read"), [(-60, True), (-61, False), (60, True), (61, False)])
def test_clocks_may_differ_by_a_minute(house: Seals, tmp_path: Path, ahead_s: int, *, is_read: bool) -> None:
    other = Seals(FileKeys(tmp_path / "keys"), FrozenClock(NOON + timedelta(seconds=ahead_s)))
    token = other.write("content", "vod", "service")
    if is_read:
        assert house.read(token, "vod", "service").issuer == "content"
    else:
        with pytest.raises(BadSeal):
            house.read(token, "vod", "service")


@covers("PLT-9")
def test_what_is_remembered_is_bounded(house: Seals, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seals.REMEMBERED >= 1000
    for number in range(seals.REMEMBERED + 50):
        house._written.put(("a", "b", "c", str(number)), (0, ""))
    assert len(house._written._items) == seals.REMEMBERED


class _NoKeys:
    """Never asked: noise is refused before any key is looked up."""


NOBODY = Seals(_NoKeys(), FrozenClock(NOON))  # type: ignore[arg-type]  # noise names no service
