"""People behind one address are told apart by a cookie that says nothing; uploads and beats count apart."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.services.gateway.service.visitors import RIPE_S, Visitors
from tests.covers import covers
from tests.services.gateway.doors import COOKIE, TOKEN, Doors, draw_problem

FEW = {"api_anonymous_per_15min": 3}


async def given_out(doors: Doors) -> str:
    """A visitor's cookie, as a browser would send it."""
    async with doors.client() as browser:
        answer = await browser.get("/page")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("suuupra_visitor=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    return str(cookie.partition(";")[0])


@covers("GW-4")
async def test_a_ripe_cookie_counts_for_itself_and_a_fresh_or_forged_one_for_nothing() -> None:
    doors = Doors(FEW)
    first, second = await given_out(doors), await given_out(doors)
    assert first != second
    async with doors.client() as client:
        for cookie in (first, second, first):
            assert (await client.get("/api/v1/x", headers={"cookie": cookie})).status_code == 200
        assert (await client.get("/api/v1/x", headers={"cookie": second})).status_code == 429
        doors.clock.advance(RIPE_S + 1)
        for cookie in (first, second):
            for _ in range(3):
                assert (await client.get("/api/v1/x", headers={"cookie": cookie})).status_code == 200
            refused = await client.get("/api/v1/x", headers={"cookie": cookie})
            assert (refused.status_code, refused.json()["policy"]) == (429, "api")
        forged = f"{first[:-1]}{'0' if first[-1] != '0' else '1'}"
        assert (await client.get("/api/v1/x", headers={"cookie": forged})).status_code == 429


@covers("GW-4")
async def test_one_address_has_twenty_visitors_and_no_more() -> None:
    doors = Doors(FEW)
    cookies = [await given_out(doors) for _ in range(21)]
    doors.clock.advance(RIPE_S + 1)
    async with doors.client() as client, doors.client("203.0.113.10") as neighbour:
        for cookie in cookies[:20]:
            for _ in range(3):
                assert (await client.get("/api/v1/x", headers={"cookie": cookie})).status_code == 200
        refused = await client.get("/api/v1/x", headers={"cookie": cookies[20]})
        assert (refused.status_code, refused.json()["policy"]) == (429, "address")
        assert (await neighbour.get("/api/v1/x", headers={"cookie": cookies[20]})).status_code == 200


@covers("GW-4", "PORT-34")
async def test_no_cookie_stands_beside_what_others_keep_nor_is_it_given_twice() -> None:
    doors = Doors()
    mine = await given_out(doors)
    async with doors.client() as client:
        for path, headers in [
            ("/kept", {}),
            ("/api/v1/x", {}),
            ("/static/app.js", {}),
            ("/x", {}),
            ("/page", COOKIE),
            ("/page", {"cookie": mine}),
        ]:
            assert "set-cookie" not in (await client.get(path, headers=headers)).headers, path


@given(st.text(max_size=80))
def test_whatever_a_cookie_says_it_is_no_visitor_unless_it_was_given_out(text: str) -> None:
    doors = Doors()
    visitors = Visitors(b"k" * 32, doors.clock)
    assert visitors.ripe(f"suuupra_visitor={text}") == ""


@covers("GW-4")
async def test_a_person_sends_three_files_at_once_and_the_fourth_waits() -> None:
    doors = Doors()
    go = asyncio.Event()

    async def slow(_scope: object, _receive: object, send: object) -> None:
        await go.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]

    doors.app = doors.gateway.wrap(slow, draw_problem)
    async with doors.client() as client:

        def patch(cookie: dict[str, str]) -> asyncio.Task[int]:
            async def answer() -> int:
                headers = cookie | TOKEN
                sent = await client.patch("/api/v1/uploads/tus/1", content=b"x", headers=headers)
                return sent.status_code

            return asyncio.create_task(answer())

        sending = [patch(COOKIE) for _ in range(3)]
        await asyncio.sleep(0)
        refused = await client.patch("/api/v1/uploads/tus/1", content=b"x", headers=COOKIE | TOKEN)
        assert (refused.status_code, refused.json()["policy"]) == (429, "uploads")
        assert refused.headers["retry-after"] == "2"
        go.set()
        assert await asyncio.gather(*sending) == [204, 204, 204]
        assert await patch(COOKIE) == 204


@covers("GW-4")
async def test_beats_of_a_film_are_counted_a_playback_and_guesses_as_strangers() -> None:
    doors = Doors({"api_anonymous_per_15min": 5})
    async with doors.client() as school:
        for _ in range(60):
            assert (await school.post("/api/v1/playbacks/good/beats")).status_code == 200
        assert (await school.post("/api/v1/playbacks/good/beats")).status_code == 429
        for guess in range(5):
            assert (await school.post(f"/api/v1/playbacks/{guess}/beats")).status_code == 403
        refused = await school.post("/api/v1/playbacks/other/beats")
        assert (refused.status_code, refused.json()["policy"]) == (429, "bad-grants")


@covers("GW-4", "GW-6")
@pytest.mark.parametrize("path", ["//api/v1/x", "/a/../api/v1/x", "/%61pi/v1/x"])
async def test_another_spelling_of_a_path_has_the_same_limit(path: str) -> None:
    doors = Doors(FEW)
    async with doors.client() as client:
        for _ in range(3):
            assert (await client.get(f"http://suuupra.test{path}")).status_code == 200
        assert (await client.get("/api/v1/x")).status_code == 429
