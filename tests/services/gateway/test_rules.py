"""The form of a path, whose address it is, who started a write, and what is counted by whom."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from suuupra.services.gateway import rules
from suuupra.services.gateway.settings import GatewaySettings
from tests.covers import covers

PIECES = st.sampled_from(
    ["", ".", "..", "a", "%2e", "%2E%2e", "%2F", "%2f", "%41", "b.c", "~", "%E0%A4%85", ";x"]
)
WIRE_PATHS = st.one_of(
    st.lists(PIECES, max_size=8).map(lambda parts: "/" + "/".join(parts)),
    st.text(max_size=20).map(lambda text: "/" + quote(text)),
    st.text(st.characters(max_codepoint=0x7F), max_size=20).map(lambda text: "/" + text),
)


@covers("GW-1")
@given(WIRE_PATHS)
def test_a_path_has_one_form_and_that_form_is_its_own(path: str) -> None:
    once = rules.normalise(path)
    if once is not None:
        assert rules.normalise(once) == once


@covers("GW-1", "GW-6")
@given(WIRE_PATHS)
def test_no_form_holds_a_way_up_or_an_empty_segment(path: str) -> None:
    form = rules.normalise(path)
    if form is not None:
        segments = rules.readable(form).split("/")[1:]
        assert not {".", ".."} & set(segments)
        assert "" not in segments[:-1]
        assert "\\" not in rules.readable(form)


@covers("GW-1")
@pytest.mark.parametrize(
    ("path", "form", "matched"),
    [
        ("/a//b/./c/../d", "/a/b/d", "/a/b/d"),
        ("//evil.example/x", "/evil.example/x", "/evil.example/x"),
        ("/a/%2e%2E/b/", "/b/", "/b/"),
        ("/%61%2f%2Fb", "/a%2F%2Fb", "/a%2F%2Fb"),
        ("/caf%c3%a9", "/caf%C3%A9", "/café"),
        ("/", "/", "/"),
    ],
)
def test_the_forms_of_some_paths(path: str, form: str, matched: str) -> None:
    assert rules.normalise(path) == form
    assert rules.readable(form) == matched


@covers("GW-6")
@pytest.mark.parametrize(
    "path", ["", "*", "a", "/a%00", "/a%0d%0ab", "/a\\b", "/a%5Cb", "/%zz", "/%ff", "/a b", "/\x7f"]
)
def test_what_is_no_path(path: str) -> None:
    assert rules.normalise(path) is None


@covers("GW-4", "GW-6")
@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "1.2.3.4, 198.51.100.1, 10.0.0.7", "198.51.100.1"),
        ("10.0.0.2", "1.2.3.4, 198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.2", "[2001:db8::7]:443", "2001:db8::7"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("unknown", "198.51.100.1", "unknown"),
    ],
)
def test_the_address_is_the_first_untrusted_one_from_the_right(
    peer: str, forwarded: str, address: str
) -> None:
    assert rules.client_address(peer, forwarded, ("10.0.0.0/8",)) == address


@covers("GW-4")
def test_a_household_of_ipv6_is_one_key_and_logs_hold_no_whole_address() -> None:
    assert rules.limit_key("2001:db8:1:2aa::1") == rules.limit_key("2001:db8:1:2ff::9")
    assert rules.limit_key("2001:db8:1:3aa::1") != rules.limit_key("2001:db8:1:2ff::9")
    assert rules.prefix_of("198.51.100.77") == "198.51.100.0/24"
    assert rules.prefix_of("2001:db8:1:2::1") == "2001:db8:1::/48"
    assert rules.prefix_of("a socket") == "unknown"


@covers("GW-6")
@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        ({"host": "s.test"}, True),
        ({"host": "s.test", "origin": "http://s.test"}, True),
        ({"host": "s.test", "origin": "http://evil.test"}, False),
        ({"host": "s.test", "origin": "null"}, False),
        ({"origin": "null"}, False),
        ({"host": "s.test", "sec-fetch-site": "cross-site"}, False),
        ({"host": "s.test", "sec-fetch-site": "same-site", "origin": "http://s.test"}, False),
        ({"host": "s.test", "sec-fetch-site": "same-origin"}, True),
        ({"host": "s.test", "sec-fetch-site": "cross-site", "origin": "https://app.test"}, True),
    ],
)
def test_who_started_a_write(headers: dict[str, str], *, is_own: bool) -> None:
    assert rules.is_own_origin(headers, "http://own.test", ("https://app.test",)) is is_own


@covers("GW-6")
@pytest.mark.parametrize("origin", ["*", "https://app.test/", "app.test", "https://*.app.test", "null"])
def test_an_origin_that_is_not_exact_is_no_setting(origin: str) -> None:
    with pytest.raises(ValidationError, match="is no origin"):
        GatewaySettings(origins=(origin,))


@covers("GW-3")
@given(st.text(min_size=1), st.text(min_size=1))
def test_a_token_belongs_to_one_session(one: str, other: str) -> None:
    assert rules.is_token(one, rules.csrf_token(one))
    assert rules.is_token(one, rules.csrf_token(other)) is (one == other)
    assert not rules.is_token("", rules.csrf_token(""))


@covers("GW-3")
def test_the_strict_cookie_comes_first() -> None:
    assert rules.cookie_of("suuupra=old; __Host-suuupra=new; theme=dark") == "new"
    assert rules.cookie_of("a; =b; suuupra=x") == "x"
    assert rules.cookie_of("") == ""
