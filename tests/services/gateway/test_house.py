"""The door of a whole house: faces of refusals, versions, settings, health, services that live elsewhere."""

import time
from pathlib import Path

from suuupra.platform.forward import Forwarder
from suuupra.platform.keys import FileKeys, Seals
from tests.covers import covers
from tests.house import StartHouse
from tests.services.gateway.doors import Doors, draw_problem, small_app

JSON = {"accept": "application/json"}


@covers("GW-1", "GW-10", "GW-17", "GW-4")
async def test_unknown_versions_fragments_health_and_limits_of_a_house(start_house: StartHouse) -> None:
    async with start_house("identity", "portal", limits="off") as house:
        client = house.client()
        for version in ("v0", "v2"):
            answer = await client.get(f"/api/{version}/me", headers=JSON)
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"
        whole = await client.get("/nowhere")
        assert "<html" in whole.text
        part = await client.get("/nowhere", headers={"hx-request": "true"})
        assert part.status_code == 404
        assert "<html" not in part.text
        assert "notice" in part.text
        for _ in range(40):
            assert (await client.get("/health/live")).status_code == 200
        assert "ratelimit" not in (await client.get("/health/ready")).headers
        assert (await client.get("/ports/identity/Users/get")).status_code == 404
        assert (await client.get("/metrics")).status_code == 404
        long_page = await client.get("/sign-in", headers={"accept-encoding": "gzip"})
        assert long_page.headers["content-encoding"] == "gzip"
        assert "<html" in long_page.text


@covers("GW-13", "GW-1")
async def test_services_elsewhere_are_reached_through_the_same_door(start_house: StartHouse) -> None:
    async with start_house("identity", "portal", binding="remote") as house:
        client = house.client()
        assert "<html" in (await client.get("/sign-in")).text
        me = await client.get("/api/v1/me", headers=JSON | {"suuupra-forwarded": "forged"})
        assert me.status_code == 401
        assert len(me.headers["x-request-id"]) == 32
        assert (
            await client.get("/api/v1/users/01890000-0000-7000-8000-000000000001", headers=JSON)
        ).status_code in {401, 404}


@covers("GW-13")
async def test_a_dead_neighbour_is_said_at_once_and_the_rest_goes_on(tmp_path: Path) -> None:
    doors = Doors()
    (tmp_path / "keys").mkdir()
    forwarder = Forwarder(Seals(FileKeys(tmp_path / "keys"), doors.clock))
    away = forwarder.to("search", f"unix:{tmp_path}/nobody.sock")
    doors.app = doors.gateway.wrap(
        small_app(), draw_problem, lambda path: away if path.startswith("/search") else None
    )
    async with doors.client() as client:
        refused = await client.get("/search")
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) == 1
        taken = []
        for _ in range(5):
            started = time.perf_counter()
            assert (await client.get("/search")).status_code == 503
            taken.append(time.perf_counter() - started)
        assert min(taken) < 0.005
        assert (await client.get("/x")).status_code == 200
    await forwarder.close()
