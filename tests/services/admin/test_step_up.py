"""Acts on people ask for a fresh proof; the form that was stopped goes on by itself afterwards."""

from datetime import UTC, datetime

from suuupra.kernel.clock import FrozenClock
from suuupra.services.identity.api import Roles, RolesQuery
from tests.covers import covers
from tests.house import StandingHouse, StartHouse
from tests.services.admin.staff import PASSWORD, REASON, Forms, Seat, member, owner, words

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


async def roles_of(house: StandingHouse, seat: Seat) -> frozenset[str]:
    from suuupra.kernel.auth import service_principal

    with house.as_(service_principal("test")):
        return (await house.port(Roles).of(RolesQuery(user_id=seat.id))).roles


@covers("ADM-1", "ADM-2", "ID-7")
async def test_an_old_proof_is_renewed_and_the_promotion_goes_on(start_house: StartHouse) -> None:
    clock = FrozenClock(NOON)
    async with start_house("admin", clock=clock) as house:
        await house.run_until_idle()
        await owner(house)
        lead = await member(house, "Lakshmi Iyer", "admin")
        meera = await member(house, "Meera Nair")
        clock.advance(600)
        here = f"/admin/users/{meera.id}"
        stopped = await lead.act(here, f"{here}/role-changes", form="give-teacher", reason=REASON)
        assert stopped.status_code == 303
        assert stopped.headers["location"].startswith("/challenge?token=")
        assert await roles_of(house, meera) == {"student"}
        confirmed = await lead.act(stopped.headers["location"], "/challenge", proof=PASSWORD)
        assert confirmed.status_code == 200, words(confirmed.text)
        [(where, fields)] = [form for form in Forms(confirmed.text).forms if form[0].startswith("/admin")]
        assert fields["reason"] == REASON
        done = await lead.client.post(where, data=fields)
        assert done.status_code == 303
        assert await roles_of(house, meera) == {"student", "teacher"}


@covers("ADM-2", "ID-7")
async def test_rest_says_where_the_proof_is_given_and_changes_nothing(start_house: StartHouse) -> None:
    clock = FrozenClock(NOON)
    async with start_house("admin", clock=clock) as house:
        await house.run_until_idle()
        boss = await owner(house)
        meera = await member(house, "Meera Nair")
        clock.advance(600)
        acts = ("role-changes", "suspensions", "restorations", "sign-outs", "factor-resets")
        for act in acts:
            body = {"reason": REASON} | ({"role": "teacher"} if act == acts[0] else {})
            answer = await boss.api("POST", f"/users/{meera.id}/{act}", json=body)
            assert answer.status_code == 401, act
            assert answer.json()["type"] == "/problems/identity/step-up-required"
            assert answer.json()["href"].startswith("/challenge?token=")
        assert await roles_of(house, meera) == {"student"}
        assert (await meera.get("/api/v1/me")).status_code == 200
