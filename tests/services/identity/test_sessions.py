"""Sessions: who a cookie stands for, and how it ends everywhere within a second."""

import time

import pytest

from suuupra.kernel.auth import ResolveCookie, service_principal
from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.problems import Forbidden
from suuupra.services.identity.api import (
    EndAllSessions,
    EndSession,
    GrantRole,
    NotBelowYou,
    SessionNotFound,
    SessionQuery,
    Sessions,
    Tokens,
)
from tests.covers import covers
from tests.house import StandingHouse
from tests.services.identity.people import (
    Browser,
    audited_acts,
    browser,
    events,
    identity,
    rows,
    staff_member,
)


async def principal_of(house: StandingHouse, member: Browser) -> object:
    query = ResolveCookie(secret=member.client.cookies["suuupra"])
    return (await house.port(Tokens).resolve_cookie(query)).principal


@covers("ID-9")
async def test_a_cookie_becomes_a_principal_with_its_rights(house: StandingHouse, meera: Browser) -> None:
    account_id = await meera.join()
    found = await house.port(Tokens).resolve_cookie(ResolveCookie(secret=meera.client.cookies["suuupra"]))
    who = found.principal
    assert (who.subject, who.kind, who.roles) == (account_id, "person", frozenset({"student"}))
    assert (who.strength, who.is_verified, found.name) == (1, True, "Meera Nair")
    assert len(found.csrf_secret) == 43
    assert who.permissions == frozenset()


@covers("ID-9")
@pytest.mark.parametrize("secret", ["", "x", "a" * 43, "' OR 1=1", "\x00", "ü" * 43])
async def test_anything_else_stands_for_nobody(house: StandingHouse, secret: str) -> None:
    found = await house.port(Tokens).resolve_cookie(ResolveCookie(secret=secret))
    assert found.principal.kind == "anonymous"


@covers("ID-9")
async def test_the_database_holds_no_cookie(house: StandingHouse, meera: Browser) -> None:
    await meera.join()
    secret = meera.client.cookies["suuupra"]
    kept = await rows(house, "SELECT s::text AS text FROM identity.session s")
    assert not any(secret in row["text"] or secret.encode().hex() in row["text"] for row in kept)


@covers("ID-10")
async def test_she_sees_her_devices_and_ends_one(house: StandingHouse, meera: Browser) -> None:
    account_id = await meera.join()
    phone = browser(house, meera.address)
    phone.client.headers["user-agent"] = "Mozilla/5.0 (Linux; Android 16) Chrome/142.0 Safari/537.36"
    await phone.sign_in()
    page = await meera.get("/settings/sessions")
    assert "Chrome on Android" in page.text
    assert "This device" in page.text
    listed = (await meera.get("/api/v1/me/sessions")).json()["items"]
    assert len(listed) == 2
    (other,) = [one["id"] for one in listed if not one.get("is_current")]
    ended = await meera.submit("/settings/sessions", f"/settings/sessions/{other}/end")
    assert ended.status_code == 303
    assert not await phone.is_signed_in()
    assert await meera.is_signed_in()
    (revoked,) = await events(house, "identity.sessions_revoked.v1", account_id)
    assert (revoked["session_ids"], revoked["reason"]) == ([other], "signed_out")


@covers("ID-10")
async def test_sign_out_everywhere_holds_within_a_second(house: StandingHouse, meera: Browser) -> None:
    await meera.join()
    others = [browser(house, meera.address) for _ in range(3)]
    for other in others:
        await other.sign_in()
    started = time.monotonic()
    await meera.submit("/settings/sessions", "/settings/sessions/end-all")
    assert [await other.is_signed_in() for other in others] == [False] * 3
    assert time.monotonic() - started < 1
    assert await meera.is_signed_in()
    assert (await meera.call("DELETE", "/api/v1/me/sessions")).json() == {"count": 1}
    assert not await meera.is_signed_in()


