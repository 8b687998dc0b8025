"""The first owner: made once, the password kept in a closed file until it is changed."""

import asyncio
import json
import stat
from pathlib import Path

import pytest

from suuupra.services.identity.api import UserNotFound
from tests.covers import covers
from tests.house import StartHouse
from tests.services.identity.people import browser, events, identity, rows

OWN = "my own lanterns over Nila"


@covers("ID-13", "ID-22")
async def test_a_new_site_gets_an_owner_whose_password_is_kept_until_changed(
    start_house: StartHouse, tmp_path: Path
) -> None:
    file = tmp_path / "keys" / "owner.json"
    async with start_house("identity", identity_owner_file=str(file)) as house:
        access = await identity(house).owners.ensure()
        assert access is not None
        assert "password" not in repr(access)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert json.loads(file.read_text()) == {"address": access.address, "password": access.password}
        assert await identity(house).owners.ensure() is None
        owner = browser(house, access.address)
        assert (await owner.sign_in(access.password)).status_code == 303
        me = (await owner.get("/api/v1/me")).json()
        assert set(me["roles"]) == {"owner", "student"}
        assert "made by the site" in (await owner.get("/settings/security")).text
        typed = {"current": access.password, "new": OWN}
        changed = await owner.submit("/settings/security", "/settings/security/password", **typed)
        assert changed.status_code == 303
        assert not file.exists()
        assert "made by the site" not in (await owner.get("/settings/security")).text
        registered = await events(house, "identity.user_registered.v1", me["id"])
        assert [event["via"] for event in registered] == ["bootstrap"]


@covers("ID-13")
async def test_processes_that_start_together_make_one_owner_and_the_file_is_right(
    start_house: StartHouse, tmp_path: Path
) -> None:
    file = tmp_path / "owner.json"
    async with start_house("identity", identity_owner_file=str(file)) as house:
        made = await asyncio.gather(*(identity(house).owners.ensure() for _ in range(4)))
        (access,) = [one for one in made if one is not None]
        assert json.loads(file.read_text())["password"] == access.password
        assert len(await rows(house, "SELECT 1 FROM identity.account")) == 1
        assert (await browser(house, access.address).sign_in(access.password)).status_code == 303


@covers("ID-13")
async def test_a_lost_owner_password_is_replaced_and_every_session_ends(
    start_house: StartHouse, tmp_path: Path
) -> None:
    async with start_house("identity", identity_owner_file=str(tmp_path / "owner.json")) as house:
        with pytest.raises(UserNotFound):
            await identity(house).owners.reset_password()
        first = await identity(house).owners.ensure()
        assert first is not None
        owner = browser(house, first.address)
        await owner.sign_in(first.password)
        second = await identity(house).owners.reset_password()
        assert (second.address, second.password != first.password) == (first.address, True)
        assert not await owner.is_signed_in()
        assert (await browser(house, first.address).sign_in(first.password)).status_code == 401
        assert (await browser(house, first.address).sign_in(second.password)).status_code == 303


@covers("ID-1")
async def test_the_password_is_changed_only_with_the_present_one(start_house: StartHouse) -> None:
    async with start_house("identity") as house:
        meera = browser(house)
        await meera.join()
        phone = browser(house, meera.address)
        await phone.sign_in()
        page = "/settings/security"
        for typed in ({"current": "not this one", "new": OWN}, {"current": "", "new": OWN}):
            refused = await meera.submit(page, f"{page}/password", **typed)
            assert refused.status_code == 422
            assert 'id="error-current"' in refused.text
        weak = await meera.call("PUT", "/api/v1/me/password", json={"current": "x", "new": "meera12345"})
        assert weak.json()["errors"][0]["pointer"] == "/new"
        body = {"current": "quiet lanterns over Nila", "new": OWN}
        assert (await meera.call("PUT", "/api/v1/me/password", json=body)).status_code == 204
        assert await meera.is_signed_in()
        assert not await phone.is_signed_in()
        assert (await browser(house, meera.address).sign_in(OWN)).status_code == 303
