"""Signing up: one account, one mail, one answer, whatever is known."""

import asyncio
import re
import signal
import sys
import tempfile
from pathlib import Path

import asyncpg
import pytest

from suuupra.kernel.auth import service_principal
from suuupra.services.identity.api import Invite, Users
from suuupra.services.identity.service.sign_up import SignUp
from suuupra.services.identity.service.visits import Visit
from tests.covers import covers
from tests.house import StandingHouse, StartHouse
from tests.services.identity.people import (
    PASSWORD,
    Browser,
    audited_acts,
    browser,
    events,
    identity,
    mailed_token,
    rows,
)


async def count(database: str, table: str) -> int:
    connection = await asyncpg.connect(database)
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM identity.{table}"))
    finally:
        await connection.close()


def without_secrets(html: str) -> str:
    return re.sub(r"[\w-]{30,}|\d{2}:\d{2}", "", html)


@covers("ID-1", "ID-9")
async def test_a_person_signs_up_and_the_button_lets_her_in(house: StandingHouse, meera: Browser) -> None:
    assert (await meera.sign_up(next="/courses")).status_code == 202
    token = await mailed_token(house, meera.address)
    assert not await meera.is_signed_in()
    entered = await meera.submit(f"/verify/{token}", f"/verify/{token}")
    assert (entered.status_code, entered.headers["location"]) == (303, "/courses")
    me = (await meera.get("/api/v1/me")).json()
    assert (me["name"], me["is_verified"]) == ("Meera Nair", True)
    assert (await meera.get("/settings/profile")).status_code == 200


@covers("ID-20", "ID-25")
async def test_each_new_person_is_told_once(house: StandingHouse, meera: Browser) -> None:
    account_id = await meera.join()
    (registered,) = await events(house, "identity.user_registered.v1", account_id)
    assert registered == {"user_id": str(account_id), "via": "password"}
    assert len(await events(house, "identity.email_verified.v1", account_id)) == 1
    acts = [act["action"] for act in await audited_acts(house, account_id)]
    assert acts[:2] == ["identity.account.registered", "identity.email.verified"]


@covers("ID-8")
async def test_a_known_address_gets_the_same_answer_and_its_owner_a_mail(
    house: StandingHouse, meera: Browser
) -> None:
    account_id = await meera.join()
    stranger = browser(house)
    known = await stranger.sign_up(address=meera.address.upper())
    fresh = await stranger.sign_up()
    assert known.status_code == fresh.status_code == 202
    assert without_secrets(known.text) == without_secrets(fresh.text)
    assert set(known.cookies) == set(fresh.cookies)
    assert len(await events(house, "identity.user_registered.v1", account_id)) == 1
    subjects = [mail.subject for mail in await house.mails(to=meera.address)]
    assert subjects[0] == "You already have an account at Suuupra"


@covers("ID-8")
async def test_whoever_signs_up_again_unconfirmed_gets_a_link_and_the_password_stays(
    house: StandingHouse, meera: Browser
) -> None:
    await meera.sign_up()
    first = await mailed_token(house, meera.address)
    thief = browser(house, meera.address)
    await thief.sign_up(password="another lantern over Kaveri")
    assert (await meera.get(f"/verify/{first}")).status_code == 410
    assert (await thief.sign_in("another lantern over Kaveri")).status_code == 401
    assert (await meera.sign_in()).status_code == 303


@covers("ID-1")
async def test_several_wrong_fields_are_named_at_once_and_nothing_is_kept(
    house: StandingHouse, meera: Browser
) -> None:
    answer = await meera.sign_up(address="no address", name=" ", password="password")
    assert answer.status_code == 422
    for name in ("name", "address", "password"):
        assert f'href="#field-{name}"' in answer.text
    assert 'value="no address"' in answer.text
    assert 'value="password"' not in answer.text
    assert await rows(house, "SELECT 1 FROM identity.account WHERE name = ' '") == []


@covers("ID-1")
async def test_a_closed_site_takes_nobody(start_house: StartHouse, fresh_database: str) -> None:
    async with start_house("identity", identity_sign_up="closed") as house:
        stranger = browser(house)
        command = {"name": "Meera", "address": "meera@example.org", "password": PASSWORD}
        answer = await stranger.client.post("/api/v1/registrations", json=command)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/identity/sign-up-closed")
        assert "takes no new accounts" in (await stranger.get("/sign-up")).text
        assert await count(fresh_database, "account") == 0


@covers("ID-1")
async def test_only_invited_addresses_are_admitted_and_others_cannot_tell(
    start_house: StartHouse, fresh_database: str
) -> None:
    async with start_house("identity", identity_sign_up="invited") as house:
        with house.as_(service_principal("content")):
            await house.port(Users).invite(Invite(address="Guest@example.org"))
        stranger = browser(house)
        answers = [await stranger.sign_up(address=f"{name}@example.org") for name in ("other", "guest")]
        assert [answer.status_code for answer in answers] == [202, 202]
        assert without_secrets(answers[0].text) == without_secrets(answers[1].text)
        assert await house.mails(to="other@example.org") == []
        assert await mailed_token(house, "guest@example.org")
        assert await count(fresh_database, "account") == 1


@covers("ID-1")
async def test_sign_ups_of_one_address_at_once_make_one_account(house: StandingHouse, meera: Browser) -> None:
    sign_ups = identity(house).sign_ups
    command = SignUp(name="Eight Hands", address=meera.address, password=PASSWORD)
    visits = [Visit(prefix=f"198.51.{number}.0/24") for number in range(8)]
    await asyncio.gather(*(sign_ups.register(command, visit) for visit in visits))
    assert len(await rows(house, "SELECT 1 FROM identity.account WHERE name = 'Eight Hands'")) == 1


@covers("ID-1")
@pytest.mark.parametrize(("point", "kept"), [("before_commit", 0), ("after_commit", 1)])
async def test_a_process_killed_in_a_sign_up_leaves_all_or_nothing(
    start_house: StartHouse,
    fresh_database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    point: str,
    kept: int,
) -> None:
    home = tmp_path / "home"
    monkeypatch.setattr(tempfile, "mkdtemp", lambda **_: str(home))  # both processes: the same keys
    program = [sys.executable, "-m", "tests.services.identity.dying", fresh_database]
    died = await asyncio.create_subprocess_exec(*program, f"identity.sign_up.{point}=kill", str(home))
    assert await died.wait() == -signal.SIGKILL
    for table in ("account", "email", "subject_key", "password", "challenge"):
        assert await count(fresh_database, table) == kept
    async with start_house("identity") as house:
        await house.run_until_idle()
        assert bool(await house.mails(to="meera@example.org")) == bool(kept)
        await browser(house, "meera@example.org").sign_up()
        assert await count(fresh_database, "account") == 1
        assert await mailed_token(house, "meera@example.org")


@covers("ID-1", "ID-9", "ID-26")
@pytest.mark.parametrize("binding", ["local", "remote"])
async def test_the_same_when_services_stand_apart(start_house: StartHouse, binding: str) -> None:
    async with start_house("identity", binding=binding) as house:
        member = browser(house)
        account_id = await member.join()
        again = browser(house, member.address)
        assert (await again.sign_in("a wrong guess of mine")).status_code == 401
        assert (await again.sign_in()).status_code == 303
        assert await again.who() == account_id
        await member.submit("/settings/sessions", "/settings/sessions/end-all")
        assert not await again.is_signed_in()
