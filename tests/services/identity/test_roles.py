"""Roles: given with a reason, held at the next request, never above one's own, never without an owner."""

import asyncio
from uuid import UUID

import pytest

from suuupra.kernel.auth import Principal, service_principal
from suuupra.kernel.messages import Query
from suuupra.kernel.problems import Forbidden, Invalid, Problem
from suuupra.services.identity.api import (
    Decide,
    GrantRole,
    LastOwner,
    NotBelowYou,
    Permissions,
    RevokeRole,
    RoleAboveOwn,
    Roles,
    RolesQuery,
    SuspendUser,
    UserNotFound,
    Users,
)
from suuupra.services.identity.module import MANIFEST
from tests.covers import covers
from tests.house import StandingHouse, StartHouse
from tests.services.identity.people import Browser, audited_acts, browser, events, staff_member

SOMEBODY = UUID(int=1)
RIGHTS = frozenset(MANIFEST.permissions)


def staff(role: str, subject: UUID = SOMEBODY) -> Principal:
    return Principal(subject=subject, kind="person", roles=frozenset({role}), permissions=RIGHTS)


def give(user_id: UUID, role: str) -> GrantRole:
    return GrantRole(user_id=user_id, role=role, reason="she teaches here")


def take(user_id: UUID, role: str) -> RevokeRole:
    return RevokeRole(user_id=user_id, role=role, reason="left the school")


@covers("ID-13", "ID-25")
async def test_a_teacher_is_made_at_the_next_request_and_the_act_is_kept(
    house: StandingHouse, meera: Browser
) -> None:
    account_id = await meera.join()
    assert (await meera.get("/api/v1/me")).json()["roles"] == ["student"]
    with house.as_(staff("admin")):
        held = await house.port(Roles).grant(give(account_id, "teacher"))
        again = await house.port(Roles).grant(give(account_id, "teacher"))
    assert held == again
    assert held.roles == {"student", "teacher"}
    assert held.grants[0].granted_by == UUID(int=1)
    assert set((await meera.get("/api/v1/me")).json()["roles"]) == {"student", "teacher"}
    (changed,) = await events(house, "identity.role_changed.v1", account_id)
    assert (changed["role"], changed["change"]) == ("teacher", "granted")
    act = (await audited_acts(house, account_id))[-1]
    assert (act["before"], act["after"]) == ({"roles": ["student"]}, {"roles": ["student", "teacher"]})
    assert act["reason"] == "she teaches here"
    with house.as_(staff("admin")):
        assert (await house.port(Roles).revoke(take(account_id, "teacher"))).roles == {"student"}
    assert (await events(house, "identity.role_changed.v1", account_id))[-1]["change"] == "revoked"


@covers("ID-13")
async def test_nobody_gives_or_takes_above_their_own(house: StandingHouse, meera: Browser) -> None:
    account_id = await meera.join()
    _, owner = await staff_member(house, "owner")
    _, admin = await staff_member(house, "admin")
    roles = house.port(Roles)
    with house.as_(staff("admin")):
        with pytest.raises(RoleAboveOwn):
            await roles.grant(give(account_id, "owner"))
        with pytest.raises(RoleAboveOwn):
            await roles.revoke(take(owner, "owner"))
        with pytest.raises(NotBelowYou):
            await roles.revoke(take(admin, "admin"))
        assert "admin" in (await roles.grant(give(account_id, "admin"))).roles
    with house.as_(Principal(subject=UUID(int=1), kind="person")), pytest.raises(Forbidden):
        await roles.grant(give(account_id, "teacher"))


@covers("ID-13")
@pytest.mark.parametrize("role", ["student", "captain", ""])
async def test_what_is_no_role_to_give_is_refused(house: StandingHouse, meera: Browser, role: str) -> None:
    account_id = await meera.join()
    with house.as_(staff("owner")):
        with pytest.raises(Invalid):
            await house.port(Roles).grant(give(account_id, role))
        with pytest.raises(UserNotFound):
            await house.port(Roles).grant(give(UUID(int=404), "teacher"))


@covers("ID-13")
async def test_the_last_owner_keeps_the_role(start_house: StartHouse) -> None:
    async with start_house("identity") as house:
        _, first = await staff_member(house, "owner")
        roles = house.port(Roles)
        with house.as_(staff("owner", first)), pytest.raises(LastOwner):
            await roles.revoke(take(first, "owner"))
        _, second = await staff_member(house, "owner")
        with house.as_(staff("owner", first)):
            assert "owner" not in (await roles.revoke(take(second, "owner"))).roles


