"""Codes by time and codes for a rainy day."""

from datetime import UTC, datetime, timedelta

import pyotp
from hypothesis import given
from hypothesis import strategies as st

from suuupra.services.identity.rules.codes import (
    enrolment_uri,
    matching_step,
    recovery_code,
    recovery_hash,
    step_of,
)
from tests.covers import covers

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def code_at(step: int) -> str:
    return pyotp.TOTP(SECRET).generate_otp(step)


@covers("ID-5")
def test_codes_are_those_of_rfc_6238() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    at = datetime.fromtimestamp(1111111109, UTC)
    assert matching_step(secret, "081804", at, 0) == step_of(at)


@covers("ID-5")
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30))
def test_no_step_passes_twice_and_none_before_a_later_one(offsets: list[int]) -> None:
    last, accepted = 0, []
    for offset in offsets:
        step = matching_step(SECRET, code_at(step_of(NOW) + offset), NOW, last)
        if step is not None:
            accepted.append(step)
            last = step
    assert accepted == sorted(set(accepted))
    assert all(abs(step - step_of(NOW)) <= 1 for step in accepted)


@covers("ID-5")
@given(st.text(max_size=12))
def test_anything_else_is_no_code(text: str) -> None:
    valid = {code_at(step_of(NOW) + offset) for offset in (-1, 0, 1)}
    if text.replace(" ", "") not in valid:
        assert matching_step(SECRET, text, NOW, 0) is None


@covers("ID-5")
def test_a_code_with_a_gap_as_apps_show_it_passes_for_a_step_and_a_half() -> None:
    code = code_at(step_of(NOW))
    assert matching_step(SECRET, f"{code[:3]} {code[3:]}", NOW + timedelta(seconds=31), 0) == step_of(NOW)
    assert matching_step(SECRET, code, NOW + timedelta(seconds=61), 0) is None


@covers("ID-5")
@given(st.integers(0, 2**50 - 1), st.binary(min_size=32, max_size=32))
def test_a_recovery_code_is_read_in_any_case_and_with_lookalikes(chance: int, key: bytes) -> None:
    code = recovery_code(chance)
    assert len(code) == 11
    sloppy = code.upper().replace("-", " ").replace("0", "O").replace("1", "l")
    assert recovery_hash(key, sloppy) == recovery_hash(key, code)
    assert recovery_hash(key, recovery_code(chance ^ 1)) != recovery_hash(key, code)


@covers("ID-5")
def test_the_picture_holds_the_site_and_the_address() -> None:
    uri = enrolment_uri(SECRET, "meera@example.org", "Nila Academy")
    assert uri.startswith("otpauth://totp/Nila%20Academy:meera%40example.org")
