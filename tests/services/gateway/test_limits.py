"""Who is counted against which limit (gateway, section 7), and how it is told."""

import pytest

from tests.covers import covers
from tests.services.gateway.doors import COOKIE, Doors, draw_problem, small_app


@covers("GW-4")
async def test_the_hundred_and_first_anonymous_call_waits_until_the_window_has_moved() -> None:
    doors = Doors()
    async with doors.client() as client, doors.client("203.0.113.10") as neighbour:
        for left in range(99, -1, -1):
            answer = await client.get("/api/v1/courses")
            assert answer.headers["ratelimit"].startswith(f'"api";r={left};t=')
            assert answer.headers["ratelimit-policy"] == '"api";q=100;w=900'
        refused = await client.get("/api/v1/courses")
        assert refused.status_code == 429
        assert refused.json()["policy"] == "api"
        assert int(refused.headers["retry-after"]) == 900
        assert (await neighbour.get("/api/v1/courses")).status_code == 200
        doors.clock.advance(900.1)
        assert (await client.get("/api/v1/courses")).status_code == 200


@covers("GW-4")
async def test_pupils_behind_one_address_do_not_limit_each_other() -> None:
    doors = Doors({"api_anonymous_per_15min": 5, "pages_per_min": 5})
    async with doors.client() as school:
        for pupil in range(10):
            cookie = {"cookie": f"suuupra=pupil-{pupil}"}
            for _ in range(5):
                assert (await school.get("/api/v1/x", headers=cookie)).status_code == 200
                assert (await school.get("/courses", headers=cookie)).status_code == 200
        for _ in range(60):
            assert (await school.get("/media/good/1.m4s")).status_code == 200


@covers("GW-4")
async def test_guessed_media_addresses_count_as_anonymous_calls() -> None:
    doors = Doors({"api_anonymous_per_15min": 5})
    async with doors.client() as client, doors.client("203.0.113.10") as neighbour:
        for _ in range(5):
            assert (await client.get("/media/guess/1.m4s")).status_code == 403
        assert (await client.get("/media/good/1.m4s")).status_code == 429
        assert (await neighbour.get("/media/good/1.m4s")).status_code == 200


@covers("GW-4", "GW-17")
@pytest.mark.parametrize(
    ("method", "path", "count"),
    [("GET", "/health/live", 30), ("POST", "/api/v1/sessions", 10), ("POST", "/sign-in", 10)],
)
async def test_classes_have_limits_of_their_own_before_anybody_is_asked(
    method: str, path: str, count: int
) -> None:
    doors = Doors()
    async with doors.client() as client:
        answers = [
            await client.request(method, path, headers={"cookie": "suuupra=?"}) for _ in range(count + 1)
        ]
        assert [answer.status_code for answer in answers] == [200] * count + [429]
        assert doors.keeper.asked == (0 if path.startswith("/health") else count)
        assert (await client.get("/static/app.js")).status_code == 200


@covers("GW-4")
async def test_a_forged_cookie_or_address_buys_nothing() -> None:
    doors = Doors({"api_anonymous_per_15min": 5})
    async with doors.client() as client:
        for number in range(5):
            forged = {"cookie": f"suuupra=no-{number}", "x-forwarded-for": f"198.51.100.{number}"}
            assert (await client.get("/api/v1/x", headers=forged)).status_code == 200
        assert (await client.get("/api/v1/x", headers={"x-forwarded-for": "192.0.2.1"})).status_code == 429
        assert (await client.get("/api/v1/x", headers=COOKIE)).status_code == 200


@covers("GW-4")
async def test_static_files_and_uploads_are_not_counted_by_requests() -> None:
    doors = Doors({"api_anonymous_per_15min": 1, "pages_per_min": 1})
    async with doors.client() as client:
        for _ in range(20):
            assert "ratelimit" not in (await client.get("/static/app.js")).headers
            assert (await client.patch("/api/v1/uploads/tus/1", content=b"x")).status_code == 200
        assert doors.keeper.asked == 0


@covers("GW-4")
async def test_a_door_without_limits_counts_nobody() -> None:
    doors = Doors({"api_anonymous_per_15min": 1})
    doors.app = doors.gateway.without_limits().wrap(small_app(), draw_problem)
    async with doors.client() as client:
        for _ in range(3):
            answer = await client.get("/api/v1/x")
            assert answer.status_code == 200
            assert "ratelimit" not in answer.headers
