"""The grant's law: what was written can be read until it expires, and any change of it is refused."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suuupra.services.vod.rules.grants import DAY_S, Grant, GrantInvalid, read, write
from tests.covers import covers

NOW_S = 1_795_000_000
PLACE = "01a1feb1-648a-70fe-ad5d-ff90ece0a25c/1"
GRANTS = st.builds(
    Grant,
    st.uuids(),
    st.integers(NOW_S + 1, NOW_S + 6 * 3600),
    st.none() | st.integers(0, 4320),
)
GRANT = Grant(UUID(int=7), NOW_S + 600, 720)


def key_of(kid: str) -> bytes:
    return f"key of {kid}".encode()


def code(text: str, place: str = PLACE, now_s: float = NOW_S) -> str:
    with pytest.raises(GrantInvalid) as caught:
        read(key_of, text, place, now_s)
    return caught.value.code


@covers("VOD-14")
@settings(deadline=None)
@given(GRANTS)
def test_what_was_written_is_read(grant: Grant) -> None:
    assert read(key_of, write(key_of, grant, PLACE), PLACE, NOW_S) == grant


@covers("VOD-14")
@settings(deadline=None)
@given(GRANTS, st.data())
def test_any_flipped_bit_is_refused(grant: Grant, data: st.DataObject) -> None:
    text = write(key_of, grant, PLACE)
    raw = bytearray(text.encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= 1 << data.draw(st.integers(0, 7))
    assert code(raw.decode("latin-1")) == "forged"


@covers("VOD-14")
@settings(deadline=None)
@given(st.text(max_size=120))
def test_whatever_stands_in_its_place_is_refused_and_never_breaks_the_reader(text: str) -> None:
    assert code(text) == "forged"


@covers("VOD-14")
def test_another_spelling_of_the_same_bytes_is_refused() -> None:
    text = write(key_of, GRANT, PLACE)
    twin = chr(ord(text[-1]) + 1)  # the spare bits of base64's last sign
    for changed in (text[:-1] + twin, text + "=", f" {text}", text.replace(".", "..", 1), text.upper()):
        assert code(changed) == "forged"


@covers("VOD-14")
def test_it_is_good_for_one_revision_of_one_asset_until_its_second() -> None:
    text = write(key_of, GRANT, PLACE)
    assert code(text, PLACE.replace("/1", "/2")) == "forged"
    assert code(text, PLACE.replace("01a1", "01a2")) == "forged"
    assert read(key_of, text, PLACE, NOW_S + 599.9) == GRANT
    assert code(text, now_s=NOW_S + 600) == "expired"


@covers("VOD-14")
def test_a_life_beyond_the_longest_and_a_key_of_another_day_are_refused() -> None:
    assert code(write(key_of, Grant(UUID(int=7), NOW_S + 7 * 3600), PLACE)) == "forged"
    text = write(key_of, GRANT, PLACE)
    kid = str(GRANT.expires_s // DAY_S)
    assert code(text.replace(kid, str(int(kid) + 1), 1)) == "forged"


@covers("VOD-14")
def test_a_height_bounds_what_it_opens() -> None:
    assert GRANT.allows(720)
    assert not GRANT.allows(1080)
    assert Grant(UUID(int=7), NOW_S).allows(4320)
