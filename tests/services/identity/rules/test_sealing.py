"""Sealed fields and tidy profiles."""

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from suuupra.kernel.problems import Invalid
from suuupra.services.identity.rules.profiles import (
    check_locale,
    check_zone,
    clean_line,
    clean_name,
    clean_text,
)
from suuupra.services.identity.rules.sealing import seal, unseal
from tests.covers import covers

KEYS = st.binary(min_size=32, max_size=32)
NONCE = b"\0" * 12


@covers("ID-22")
@given(KEYS, st.text(max_size=80), st.integers(0, 500))
def test_a_sealed_field_opens_whole_or_not_at_all(key: bytes, plain: str, place: int) -> None:
    sealed = seal(key, plain, "email", NONCE)
    assert unseal(key, sealed, "email") == plain
    torn = bytearray(sealed)
    torn[place % len(torn)] ^= 1
    for broken in ((key, bytes(torn), "email"), (key, sealed, "totp"), (bytes(32)[::-1], sealed, "phone")):
        with pytest.raises(InvalidTag):
            unseal(*broken)


@covers("ID-12")
@given(st.text(max_size=120))
def test_lines_lose_breaks_and_control_characters(text: str) -> None:
    line = clean_line(text)
    assert line == clean_line(line)
    assert line.isprintable()
    assert clean_text(text) == clean_text(clean_text(text))


@covers("ID-12")
@pytest.mark.parametrize("name", ["", "  ", "...", "a" * 81, "see http://evil.example", "win@evil.example"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        clean_name(name)


@covers("ID-12")
def test_names_of_all_scripts_pass_and_zones_are_real() -> None:
    assert clean_name("  മീര \n നായർ ") == "മീര നായർ"
    assert check_zone("Asia/Kolkata") == "Asia/Kolkata"
    assert check_locale("hi") == "hi"
    with pytest.raises(Invalid):
        check_zone("Mars/Olympus")
    with pytest.raises(Invalid):
        check_locale("xx")
