"""Signing in: one answer for whatever is wrong, and budgets that lock nobody out."""

import asyncio
import statistics
import time

import pytest

from suuupra.kernel.problems import Unavailable
from suuupra.services.identity.adapters.hashing import ArgonHasher
from tests.covers import covers
from tests.house import StandingHouse, StartHouse
from tests.services.identity.people import PASSWORD, Browser, browser, events, identity, rows


@covers("ID-1", "ID-9")
async def test_she_is_in_by_password_after_reload_and_lands_where_she_wanted(
    house: StandingHouse, meera: Browser
) -> None:
    account_id = await meera.join()
    laptop = browser(house, meera.address)
    entered = await laptop.sign_in(next="/learn/calculus")
    assert (entered.status_code, entered.headers["location"]) == (303, "/learn/calculus")
    for _ in range(2):
        assert (await laptop.get("/api/v1/me")).json()["name"] == "Meera Nair"
    assert (await laptop.get("/sign-in?next=/learn")).headers["location"] == "/learn"
    signed_in = await events(house, "identity.signed_in.v1", account_id)
    assert [event["method"] for event in signed_in] == ["password", "password"]
    assert signed_in[1].get("is_new_device") is True


@covers("ID-9")
async def test_the_cookie_is_closed_to_scripts_and_other_sites(house: StandingHouse, meera: Browser) -> None:
    await meera.join()
    entered = await browser(house, meera.address).sign_in()
    cookie = next(value for value in entered.headers.get_list("set-cookie") if value.startswith("suuupra="))
    for part in ("HttpOnly", "Path=/", "SameSite=lax", "Max-Age=7776000"):
        assert part in cookie
    assert len(cookie.split(";")[0].removeprefix("suuupra=")) == 43
    assert "no-store" in entered.headers["cache-control"]


@covers("ID-9")
async def test_behind_https_the_cookie_is_bound_to_this_host(start_house: StartHouse) -> None:
    async with start_house("identity", base_url="https://school.example") as house:
        cookies = identity(house).cookies
        facts = cookies.session("secret").keywords()
        assert (facts["key"], facts["secure"]) == ("__Host-suuupra", True)
        assert cookies.session("").keywords()["max_age"] == 0


@covers("ID-9")
async def test_a_write_without_the_token_of_the_session_is_refused(meera: Browser) -> None:
    await meera.join()
    for form in ({"name": "Mallory"}, {"name": "Mallory", "csrf_token": "0" * 43}):
        assert (await meera.client.post("/settings/profile", data=form)).status_code == 403
    foreign = {"sec-fetch-site": "cross-site", "x-csrf-token": await meera.token()}
    refused = await meera.client.patch("/api/v1/me", json={"name": "Mallory"}, headers=foreign)
    assert refused.status_code == 403
    assert (await meera.get("/api/v1/me")).json()["name"] == "Meera Nair"


@covers("ID-8")
async def test_unknown_address_and_wrong_password_get_one_answer_in_the_same_time(
    house: StandingHouse, meera: Browser
) -> None:
    await meera.join()
    nobody = browser(house)
    times: dict[str, list[float]] = {"wrong": [], "unknown": []}
    texts = set()
    for _ in range(4):
        for name, guesser in (("wrong", browser(house, meera.address)), ("unknown", nobody)):
            started = time.perf_counter()
            answer = await guesser.sign_in("not the password at all")
            times[name].append(time.perf_counter() - started)
            texts.add(answer.text.replace(guesser.address, "").replace(nobody.address, ""))
            assert answer.status_code == 401
    assert len({text.split("<main", 1)[1] for text in texts}) == 1
    assert statistics.median(times["unknown"]) > 0.3 * statistics.median(times["wrong"])


@covers("ID-8")
async def test_five_wrong_guesses_close_the_address_but_not_the_browser_that_knows_it(
    house: StandingHouse, meera: Browser
) -> None:
    await meera.join()
    thief = browser(house, meera.address)
    codes = [(await thief.sign_in("a wrong guess of mine")).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    right = await browser(house, meera.address).sign_in()
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) > 0
    for _ in range(2):
        meera.client.cookies.delete("suuupra")
        assert (await meera.sign_in()).status_code == 303


