"""The second factor: added by a picture, asked for at sign-in, each code once."""

import asyncio
import re

import pyotp

from suuupra.kernel.clock import FrozenClock
from suuupra.services.identity.rules.codes import step_of
from tests.covers import covers
from tests.house import StandingHouse, StartHouse
from tests.services.identity.people import Browser, Forms, audited_acts, browser, events, rows, staff_member

SECURITY = "/settings/security"


async def add_factor(member: Browser, clock: FrozenClock) -> tuple[str, list[str]]:
    """Scan, type the first code; the secret and the recovery codes."""
    await member.submit(SECURITY, f"{SECURITY}/factor")
    page = await member.get(f"{SECURITY}/factor")
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page.text)
    assert secret is not None
    code = pyotp.TOTP(secret.group(1)).generate_otp(step_of(clock.now()))
    shown = await member.submit(f"{SECURITY}/factor", f"{SECURITY}/factor/confirmation", code=code)
    assert shown.status_code == 200, shown.text[:300]
    clock.advance(60)
    return secret.group(1), re.findall(r"<code>([0-9a-z]{5}-[0-9a-z]{5})</code>", shown.text)


def code_now(secret: str, clock: FrozenClock) -> str:
    return pyotp.TOTP(secret).generate_otp(step_of(clock.now()))


async def to_challenge(member: Browser) -> str:
    """The address of the question that the password led to."""
    answer = await member.sign_in()
    assert answer.headers["location"].startswith("/challenge?token=")
    return str(answer.headers["location"])


