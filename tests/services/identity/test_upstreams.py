"""Sign-in by another site: believed when everything fits, refused and audited when one thing does not."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
from PIL import Image

from suuupra.kernel.settings import SettingsError
from suuupra.services.identity.settings import IdentitySettings
from tests import postgres
from tests.covers import covers
from tests.house import StandingHouse, StartHouse, configured, standing_house
from tests.services.identity.issuer import Issuer, running_issuer
from tests.services.identity.people import (
    PASSWORD,
    Browser,
    Forms,
    audited_acts,
    browser,
    events,
    mailed_token,
    rows,
)


@pytest.fixture(scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    async with running_issuer() as running:
        yield running


@pytest.fixture(scope="session")
async def school(postgres_server: postgres.Server, issuer: Issuer) -> AsyncIterator[StandingHouse]:
    """A house that believes the issuer, shared by tests that bring their own people."""
    name = await postgres.clone(postgres_server)
    settings: dict[str, Any] = {**issuer.settings()}
    async with standing_house(postgres_server.url(name), "identity", **settings) as standing:
        await standing.run_until_idle()
        yield standing
    await postgres.drop(postgres_server, name)


@pytest.fixture(autouse=True)
def honest(issuer: Issuer) -> None:
    issuer.lies.clear()


@pytest.fixture
def meera(school: StandingHouse) -> Browser:
    return browser(school)


async def go(member: Browser, issuer: Issuer, *, target: str = "/", **claims: Any) -> httpx2.Response:
    """Press the button, agree over there, come back."""
    left = await member.get("/auth/school/login", params={"next": target})
    assert left.status_code == 303, left.text[:300]
    back = issuer.consent(left.headers["location"], **claims)
    return await member.get("/auth/school/callback", params=back)


def facts(member: Browser, **changes: Any) -> dict[str, Any]:
    return {
        "sub": f"sub-{member.address}",
        "email": member.address,
        "email_verified": True,
        "name": "Meera Nair",
    } | changes


@covers("ID-2", "ID-20")
async def test_a_learner_lands_on_the_page_she_left_with_name_and_picture(
    school: StandingHouse, issuer: Issuer, meera: Browser
) -> None:
    face = io.BytesIO()
    Image.new("RGB", (90, 60), (10, 120, 90)).save(face, "PNG")
    issuer.picture = face.getvalue()
    claims = facts(meera, picture=f"{issuer.address}/face.png")
    entered = await go(meera, issuer, target="/courses/calculus", **claims)
    assert (entered.status_code, entered.headers["location"]) == (303, "/courses/calculus")
    me = (await meera.get("/api/v1/me")).json()
    assert (me["name"], me["address"], me["is_verified"]) == ("Meera Nair", meera.address, True)
    assert (await meera.get(me["picture_url"])).status_code == 200
    registered = await events(school, "identity.user_registered.v1", me["id"])
    assert [event["via"] for event in registered] == ["upstream"]
    again = browser(school)
    await go(again, issuer, **claims)
    assert await again.who() == UUID(me["id"])
    assert len(await events(school, "identity.user_registered.v1", me["id"])) == 1


@covers("ID-2")
async def test_the_button_stands_on_both_doors_and_leads_there(school: StandingHouse, issuer: Issuer) -> None:
    guest = browser(school)
    for page in ("/sign-in?next=/learn", "/sign-up"):
        assert "Continue with Nila School" in (await guest.get(page)).text
    left = await guest.get("/auth/school/login?next=//evil.example")
    assert left.headers["location"].startswith(f"{issuer.address}/authorize?")
    assert (await guest.get("/auth/unknown/login")).status_code == 404


@covers("ID-2")
@pytest.mark.parametrize("lie", ["es256", "rotated", "userinfo-fills"])
async def test_other_signatures_and_sources_that_are_honest_are_believed(
    school: StandingHouse, issuer: Issuer, meera: Browser, lie: str
) -> None:
    claims = facts(meera)
    if lie == "rotated":
        await go(browser(school), issuer, **facts(browser(school)))
        issuer.rotate()
        school.service("identity").upstreams._client._known[issuer.address].read_at -= 61
    elif lie == "es256":
        issuer.lies.add("es256")
    else:
        claims = {"sub": "u-1"}
    assert (await go(meera, issuer, **claims)).status_code == 303
    assert await meera.is_signed_in()


@covers("ID-2", "ID-25")
@pytest.mark.parametrize(
    ("lies", "claims", "claim"),
    [
        ({"none"}, {}, "signature"),
        ({"hs256"}, {}, "signature"),
        ({"signature"}, {}, "signature"),
        (set(), {"iss": "https://accounts.google.com"}, "iss"),
        (set(), {"aud": "another-client"}, "aud"),
        (set(), {"nonce": "guessed"}, "nonce"),
        (set(), {"nonce": None}, "nonce"),
        (set(), {"exp": 1}, "exp"),
    ],
    ids=["alg none", "alg hs256", "key", "issuer", "audience", "nonce", "no nonce", "expired"],
)
async def test_a_token_with_one_thing_wrong_is_refused_audited_and_links_nothing(
    school: StandingHouse, issuer: Issuer, meera: Browser, lies: set[str], claims: dict[str, Any], claim: str
) -> None:
    issuer.lies |= lies
    before = len(await rows(school, "SELECT 1 FROM identity.account_link"))
    refused = await go(meera, issuer, **facts(meera, **claims))
    assert refused.status_code == 400
    assert not await meera.is_signed_in()
    assert len(await rows(school, "SELECT 1 FROM identity.account_link")) == before
    acts = await events(school, "kernel.audited.v1", "upstream:school")
    assert (acts[-1]["action"], acts[-1]["after"]) == ("identity.upstream.refused", {"claim": claim})


@covers("ID-2")
async def test_an_answer_counts_once_in_the_browser_that_asked(
    school: StandingHouse, issuer: Issuer, meera: Browser
) -> None:
    left = await meera.get("/auth/school/login")
    back = issuer.consent(left.headers["location"], **facts(meera))
    thief = browser(school)
    assert (await thief.get("/auth/school/callback", params=back)).status_code == 400
    assert (await meera.get("/auth/school/callback", params=back)).status_code == 400
    left = await meera.get("/auth/school/login")
    back = issuer.consent(left.headers["location"], **facts(meera))
    for changes in ({"state": "forged"}, {"state": ""}, {"iss": "https://evil.example"}):
        assert (await meera.get("/auth/school/callback", params=back | changes)).status_code == 400
    assert not await meera.is_signed_in()
    assert not await thief.is_signed_in()
    assert await audited_acts(school, UUID(int=0)) == []


@covers("ID-2")
async def test_when_the_other_site_is_away_the_page_offers_other_ways(
    school: StandingHouse, issuer: Issuer, meera: Browser
) -> None:
    left = await meera.get("/auth/school/login")
    refused = {"state": issuer.consent(left.headers["location"])["state"], "error": "access_denied"}
    answer = await meera.get("/auth/school/callback", params=refused)
    assert answer.status_code == 502
    assert "Sign in with a password" in answer.text
    left = await meera.get("/auth/school/login")
    back = issuer.consent(left.headers["location"], **facts(meera))
    issuer.lies.add("down")
    answer = await meera.get("/auth/school/callback", params=back)
    assert answer.status_code == 502
    assert "Send me a link" in answer.text
    assert not await meera.is_signed_in()


@covers("ID-2", "ID-8")
async def test_a_confirmed_account_is_joined_only_by_whoever_signs_in_to_it(
    school: StandingHouse, issuer: Issuer, meera: Browser
) -> None:
    account_id = await meera.join()
    visitor = browser(school, meera.address)
    asked = await go(visitor, issuer, target="/learn", **facts(meera))
    assert asked.headers["location"].startswith("/auth/school/connect?token=")
    assert not await visitor.is_signed_in()
    sign_in = await visitor.get(asked.headers["location"])
    assert sign_in.headers["location"].startswith("/sign-in?next=")
    thief = browser(school)
    await thief.join()
    token = asked.headers["location"].partition("token=")[2]
    stolen = {"token": token, "csrf_token": await thief.token()}
    assert (await thief.client.post("/auth/school/connect", data=stolen)).status_code == 410
    page = await visitor.get(sign_in.headers["location"])
    fields = Forms(page.text).to("/sign-in") | {"address": meera.address, "password": PASSWORD}
    entered = await visitor.client.post("/sign-in", data=fields)
    joined = await visitor.submit(entered.headers["location"], "/auth/school/connect")
    assert joined.headers["location"] == "/learn"
    other = browser(school)
    assert (await go(other, issuer, **facts(meera))).headers["location"] == "/"
    assert await other.who() == account_id
    assert "Nila School" in (await other.get("/settings/security")).text


@covers("ID-2", "ID-8")
async def test_an_unconfirmed_account_loses_what_a_stranger_set(
    school: StandingHouse, issuer: Issuer, meera: Browser
) -> None:
    thief = browser(school, meera.address)
    await thief.sign_up()
    await thief.sign_in()
    assert await thief.is_signed_in()
    assert (await go(meera, issuer, **facts(meera))).headers["location"] == "/"
    assert not await thief.is_signed_in()
    assert (await browser(school, meera.address).sign_in()).status_code == 401
    assert (await meera.get("/api/v1/me")).json()["is_verified"]


@covers("ID-2", "ID-8")
async def test_an_address_that_the_other_site_did_not_confirm_joins_nothing(
    school: StandingHouse, issuer: Issuer, meera: Browser
) -> None:
    await meera.join()
    stranger = browser(school)
    refused = await go(stranger, issuer, **facts(meera, sub="s-9", email_verified=False))
    assert refused.status_code == 403
    assert not await stranger.is_signed_in()
    newcomer = browser(school)
    entered = await go(newcomer, issuer, **facts(newcomer, email_verified=False))
    assert entered.status_code == 303
    assert not (await newcomer.get("/api/v1/me")).json().get("is_verified", False)
    await school.run_until_idle()
    token = await mailed_token(school, newcomer.address)
    assert (await newcomer.submit(f"/verify/{token}", f"/verify/{token}")).status_code == 303
    assert (await newcomer.get("/api/v1/me")).json()["is_verified"]


@covers("ID-2")
async def test_two_answers_for_one_newcomer_at_once_make_one_account(
    school: StandingHouse, issuer: Issuer, meera: Browser
) -> None:
    visitors = [browser(school) for _ in range(4)]
    answers = await asyncio.gather(*(go(one, issuer, **facts(meera)) for one in visitors))
    assert [answer.status_code for answer in answers] == [303] * 4
    assert len({await one.who() for one in visitors}) == 1


@covers("ID-2", "ID-1")
async def test_a_closed_site_lets_no_newcomer_in_by_the_side_door(
    start_house: StartHouse, issuer: Issuer
) -> None:
    async with start_house("identity", identity_sign_up="closed", **issuer.settings()) as house:
        guest = browser(house)
        refused = await go(guest, issuer, **facts(guest))
        assert refused.status_code == 403
        assert "closed" in refused.text
        assert await rows(house, "SELECT 1 FROM identity.account") == []


@covers("ID-2", "ID-22")
async def test_an_issuer_that_is_set_up_wrongly_is_said_at_start_or_at_the_door(
    start_house: StartHouse, issuer: Issuer, tmp_path: Any
) -> None:
    issuer.lies.add("issuer")
    async with start_house("identity", **issuer.settings()) as house:
        answer = await browser(house).get("/auth/school/login")
        assert answer.status_code == 502
    plain = issuer.settings() | {"identity_loopback_issuers": "false"}
    with pytest.raises(SettingsError, match="https"):
        configured("postgresql://", tmp_path, **plain)
    secret = tmp_path / "secret"
    secret.write_text("from a file\n")
    options = {"identity_google_client_id": "g-1", "identity_google_client_secret_file": str(secret)}
    configuration = configured("postgresql://", tmp_path, **options)
    google = configuration.get(IdentitySettings).upstreams()["google"]
    assert google.client_secret.get_secret_value() == "from a file"
    assert google.issuer == "https://accounts.google.com"
    assert "from a file" not in str(configuration.effective())
