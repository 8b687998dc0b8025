"""Users: found, promoted, suspended, signed out, each with a reason; what is refused is said in words."""

import html

import pytest

from suuupra.services.admin.api import AuditEntry, AuditQuery, AuditTrail
from tests.covers import covers
from tests.house import StandingHouse
from tests.services.admin.staff import REASON, Seat, member, words
from tests.services.admin.test_trail import AUDITOR


def page_of(seat: Seat) -> str:
    return f"/admin/users/{seat.id}"


async def may_write(seat: Seat) -> bool:
    """Whether the frame of their next page leads to writing a course."""
    return "New course" in (await seat.get("/settings/profile")).text


async def last_entry(house: StandingHouse, action: str, target: Seat) -> AuditEntry:
    await house.run_until_idle()
    with house.as_(AUDITOR):
        asked = AuditQuery(action=action, target=f"account:{target.id}")
        return (await house.port(AuditTrail).entries(asked)).items[0]


@covers("ADM-1")
async def test_people_are_found_by_name_by_mail_and_by_role(
    house: StandingHouse, boss: Seat, asha: Seat
) -> None:
    assert "Asha Rao" in await boss.read("/admin/users?q=ash")
    assert "Asha Rao" in await boss.read(f"/admin/users?q={asha.mail}")
    assert "Site owner" not in await boss.read("/admin/users?q=ash")
    assert "Nobody matches" in await boss.read("/admin/users?q=zebra")
    owners = await boss.read("/admin/users?role=owner")
    assert "Site owner" in owners
    assert "Asha Rao" not in owners
    assert asha.mail not in await boss.read("/admin/users")


@covers("ADM-1", "ADM-40")
async def test_a_teacher_is_promoted_and_the_trail_shows_before_and_after(
    house: StandingHouse, boss: Seat
) -> None:
    meera = await member(house, "Meera Nair")
    assert not await may_write(meera)
    here = page_of(meera)
    answer = await boss.act(here, f"{here}/role-changes", form="give-teacher", reason=REASON)
    assert answer.status_code == 303, words(answer.text)
    assert await may_write(meera)
    entry = await last_entry(house, "identity.role.granted", meera)
    assert (entry.actor, entry.reason) == (str(boss.id), REASON)
    assert (entry.before, entry.after) == ({"roles": ["student"]}, {"roles": ["student", "teacher"]})
    shown = await boss.read(here)
    assert f"by Site owner · “{REASON}”" in shown
    assert "roles: student → student, teacher" in shown
    answer = await boss.act(here, f"{here}/role-changes", form="take-teacher", reason="her own wish")
    assert answer.status_code == 303
    assert not await may_write(meera)
    assert (await last_entry(house, "identity.role.revoked", meera)).after == {"roles": ["student"]}


@covers("ADM-1", "ADM-2")
async def test_the_last_owner_stays_and_nobody_suspends_themselves(house: StandingHouse, boss: Seat) -> None:
    here = page_of(boss)
    answer = await boss.act(here, f"{here}/role-changes", form="take-owner", reason=REASON)
    assert answer.status_code == 409
    assert "A site keeps at least one owner" in words(answer.text)
    assert f'value="{REASON}"' in answer.text
    answer = await boss.api("POST", f"/users/{boss.id}/suspensions", json={"reason": REASON})
    assert answer.status_code == 403
    assert (
        "Suspend"
        not in (await boss.get(here))
        .text.partition("<main")[2]
        .partition("On the trail")[0]
        .split("Somebody else has to change your roles or suspend you")[1]
    )


@covers("ADM-1", "ADM-2")
async def test_nobody_gives_a_role_above_their_own_or_acts_on_an_equal(
    house: StandingHouse, boss: Seat
) -> None:
    lead = await member(house, "Lakshmi Iyer", "admin")
    other = await member(house, "Other Admin", "admin")
    here = page_of(lead)
    offered = (await lead.get(page_of(other))).text
    assert '<option value="owner"' not in offered
    answer = await lead.act(here, f"{here}/role-changes", form="give-other", role="owner", reason=REASON)
    assert answer.status_code == 403
    assert "This role is above your own" in words(answer.text)
    answer = await lead.act(page_of(other), f"{page_of(other)}/suspensions", reason=REASON)
    assert answer.status_code == 403
    assert "not below yours" in words(answer.text)
    assert (await lead.api("POST", f"/users/{boss.id}/sign-outs", json={"reason": REASON})).status_code == 403


