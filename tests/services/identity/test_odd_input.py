"""Whatever arrives, the answer is a refusal with a sentence, never a mistake of ours."""

import json
from typing import Any

import pytest

from suuupra.kernel.auth import service_principal
from suuupra.services.identity.api import UserQuery, Users
from tests.covers import covers
from tests.house import StandingHouse
from tests.services.identity.people import Browser, browser, staff_member

ODD = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\U0001d54a" * 300,
    "'; drop table account --",
    "%s{}",
    "\u202e",
    "x" * 5000,
    "long enough a text \ud800 here",
]
GUEST_CALLS = (
    ("POST", "/api/v1/registrations", ("name", "address", "password", "next")),
    ("POST", "/api/v1/sessions", ("address", "password", "next")),
    ("POST", "/api/v1/sessions/second-factors", ("token", "code")),
    ("POST", "/api/v1/sessions/magic-links", ("address", "next")),
    ("POST", "/api/v1/password-resets", ("address",)),
)
OWN_CALLS = (
    ("PATCH", "/api/v1/me", ("name", "headline", "bio", "locale", "time_zone")),
    ("PUT", "/api/v1/me/password", ("current", "new")),
    ("PUT", "/api/v1/me/email", ("address",)),
    ("POST", "/api/v1/me/factors/totp/confirmation", ("code",)),
)


def escaped(body: dict[str, str]) -> dict[str, Any]:
    """A JSON body whose odd signs are escapes, as scripts send them."""
    headers = {"accept": "application/json", "content-type": "application/json"}
    return {"content": json.dumps(body).encode(), "headers": headers}


@covers("ID-8")
@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
async def test_odd_values_at_the_doors_are_refused(house: StandingHouse, odd: str) -> None:
    guest = browser(house)
    for method, path, fields in GUEST_CALLS:
        body = dict.fromkeys(fields, odd)
        answer = await guest.client.request(method, path, **escaped(body))
        assert answer.status_code < 500, (path, answer.text)
    for path in ("/sign-in", "/sign-up", "/reset", "/sign-in/link", "/challenge", "/sign-in/confirmation"):
        names = ("name", "address", "password", "token", "proof", "next")
        form = {name: odd.encode("utf-8", "surrogatepass") for name in names}
        assert (await guest.client.post(path, data=form)).status_code < 500, path


@covers("ID-8", "ID-12")
@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
async def test_odd_values_in_own_settings_are_refused(house: StandingHouse, meera: Browser, odd: str) -> None:
    await meera.join()
    for method, path, fields in OWN_CALLS:
        for name in fields:
            answer = await meera.call(method, path, **escaped({name: odd}))
            assert answer.status_code < 500, (path, name, answer.text)


@covers("ID-8", "ID-13")
async def test_odd_values_at_the_desk_are_refused(house: StandingHouse) -> None:
    admin, account_id = await staff_member(house, "admin")
    for odd in ODD:
        path = f"/api/v1/users/{account_id}"
        for body in ({"role": odd, "reason": "a reason"}, {"role": "teacher", "reason": odd}):
            assert (await admin.call("POST", f"{path}/roles", **escaped(body))).status_code < 500
        assert (await admin.call("PUT", f"{path}/suspension", **escaped({"reason": odd}))).status_code < 500
    for path in ("/api/v1/users/nobody/roles", "/api/v1/users/%00/roles", "/api/v1/me/sessions/%00"):
        assert (await admin.call("DELETE", path)).status_code < 500
    with house.as_(service_principal("test")):
        for text in ODD[:4] + ODD[6:]:
            if "\ud800" not in text and len(text) <= 254:
                await house.port(Users).page(UserQuery(text=text))
        with pytest.raises(ValueError, match="role"):
            UserQuery(role="\x00")