@covers("ID-8")
async def test_unknown_addresses_are_closed_alike(house: StandingHouse) -> None:
    nobody = browser(house)
    codes = [(await nobody.sign_in("a wrong guess of mine")).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]


@covers("ID-8")
async def test_a_network_that_tries_many_addresses_is_slowed(house: StandingHouse) -> None:
    codes = []
    for number in range(24):
        other = house.client(f"127.200.1.{1 + number}")
        form = {"address": f"victim-{number}@example.org", "password": "leaked elsewhere 1"}
        codes.append((await other.post("/sign-in", data=form)).status_code)
    assert codes[:20] == [401] * 20
    assert codes[21:] == [429] * 3


@covers("ID-8")
async def test_a_good_sign_in_forgets_the_wrong_ones_before(house: StandingHouse, meera: Browser) -> None:
    await meera.join()
    laptop = browser(house, meera.address)
    for _ in range(3):
        for _ in range(3):
            assert (await laptop.sign_in("a wrong guess of mine")).status_code == 401
        laptop.client = browser(house).client
        assert (await laptop.sign_in()).status_code == 303
        laptop.client = browser(house).client


@covers("ID-8")
async def test_more_people_than_the_queue_holds_are_asked_to_come_again() -> None:
    hasher = ArgonHasher(threads=1)
    answers = await asyncio.gather(*(hasher.hash(PASSWORD) for _ in range(9)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert len(refused) == 4
    assert all(str(answer).startswith("$argon2id$v=19$m=19456,t=2,p=1$") for answer in answers[:5])


@covers("ID-8")
async def test_weaker_hashes_are_raised_at_the_next_sign_in(house: StandingHouse, meera: Browser) -> None:
    from argon2 import PasswordHasher

    account_id = await meera.join()
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    update = "UPDATE identity.password SET phc = $1 WHERE account_id = $2"
    await rows(house, update, weak, account_id)
    assert (await browser(house, meera.address).sign_in()).status_code == 303
    (row,) = await rows(house, "SELECT phc FROM identity.password WHERE account_id = $1", account_id)
    assert "m=19456,t=2" in row["phc"]
    assert (await browser(house, meera.address).sign_in()).status_code == 303


@covers("ID-1")
async def test_signing_out_ends_the_session_and_takes_the_cookie(
    house: StandingHouse, meera: Browser
) -> None:
    await meera.join()
    secret = meera.client.cookies["suuupra"]
    answer = await meera.client.post("/sign-out", data={"csrf_token": await meera.token()})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert not await meera.is_signed_in()
    thief = browser(house)
    thief.client.cookies.set("suuupra", secret)
    assert not await thief.is_signed_in()


@covers("ID-1")
async def test_rest_signs_in_with_the_same_cookie_and_names_what_is_wrong(
    house: StandingHouse, meera: Browser
) -> None:
    await meera.join()
    script = browser(house)
    body = {"address": meera.address, "password": "a wrong guess of mine"}
    wrong = await script.client.post("/api/v1/sessions", json=body)
    assert (wrong.status_code, wrong.json()["type"]) == (401, "/problems/identity/invalid-credentials")
    right = await script.client.post("/api/v1/sessions", json=body | {"password": PASSWORD})
    assert (right.status_code, right.json()["next"]) == (201, "signed_in")
    assert await script.is_signed_in()
    assert (await browser(house).client.post("/api/v1/sessions", json={"address": "x"})).status_code == 422


@covers("ID-9")
@pytest.mark.parametrize("evil", ["//evil.example", "https://evil.example/", "/\\evil.example"])
async def test_a_foreign_next_never_becomes_a_redirect(
    house: StandingHouse, meera: Browser, evil: str
) -> None:
    await meera.join()
    entered = await browser(house, meera.address).sign_in(next=evil)
    assert entered.headers["location"] == "/"
    assert (await meera.get("/sign-in", params={"next": evil})).headers["location"] == "/"