@covers("ID-10")
async def test_the_hub_hears_of_each_session_that_ends(house: StandingHouse, meera: Browser) -> None:
    await meera.join()
    who = await principal_of(house, meera)
    await meera.client.post("/sign-out", data={"csrf_token": await meera.token()})
    assert house.premises.hub.is_revoked(who.session)  # type: ignore[attr-defined]


@covers("ID-26", "ID-10")
async def test_nobody_sees_or_ends_the_session_of_another(house: StandingHouse, meera: Browser) -> None:
    arjun = browser(house)
    arjun_id = await arjun.join()
    await meera.join()
    theirs = (await arjun.get("/api/v1/me/sessions")).json()["items"][0]["id"]
    assert (await meera.call("DELETE", f"/api/v1/me/sessions/{theirs}")).status_code == 404
    who = await principal_of(house, meera)
    with house.as_(who):  # type: ignore[arg-type]
        with pytest.raises(SessionNotFound):
            await house.port(Sessions).end(EndSession(session_id=theirs))
        with pytest.raises(Forbidden):
            await house.port(Sessions).page(SessionQuery(user_id=arjun_id))
        with pytest.raises(Forbidden):
            await house.port(Sessions).end_all(EndAllSessions(user_id=arjun_id))
    assert await arjun.is_signed_in()


@covers("ID-10", "ID-25")
async def test_an_administrator_signs_somebody_out_everywhere_but_not_an_owner(house: StandingHouse) -> None:
    admin, _ = await staff_member(house, "admin")
    owner, owner_id = await staff_member(house, "owner")
    arjun = browser(house)
    arjun_id = await arjun.join()
    with house.as_(await principal_of(house, admin)):  # type: ignore[arg-type]
        assert (await house.port(Sessions).end_all(EndAllSessions(user_id=arjun_id))).count == 1
        with pytest.raises(NotBelowYou):
            await house.port(Sessions).end_all(EndAllSessions(user_id=owner_id))
    assert not await arjun.is_signed_in()
    assert await owner.is_signed_in()
    act = (await audited_acts(house, arjun_id))[-1]
    assert act["action"] == "identity.session.ended"


@covers("ID-9")
async def test_idle_and_old_sessions_end_by_themselves_and_staff_sooner(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    meera = browser(still_house)
    account_id = await meera.join()
    for _ in range(8):
        clock.advance(13 * 86_400)
        assert await meera.is_signed_in() == (clock.now().timestamp() < 1_795_262_400 + 90 * 86_400)
    await meera.sign_in()
    clock.advance(14 * 86_400 + 1)
    assert not await meera.is_signed_in()
    await meera.sign_in()
    with still_house.as_(service_principal("test")):
        command = GrantRole(user_id=account_id, role="support", reason="for the test")
        await identity(still_house).roles.grant(command)
    clock.advance(11 * 3600)
    assert await meera.is_signed_in()
    clock.advance(3601)
    assert not await meera.is_signed_in()


@covers("ID-9")
async def test_the_last_use_is_written_every_five_minutes_not_at_each_page(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    meera = browser(still_house)
    await meera.join()
    query = "SELECT last_seen_at FROM identity.session"
    first = (await rows(still_house, query))[0]["last_seen_at"]
    clock.advance(299)
    await meera.get("/settings/profile")
    assert (await rows(still_house, query))[0]["last_seen_at"] == first
    clock.advance(1)
    await meera.get("/settings/profile")
    assert (await rows(still_house, query))[0]["last_seen_at"] == clock.now()


@covers("ID-10")
async def test_devices_come_in_pages(house: StandingHouse, meera: Browser) -> None:
    await meera.join()
    for _ in range(4):
        await browser(house, meera.address).sign_in()
    seen, cursor = [], None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await meera.client.get("/api/v1/me/sessions", params=params)).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page.get("next")
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    forged = await meera.client.get(
        "/api/v1/me/sessions?cursor=forged", headers={"accept": "application/json"}
    )
    assert forged.status_code == 422
