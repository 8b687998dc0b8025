"""Ages of sessions, names of browsers, and where somebody goes on."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.services.identity.rules.sessions import Ages, device_of, is_alive, safe_next
from suuupra.services.identity.rules.stepups import Need, Proof, is_met, need_of
from suuupra.services.identity.rules.throttle import guess_bucket, is_unusual, prefix_of
from tests.covers import covers

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOURS = st.integers(0, 100 * 24)


@covers("ID-9")
@given(HOURS, HOURS)
def test_a_session_ends_idle_after_14_days_and_in_any_case_after_90(started: int, seen: int) -> None:
    ages = Ages(NOW - timedelta(hours=started), NOW - timedelta(hours=min(seen, started)))
    assert is_alive(ages, NOW, is_staff=False) == (min(seen, started) < 14 * 24 and started < 90 * 24)
    assert is_alive(ages, NOW, is_staff=True) == (started < 12)


@covers("ID-9")
@given(st.text(max_size=60))
def test_whatever_follows_next_stays_on_this_site(text: str) -> None:
    path = safe_next(text)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert not set(path) & set("\\\r\n\t")


@covers("ID-9")
@pytest.mark.parametrize(
    "evil", ["//evil.example", "/\\evil.example", "https://evil.example", "/\tx", "javascript:1", ""]
)
def test_a_foreign_next_leads_home(evil: str) -> None:
    assert safe_next(evil) == "/"
    assert safe_next("/learn/calculus?at=3#notes") == "/learn/calculus?at=3#notes"


@covers("ID-10")
@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_browser_gets_a_name_that_a_person_knows(agent: str, name: str) -> None:
    assert device_of(agent) == name


@covers("ID-7")
@given(level=st.integers(1, 2), age_s=st.integers(0, 600), has_factor=st.booleans(), has_amount=st.booleans())
def test_a_proof_serves_while_it_is_strong_and_fresh_and_never_for_an_amount(
    *, level: int, age_s: int, has_factor: bool, has_amount: bool
) -> None:
    need = need_of("identity.role", has_factor=has_factor, is_staff_strict=False, has_amount=has_amount)
    proof = Proof(level, NOW - timedelta(seconds=age_s))
    strong = level >= (2 if has_factor else 1)
    assert is_met(need, proof, NOW) == (strong and age_s <= 300 and not has_amount)
    assert not is_met(Need(1), Proof(2, None), NOW)


@covers("ID-7")
def test_strict_staff_can_still_add_their_first_factor() -> None:
    strict = {"has_factor": False, "is_staff_strict": True, "has_amount": False}
    assert need_of("identity.role", **strict).level == 2
    assert need_of("identity.factor", **strict).level == 1


@covers("ID-8")
@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:12:3456::1", "2001:db8:12::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("unix", "unknown"),
    ],
)
def test_networks_are_counted_by_prefix(address: str, prefix: str) -> None:
    assert prefix_of(address) == prefix


@covers("ID-8")
def test_a_known_device_has_its_own_budget_and_storms_stand_out() -> None:
    assert guess_bucket(b"\x01", "") == "identity:address:01"
    assert guess_bucket(b"\x01", "d1") == "identity:device:d1"
    assert not is_unusual(49, 0.1)
    assert is_unusual(50, 10)
    assert not is_unusual(499, 100)