@covers("ID-13")
@pytest.mark.parametrize("how", ["roles", "suspensions", "both"])
async def test_of_two_owners_who_remove_each_other_at_once_one_stays(
    start_house: StartHouse, how: str
) -> None:
    async with start_house("identity") as house:
        (_, first), (_, second) = await staff_member(house, "owner"), await staff_member(house, "owner")

        async def remove(who: UUID, whom: UUID, act: str) -> str:
            with house.as_(staff("owner", who)):
                try:
                    if act == "roles":
                        await house.port(Roles).revoke(take(whom, "owner"))
                    else:
                        await house.port(Users).suspend(SuspendUser(user_id=whom, reason="a coup"))
                except Problem as problem:
                    return type(problem).__name__
                return "done"

        acts = ("roles", "suspensions") if how == "both" else (how, how)
        outcomes = await asyncio.gather(remove(first, second, acts[0]), remove(second, first, acts[1]))
        assert sorted(outcomes) == ["LastOwner", "done"]


@covers("ID-13")
async def test_the_catalogue_says_what_one_may_give(house: StandingHouse) -> None:
    with house.as_(staff("admin")):
        known = {role.name: role for role in (await house.port(Roles).catalogue(Query())).roles}
    assert known["teacher"].may_grant
    assert not known["owner"].may_grant
    assert not known["student"].may_grant
    assert known["finance"].is_staff
    with house.as_(Principal(subject=UUID(int=1), kind="person")):
        assert not any(role.may_grant for role in (await house.port(Roles).catalogue(Query())).roles)


@covers("ID-26")
async def test_own_roles_are_open_to_oneself_others_to_staff(house: StandingHouse, meera: Browser) -> None:
    account_id = await meera.join()
    ask = RolesQuery(user_id=account_id)
    with house.as_(Principal(subject=account_id, kind="person")):
        assert (await house.port(Roles).of(ask)).roles == {"student"}
    with house.as_(Principal(subject=UUID(int=1), kind="person")), pytest.raises(Forbidden):
        await house.port(Roles).of(ask)
    with house.as_(staff("admin")), pytest.raises(UserNotFound):
        await house.port(Roles).of(RolesQuery(user_id=UUID(int=404)))


@covers("ID-13", "ID-26")
async def test_verdicts_name_the_role_that_gave_them(house: StandingHouse, meera: Browser) -> None:
    _, admin = await staff_member(house, "admin")
    student = await meera.join()
    ports = house.port(Permissions)
    allowed = await ports.decide(Decide(user_id=admin, permission="identity.user.suspend"))
    assert (allowed.allowed, allowed.reasons) == (True, ("role admin",))
    assert not (await ports.decide(Decide(user_id=student, permission="identity.user.suspend"))).allowed
    assert not (await ports.decide(Decide(user_id=UUID(int=404), permission="identity.user.read"))).allowed
    with house.as_(service_principal("test")):
        await house.port(Users).suspend(SuspendUser(user_id=admin, reason="for the test"))
    assert not (await ports.decide(Decide(user_id=admin, permission="identity.user.suspend"))).allowed


@covers("ID-13", "ID-7")
async def test_rest_promotes_with_a_reason_and_refuses_without_the_right(
    house: StandingHouse, meera: Browser
) -> None:
    account_id = await meera.join()
    admin, _ = await staff_member(house, "admin")
    path = f"/api/v1/users/{account_id}/roles"
    body = {"role": "teacher", "reason": "she teaches here"}
    assert (await meera.call("POST", path, json=body)).status_code == 403
    assert (await admin.call("POST", path, json={"role": "teacher"})).status_code == 422
    assert (await admin.call("POST", path, json=body)).status_code == 201
    above = await admin.call("POST", path, json=body | {"role": "owner"})
    assert (above.status_code, above.json()["type"]) == (403, "/problems/identity/role-above-own")
    assert (await admin.call("DELETE", f"{path}/teacher?reason=left+us")).json()["roles"] == ["student"]
    suspension = f"/api/v1/users/{account_id}/suspension"
    assert (await admin.call("PUT", suspension, json={"reason": "for the test"})).status_code == 200
    assert (await admin.call("DELETE", f"{suspension}?reason=all+well")).json()["status"] == "active"
    assert (await browser(house).client.post(path, json=body)).status_code == 401