@covers("ADM-1")
async def test_somebody_suspended_is_out_at_once_and_comes_back(house: StandingHouse, boss: Seat) -> None:
    rogue = await member(house, "Rogue One")
    here = page_of(rogue)
    answer = await boss.act(here, f"{here}/suspensions", reason="spam in three courses")
    assert answer.status_code == 303
    assert (await rogue.get("/api/v1/me")).status_code == 401
    assert "spam in three courses" in await boss.read(here)
    assert "Rogue One" in await boss.read("/admin/users?status=suspended")
    assert (await last_entry(house, "identity.account.suspended", rogue)).reason == "spam in three courses"
    answer = await boss.act(here, f"{here}/restorations", reason="it was another person")
    assert answer.status_code == 303
    await rogue.sign_in()
    assert (await rogue.get("/api/v1/me")).status_code == 200


@covers("ADM-1", "ADM-40")
async def test_signed_out_everywhere_with_the_reason_on_the_trail(house: StandingHouse, boss: Seat) -> None:
    tenzin = await member(house, "Tenzin Dorje")
    here = page_of(tenzin)
    answer = await boss.act(here, f"{here}/sign-outs", reason="laptop left in the train")
    assert answer.status_code == 303
    assert (await tenzin.get("/api/v1/me")).status_code == 401
    entry = await last_entry(house, "admin.person.signed_out", tenzin)
    assert (entry.reason, entry.after) == ("laptop left in the train", {"sessions": 1})
    assert "Signed in nowhere" in await boss.read(here)


@covers("ADM-1", "ADM-40")
async def test_a_whole_address_is_shown_once_and_its_reading_is_on_the_trail(
    house: StandingHouse, boss: Seat, asha: Seat
) -> None:
    here = page_of(asha)
    assert asha.mail not in (await boss.get(here)).text
    answer = await boss.act(here, f"{here}/address-views", reason="she phoned about her invoice")
    assert asha.mail in answer.text
    assert asha.mail not in (await boss.get(here)).text
    assert (await last_entry(house, "admin.address.revealed", asha)).actor == str(boss.id)
    assert asha.mail not in (await boss.api("GET", f"/users/{asha.id}")).text


@covers("ADM-1")
@pytest.mark.parametrize("reason", ["", "  ", "no", "x" * 501, "a\x00b and more"])
async def test_an_act_without_a_reason_is_refused_and_nothing_happens(
    house: StandingHouse, boss: Seat, asha: Seat, reason: str
) -> None:
    here = page_of(asha)
    for action in ("suspensions", "sign-outs", "role-changes"):
        answer = await boss.act(here, f"{here}/{action}", reason=reason)
        assert answer.status_code == 422, action
        assert "Reason" in words(answer.text) or "Say why" in words(answer.text)
        answer = await boss.api(
            "POST", f"/users/{asha.id}/{action}", json={"role": "teacher", "reason": reason}
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/reason"
    assert (await asha.get("/api/v1/me")).status_code == 200


@covers("ADM-1", "PORT-34")
async def test_markup_in_a_name_or_a_reason_is_shown_as_text(house: StandingHouse, boss: Seat) -> None:
    name, reason = "<img src=x onerror=alert(1)>", '"><script>alert(2)</script>'
    sly = await member(house, name)
    here = page_of(sly)
    await boss.act(here, f"{here}/sign-outs", reason=reason)
    await house.run_until_idle()
    for path in (here, "/admin/users?q=img", f"/admin/audit?about={sly.id}"):
        shown = (await boss.get(path)).text
        assert name not in shown
        assert "<script>alert" not in shown
        assert html.escape(name) in shown
    refused = await boss.act(here, f"{here}/suspensions", reason=f"{reason}{'x' * 501}")
    assert refused.status_code == 422
    assert "<script>alert" not in refused.text


@covers("ADM-1")
async def test_a_forged_cursor_and_an_unknown_person_are_refused(house: StandingHouse, boss: Seat) -> None:
    assert (await boss.get("/admin/users?cursor=forged")).status_code == 422
    assert (await boss.api("GET", "/users?cursor=forged")).status_code == 422
    assert (await boss.get("/admin/users/00000000-0000-7000-8000-000000000000")).status_code == 404
    assert (await boss.get("/admin/users/nobody")).status_code == 404
