from datetime import UTC, datetime, timedelta

import pytest

from suuupra.services.content.rules import invitations
from tests.covers import covers

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@covers("CON-16")
def test_addresses_are_read_as_people_type_them() -> None:
    assert invitations.split("a@x.org, b@x.org;\n<c@x.org>  a@x.org") == ("a@x.org", "b@x.org", "c@x.org")
    assert invitations.normal(" Meera+Maths@Example.ORG ") == "meera+maths@example.org"


@covers("CON-16")
@pytest.mark.parametrize(
    "address", ["", "meera", "a@b", "a b@x.org", "a@x..org", "<x@y.org", "x" * 70 + "@y.org"]
)
def test_what_is_no_address_is_said(address: str) -> None:
    assert invitations.fault(address)


@covers("CON-16")
def test_a_link_is_late_the_moment_its_time_is_over() -> None:
    expires_at = NOW + invitations.HOLDS
    assert invitations.state_at("open", expires_at, expires_at - timedelta(seconds=1)) == "open"
    assert invitations.state_at("open", expires_at, expires_at) == "expired"
    assert invitations.state_at("accepted", expires_at, expires_at) == "accepted"
