"""Step-up by action: asked when the proof is old, the stopped form passes with nothing retyped."""

import pytest

from suuupra.kernel.auth import Principal, service_principal
from suuupra.kernel.clock import FrozenClock
from suuupra.services.identity.api import (
    Back,
    InvalidCredentials,
    LinkSpent,
    RedeemStepUp,
    RequireStepUp,
    SecondFactorMissing,
    StepUpRequired,
    StepUps,
)
from tests.covers import covers
from tests.house import StandingHouse, StartHouse
from tests.services.identity.people import (
    PASSWORD,
    Browser,
    Forms,
    audited_acts,
    browser,
    identity,
    staff_member,
)

BACK = Back(
    path="/admin/users/7?tab=roles",
    method="POST",
    fields=(("role", "teacher"), ("reason", 'she said "yes" & more'), ("csrf_token", "old")),
)


async def principal_of(house: StandingHouse, member: Browser) -> Principal:
    from suuupra.kernel.auth import ResolveCookie

    secret = member.client.cookies["suuupra"]
    return (await identity(house).sessions.resolve_cookie(ResolveCookie(secret=secret))).principal


async def required(house: StandingHouse, who: Principal, command: RequireStepUp) -> StepUpRequired:
    with house.as_(who), pytest.raises(StepUpRequired) as refusal:
        await house.port(StepUps).require(command)
    return refusal.value


@covers("ID-7")
async def test_a_fresh_sign_in_is_proof_enough_and_an_old_one_is_not(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    meera = browser(still_house)
    await meera.join()
    who, act = await principal_of(still_house, meera), RequireStepUp(action="identity.role", object="7")
    with still_house.as_(who):
        assert (await still_house.port(StepUps).require(act)).by == "session"
    clock.advance(301)
    problem = await required(still_house, who, act)
    assert problem.status == 401
    assert problem.members["href"].startswith("/challenge?token=")
    assert (problem.members["level"], problem.members["max_age_s"]) == (1, 300)


@covers("ID-7")
async def test_after_the_password_the_stopped_form_stands_there_filled_in(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    meera = browser(still_house)
    account_id = await meera.join()
    who = await principal_of(still_house, meera)
    clock.advance(301)
    act = RequireStepUp(action="identity.role", object="7", back=BACK)
    problem = await required(still_house, who, act)
    page = await meera.get(problem.members["href"])
    assert "Enter your password once more" in page.text
    wrong = await meera.submit(problem.members["href"], "/challenge", proof="not this one")
    assert wrong.status_code == 401
    passed = await meera.submit(problem.members["href"], "/challenge", proof=PASSWORD)
    fields = Forms(passed.text).to("/admin/users/7")
    assert fields["role"] == "teacher"
    assert fields["reason"] == 'she said "yes" & more'
    assert fields["csrf_token"] == await meera.token()
    with still_house.as_(await principal_of(still_house, meera)):
        assert (await still_house.port(StepUps).require(act)).by == "session"
    acts = [act["action"] for act in await audited_acts(still_house, account_id)]
    assert "identity.step_up.proved" in acts


@covers("ID-7")
async def test_an_act_with_an_amount_needs_a_proof_of_its_own_and_uses_it_up(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    meera = browser(still_house)
    await meera.join()
    who = await principal_of(still_house, meera)
    pay = RequireStepUp(action="payments.payout", object="bank-1", amount_minor=250_000)
    problem = await required(still_house, who, pay)
    port = still_house.port(StepUps)
    with still_house.as_(who):
        await port.redeem(RedeemStepUp(challenge=problem.members["challenge"], proof=PASSWORD))
        with pytest.raises(LinkSpent):
            await port.redeem(RedeemStepUp(challenge=problem.members["challenge"], proof=PASSWORD))
        more = pay.model_copy(update={"amount_minor": 250_001})
        with pytest.raises(StepUpRequired):
            await port.require(more)
        assert (await port.require(pay)).by == "grant"
        with pytest.raises(StepUpRequired):
            await port.require(pay)


@covers("ID-7", "ID-26")
async def test_a_challenge_serves_its_own_person_alone(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    meera, arjun = browser(still_house), browser(still_house)
    await meera.join()
    await arjun.join()
    who, other = await principal_of(still_house, meera), await principal_of(still_house, arjun)
    clock.advance(301)
    problem = await required(still_house, who, RequireStepUp(action="identity.role"))
    redeem = RedeemStepUp(challenge=problem.members["challenge"], proof=PASSWORD)
    with still_house.as_(other), pytest.raises(LinkSpent):
        await still_house.port(StepUps).redeem(redeem)
    assert (await arjun.get(problem.members["href"])).headers["location"] == "/sign-in"
    stranger = await browser(still_house).get(problem.members["href"])
    assert stranger.headers["location"].startswith("/sign-in?next=")
    clock.advance(15 * 60)
    with still_house.as_(who), pytest.raises(LinkSpent):
        await still_house.port(StepUps).redeem(redeem)


@covers("ID-7", "ID-8")
async def test_guessing_at_a_step_up_is_slowed(still_house: StandingHouse, clock: FrozenClock) -> None:
    meera = browser(still_house)
    await meera.join()
    who = await principal_of(still_house, meera)
    clock.advance(301)
    problem = await required(still_house, who, RequireStepUp(action="identity.role"))
    redeem = RedeemStepUp(challenge=problem.members["challenge"], proof="wrong")
    for _ in range(5):
        with still_house.as_(who), pytest.raises(InvalidCredentials):
            await still_house.port(StepUps).redeem(redeem)
    refused = await meera.submit(problem.members["href"], "/challenge", proof=PASSWORD)
    assert refused.status_code == 429


@covers("ID-7")
async def test_the_house_itself_is_never_asked(house: StandingHouse) -> None:
    with house.as_(service_principal("content")):
        assert (
            await house.port(StepUps).require(RequireStepUp(action="content.course.take"))
        ).by == "service"


@covers("ID-7", "ID-13")
async def test_strict_staff_without_a_factor_cannot_act_at_all(start_house: StartHouse) -> None:
    async with start_house("identity", identity_staff_second_factor="required") as house:
        admin, _ = await staff_member(house, "admin")
        with house.as_(await principal_of(house, admin)), pytest.raises(SecondFactorMissing):
            await house.port(StepUps).require(RequireStepUp(action="identity.role"))


@covers("ID-7")
async def test_own_security_settings_ask_again_after_five_minutes(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    meera = browser(still_house)
    await meera.join()
    clock.advance(301)
    forms: dict[str, dict[str, str]] = {
        "address": {"address": "new@example.org"},
        "password": {},
        "factor": {},
    }
    asked = [
        await meera.submit("/settings/security", f"/settings/security/{action}", **typed)
        for action, typed in forms.items()
    ]
    assert all(answer.headers["location"].startswith("/challenge?token=") for answer in asked)
    rest = await meera.call("PUT", "/api/v1/me/email", json={"address": "new@example.org"})
    assert (rest.status_code, rest.json()["type"]) == (401, "/problems/identity/step-up-required")
    challenge = asked[-1].headers["location"]
    passed = await meera.submit(challenge, "/challenge", proof=PASSWORD)
    assert passed.headers["location"] == "/settings/security"
    assert (await meera.call("PUT", "/api/v1/me/email", json={"address": "n@example.org"})).status_code == 202


@covers("ID-7")
@pytest.mark.parametrize("path", ["//evil.example", "/\\evil", "https://evil", "relative", "/a\nb"])
def test_a_way_back_to_another_site_cannot_be_stated(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        Back(path=path)