@covers("ID-5", "ID-25")
async def test_a_picture_a_code_ten_recovery_codes_shown_once(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    meera = browser(still_house)
    account_id = await meera.join()
    before = meera.client.cookies["suuupra"]
    secret, codes = await add_factor(meera, clock)
    assert len(set(codes)) == 10
    assert meera.client.cookies["suuupra"] != before
    page = await meera.get(SECURITY)
    assert "10 recovery codes left" in page.text
    assert not any(code in page.text for code in codes)
    kept = await rows(still_house, "SELECT sealed FROM identity.totp WHERE account_id = $1", account_id)
    assert secret.encode() not in kept[0]["sealed"]
    (changed,) = await events(still_house, "identity.factor_changed.v1", account_id)
    assert (changed["factor"], changed["change"]) == ("totp", "added")
    assert "identity.factor.changed" in [act["action"] for act in await audited_acts(still_house, account_id)]
    subjects = [mail.subject for mail in await still_house.mails(to=meera.address)]
    assert subjects[0] == "A second factor was added to your account"


@covers("ID-5")
async def test_the_picture_holds_the_key_and_no_inline_style(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    meera = browser(still_house)
    await meera.join()
    assert (await meera.get(f"{SECURITY}/factor")).headers["location"] == SECURITY
    await meera.submit(SECURITY, f"{SECURITY}/factor")
    page = await meera.get(f"{SECURITY}/factor")
    assert "<svg" in page.text
    assert " style=" not in page.text
    wrong = await meera.submit(f"{SECURITY}/factor", f"{SECURITY}/factor/confirmation", code="000000")
    assert wrong.status_code == 422
    assert "<svg" in wrong.text
    meera.client.cookies.clear()
    assert (await meera.sign_in()).headers["location"] == "/"


@covers("ID-5")
async def test_sign_in_asks_for_the_code_and_takes_it_once(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    meera = browser(still_house)
    account_id = await meera.join()
    secret, _ = await add_factor(meera, clock)
    phone = browser(still_house, meera.address)
    challenge = await to_challenge(phone)
    assert not await phone.is_signed_in()
    code = code_now(secret, clock)
    entered = await phone.submit(challenge, "/challenge", proof=code)
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert await phone.who() == account_id
    thief = browser(still_house, meera.address)
    replayed = await thief.submit(await to_challenge(thief), "/challenge", proof=code)
    assert replayed.status_code == 401
    assert not await thief.is_signed_in()
    last = (await events(still_house, "identity.signed_in.v1", account_id))[-1]
    assert last["strength"] == 2


@covers("ID-5")
async def test_a_recovery_code_serves_once_and_nine_remain(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    meera = browser(still_house)
    await meera.join()
    _, codes = await add_factor(meera, clock)
    phone = browser(still_house, meera.address)
    entered = await phone.submit(await to_challenge(phone), "/challenge", proof=codes[3].upper())
    assert entered.status_code == 303
    assert "9 recovery codes left" in (await phone.get(SECURITY)).text
    again = browser(still_house, meera.address)
    assert (await again.submit(await to_challenge(again), "/challenge", proof=codes[3])).status_code == 401


@covers("ID-5")
async def test_two_browsers_with_one_code_at_once_and_one_is_in(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    meera = browser(still_house)
    await meera.join()
    secret, codes = await add_factor(meera, clock)
    for code in (code_now(secret, clock), codes[0]):
        visitors = [browser(still_house, meera.address) for _ in range(3)]
        challenges = [await to_challenge(visitor) for visitor in visitors]
        answers = await asyncio.gather(
            *(
                visitor.submit(challenge, "/challenge", proof=code)
                for visitor, challenge in zip(visitors, challenges, strict=True)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [303, 401, 401]


@covers("ID-5", "ID-8")
async def test_five_wrong_codes_end_the_question_and_ten_the_account_for_a_while(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    meera = browser(still_house)
    await meera.join()
    secret, _ = await add_factor(meera, clock)
    thief = browser(still_house, meera.address)
    challenge = await to_challenge(thief)
    for _ in range(5):
        assert (await thief.submit(challenge, "/challenge", proof="000000")).status_code == 401
    assert (await thief.get(challenge)).headers["location"] == "/sign-in"
    token = challenge.partition("token=")[2]
    late = await thief.client.post("/challenge", data={"token": token, "proof": code_now(secret, clock)})
    assert late.status_code == 303
    assert not await thief.is_signed_in()
    clock.advance(61)
    challenge = await to_challenge(thief)
    codes = [(await thief.submit(challenge, "/challenge", proof="000000")).status_code for _ in range(5)]
    assert codes == [401] * 4 + [429]


@covers("ID-5")
async def test_removing_it_needs_a_code_when_the_proof_is_old(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    meera = browser(still_house)
    account_id = await meera.join()
    secret, _ = await add_factor(meera, clock)
    clock.advance(600)
    asked = await meera.submit(SECURITY, f"{SECURITY}/factor/removal")
    assert asked.headers["location"].startswith("/challenge?token=")
    page = await meera.get(asked.headers["location"])
    assert "authenticator" in page.text
    fields = Forms(page.text).to("/challenge")
    back = await meera.client.post("/challenge", data=fields | {"proof": code_now(secret, clock)})
    assert back.headers["location"] == SECURITY
    assert (await meera.submit(SECURITY, f"{SECURITY}/factor/removal")).headers["location"] == SECURITY
    assert await rows(still_house, "SELECT 1 FROM identity.totp WHERE account_id = $1", account_id) == []
    assert await rows(still_house, "SELECT 1 FROM identity.recovery_code") == []


@covers("ID-5", "ID-13")
async def test_staff_rights_wait_for_the_second_factor_where_it_is_demanded(
    start_house: StartHouse, clock: FrozenClock
) -> None:
    options = {"identity_staff_second_factor": "required"}
    async with start_house("identity", clock=clock, **options) as house:
        admin, account_id = await staff_member(house, "admin")
        assert (await admin.call("GET", f"/api/v1/users/{account_id}/roles")).status_code == 200
        other = browser(house)
        other_id = await other.join()
        path = f"/api/v1/users/{other_id}/roles"
        assert (await admin.call("GET", path)).status_code == 403
        assert "Second factor needed" in (await admin.get(SECURITY)).text
        await add_factor(admin, clock)
        assert (await admin.call("GET", path)).status_code == 200
        kept = await admin.submit(SECURITY, f"{SECURITY}/factor/removal")
        assert kept.headers["location"] == SECURITY
        assert (await admin.call("DELETE", "/api/v1/me/factors/totp")).status_code == 409


@covers("ID-5")
async def test_new_recovery_codes_make_the_old_ones_worthless(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    meera = browser(still_house)
    await meera.join()
    _, old = await add_factor(meera, clock)
    shown = await meera.submit(SECURITY, f"{SECURITY}/recovery-codes")
    fresh = re.findall(r"<code>([0-9a-z]{5}-[0-9a-z]{5})</code>", shown.text)
    assert len(fresh) == 10
    phone = browser(still_house, meera.address)
    challenge = await to_challenge(phone)
    assert (await phone.submit(challenge, "/challenge", proof=old[0])).status_code == 401
    assert (await phone.submit(challenge, "/challenge", proof=fresh[0])).status_code == 303


@covers("ID-5")
async def test_rest_adds_and_removes_it_too(still_house: StandingHouse, clock: FrozenClock) -> None:
    meera = browser(still_house)
    await meera.join()
    started = (await meera.call("POST", "/api/v1/me/factors/totp")).json()
    assert started["uri"].startswith("otpauth://totp/")
    path = "/api/v1/me/factors/totp/confirmation"
    assert (await meera.call("POST", path, json={"code": "123"})).status_code == 422
    code = code_now(started["secret"], clock)
    confirmed = await meera.call("POST", path, json={"code": code})
    assert (confirmed.status_code, len(confirmed.json()["codes"])) == (201, 10)
    assert (await meera.call("POST", "/api/v1/me/factors/totp")).status_code == 409
    assert (await meera.call("DELETE", "/api/v1/me/factors/totp")).status_code == 204
