"""Who may reach what: every route of the desk, for nobody, everybody and each role."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from starlette.routing import Route

from suuupra.app.contracts import openapi_of
from suuupra.kernel.auth import service_principal
from suuupra.services.identity.api import GrantRole, RevokeRole, Roles
from tests.covers import covers
from tests.house import StandingHouse
from tests.services.admin.staff import Seat, member

PEOPLE = {"support", "moderator", "privacy", "auditor", "admin", "owner"}
RUN = {"operator", "admin", "owner"}
EVERYBODY = {"support", "moderator", "privacy", "auditor", "finance", "operator", "admin", "owner"}
CHANGES = {"admin", "owner"}
REVIEWS = {"moderator", "admin", "owner"}
NOWHERE = UUID(int=7)
# Where a path ends up -> the roles that get in; the longest beginning counts.
MAY: dict[str, set[str]] = {
    "": EVERYBODY,
    "/overview": EVERYBODY,
    "/health": RUN,
    "/errors": RUN,
    "/jobs": RUN,
    "/deliveries": RUN,
    "/encodings": EVERYBODY,
    "/users": PEOPLE,
    "/users/{user_id}/address-views": {"support", "privacy", "admin", "owner"},
    "/users/{user_id}/role-changes": CHANGES,
    "/users/{user_id}/suspensions": CHANGES,
    "/users/{user_id}/restorations": CHANGES,
    "/users/{user_id}/sign-outs": CHANGES,
    "/users/{user_id}/factor-resets": CHANGES,
    "/courses": CHANGES,
    "/approvals": REVIEWS,
    "/audit": {"auditor", "admin", "owner"},
}
ROLES = ("", "teacher", "editor", *sorted(EVERYBODY))
BODY = {"reason": "for the matrix", "role": "teacher", "decision": "approve", "change": "grant"}


def routes_of(house: StandingHouse) -> Iterator[tuple[str, str]]:
    """Every (method, path) of admin."""
    estate = house.estates["admin"].house
    for found in estate.built["admin"].routes():
        if isinstance(found, Route):
            yield from ((method, found.path) for method in sorted((found.methods or set()) - {"HEAD"}))
    for path, operations in openapi_of(estate, "admin")["paths"].items():
        yield from ((method.upper(), path) for method in operations)


def allowed(path: str) -> set[str]:
    """The roles of the longest known beginning."""
    short = path.removeprefix("/api/v1/admin").removeprefix("/admin")
    return MAY[max((known for known in MAY if short.startswith(known)), key=len)]


def concrete(path: str) -> str:
    for name in ("user_id", "course_id", "case_id", "asset_id"):
        path = path.replace(f"{{{name}}}", str(NOWHERE))
    return path.replace("{reference}", f"identity:job:{NOWHERE}")


async def ask(seat: Seat, method: str, path: str) -> Any:
    if path.startswith("/api/"):
        rest = path.removeprefix("/api/v1/admin")
        return await seat.api(method, rest, **({"json": fitting(rest)} if method == "POST" else {}))
    if method == "GET":
        return await seat.get(path)
    return await seat.client.post(path, data=BODY | {"csrf_token": await seat.token()})


def fitting(path: str) -> dict[str, str]:
    names = {"role-changes": ("reason", "role"), "decision": ("decision",)}
    return {name: BODY[name] for name in names.get(path.rpartition("/")[2], ("reason",))}


async def become(house: StandingHouse, seat: Seat, role: str, before: str) -> None:
    with house.as_(service_principal("test")):
        if before:
            await house.port(Roles).revoke(RevokeRole(user_id=seat.id, role=before, reason="matrix"))
        if role:
            await house.port(Roles).grant(GrantRole(user_id=seat.id, role=role, reason="matrix"))


@covers("ADM-2")
@pytest.mark.timeout(180)
async def test_every_route_lets_in_exactly_the_roles_of_the_table(house: StandingHouse, boss: Seat) -> None:
    visitor, before = await member(house, "Many Hats"), ""
    wrong = []
    for role in ROLES:
        await become(house, visitor, role, before)
        before = role
        for method, path in routes_of(house):
            status = (await ask(visitor, method, concrete(path))).status_code
            if (role in allowed(path)) != (status != 403) or status >= 500:
                wrong.append((role, method, path, status))
    assert wrong == [], "\n".join(map(str, wrong))


@covers("ADM-2")
async def test_nobody_is_sent_to_sign_in_and_rest_answers_401(house: StandingHouse) -> None:
    from tests.services.admin.staff import seat

    nobody = seat(house, "Nobody")
    for method, path in routes_of(house):
        if method == "GET":
            answer = await nobody.get(concrete(path), headers={"accept": "text/html"})
            assert answer.status_code == (401 if path.startswith("/api/") else 303), path


@covers("ADM-2")
async def test_a_form_without_its_token_does_nothing(house: StandingHouse, boss: Seat, asha: Seat) -> None:
    answer = await boss.client.post(f"/admin/users/{asha.id}/suspensions", data={"reason": "no token"})
    assert answer.status_code == 403
    assert (await asha.get("/api/v1/me")).status_code == 200


@covers("ADM-2")
async def test_the_rail_leads_only_where_one_may_go(house: StandingHouse) -> None:
    clerk = await member(house, "Support Clerk", "support")
    shown = (await clerk.get("/admin")).text
    assert 'href="/admin/users"' in shown
    for path in ("courses", "approvals", "audit", "deliveries", "jobs", "health", "encodings"):
        assert f'href="/admin/{path}"' not in shown
    assert 'href="/admin"' in (await clerk.get("/notifications")).text
