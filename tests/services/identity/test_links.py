"""Mailed links: looked at freely, spent by their button, once."""

import asyncio
import re

from suuupra.kernel.clock import FrozenClock
from tests.covers import covers
from tests.house import StandingHouse
from tests.services.identity.people import (
    PASSWORD,
    Browser,
    audited_acts,
    browser,
    events,
    mailed_token,
    rows,
)

OTHER = "another lantern over Kaveri"


async def ask(visitor: Browser, page: str) -> None:
    answer = await visitor.submit(page, page, address=visitor.address)
    assert answer.status_code == 202
    await visitor.house.run_until_idle()


@covers("ID-1", "ID-8")
async def test_a_scanner_that_opens_every_link_spends_none(house: StandingHouse, meera: Browser) -> None:
    await meera.sign_up()
    token = await mailed_token(house, meera.address)
    scanner = browser(house)
    for _ in range(3):
        assert (await scanner.get(f"/verify/{token}")).status_code == 200
        assert (await scanner.client.head(f"/verify/{token}")).status_code in {200, 405}
    assert (await meera.submit(f"/verify/{token}", f"/verify/{token}")).status_code == 303


@covers("ID-1")
async def test_a_spent_link_is_gone_and_offers_a_new_one(house: StandingHouse, meera: Browser) -> None:
    await meera.sign_up()
    token = await mailed_token(house, meera.address)
    await meera.submit(f"/verify/{token}", f"/verify/{token}")
    again = await meera.get(f"/verify/{token}")
    assert again.status_code == 410
    assert "Send a new link" in again.text
    other = browser(house)
    assert (await other.client.post(f"/verify/{token}", data={})).status_code == 410
    assert (await other.get("/verify/no-such-token")).status_code == 410


@covers("ID-1")
async def test_a_late_link_is_gone_and_the_new_one_works(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    arjun = browser(still_house)
    await arjun.sign_up()
    late = await mailed_token(still_house, arjun.address)
    clock.advance(24 * 3600 + 1)
    spent = await arjun.get(f"/verify/{late}")
    assert spent.status_code == 410
    await arjun.submit(f"/verify/{late}", "/sign-in/confirmation", address=arjun.address)
    await still_house.run_until_idle()
    fresh = await mailed_token(still_house, arjun.address)
    assert fresh != late
    shown = await arjun.get(f"/verify/{fresh}")
    assert shown.status_code == 200


@covers("ID-8")
async def test_another_browser_confirms_only_with_the_password(house: StandingHouse, meera: Browser) -> None:
    """A stranger may have signed up with her address: her click must not bless the stranger's password."""
    await meera.sign_up()
    token = await mailed_token(house, meera.address)
    phone = browser(house)
    bare = await phone.submit(f"/verify/{token}", f"/verify/{token}")
    assert bare.status_code == 401
    wrong = await phone.submit(f"/verify/{token}", f"/verify/{token}", password="not the one at all")
    assert wrong.status_code == 401
    right = await phone.submit(f"/verify/{token}", f"/verify/{token}", password=PASSWORD)
    assert right.status_code == 303
    assert await phone.is_signed_in()


@covers("ID-1")
async def test_twenty_buttons_at_once_spend_one_link_once(house: StandingHouse, meera: Browser) -> None:
    account_id = await meera.join()
    await ask(meera, "/reset")
    token = await mailed_token(house, meera.address)
    visitors = [browser(house) for _ in range(6)]
    answers = await asyncio.gather(
        *(
            one.client.post(f"/verify/{token}", data={"password": f"{OTHER} {n}"})
            for n, one in enumerate(visitors)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410, 410, 410]
    assert len(await events(house, "identity.factor_changed.v1", account_id)) == 1


@covers("ID-3")
async def test_a_link_lets_her_in_without_a_password(house: StandingHouse, meera: Browser) -> None:
    account_id = await meera.join()
    phone = browser(house, meera.address)
    answer = await phone.submit("/sign-in/link?next=/learn", "/sign-in/link", address=meera.address)
    assert answer.status_code == 202
    await house.run_until_idle()
    token = await mailed_token(house, meera.address)
    entered = await phone.submit(f"/verify/{token}", f"/verify/{token}")
    assert (entered.status_code, entered.headers["location"]) == (303, "/learn")
    assert await phone.who() == account_id
    methods = [event["method"] for event in await events(house, "identity.signed_in.v1", account_id)]
    assert methods[-1] == "magic_link"
    assert (await browser(house, meera.address).sign_in()).status_code == 303


@covers("ID-3", "ID-8")
async def test_asking_for_a_link_tells_nobody_whether_there_is_an_account(
    house: StandingHouse, meera: Browser
) -> None:
    await meera.join()
    nobody, texts = browser(house), set()
    for page in ("/sign-in/link", "/reset"):
        for visitor in (browser(house, meera.address), nobody):
            answer = await visitor.submit(page, page, address=visitor.address)
            texts.add((page, answer.status_code, re.sub(r"[\w-]{30,}", "", answer.text)))
    await house.run_until_idle()
    assert len(texts) == 2
    assert await house.mails(to=nobody.address) == []
    codes = [(await nobody.submit("/reset", "/reset", address=nobody.address)).status_code for _ in range(4)]
    assert codes == [202, 202, 429, 429]


@covers("ID-8")
async def test_a_mailed_link_takes_an_unconfirmed_account_from_whoever_made_it(
    house: StandingHouse, meera: Browser
) -> None:
    thief = browser(house, meera.address)
    await thief.sign_up(password=OTHER)
    await thief.sign_in(OTHER)
    assert await thief.is_signed_in()
    await ask(meera, "/sign-in/link")
    token = await mailed_token(house, meera.address)
    assert (await meera.submit(f"/verify/{token}", f"/verify/{token}")).status_code == 303
    assert not await thief.is_signed_in()
    assert (await browser(house, meera.address).sign_in(OTHER)).status_code == 401
    assert (await meera.get("/api/v1/me")).json()["is_verified"]


@covers("ID-1", "ID-25")
async def test_a_reset_gives_a_new_password_and_ends_every_session(
    house: StandingHouse, meera: Browser
) -> None:
    account_id = await meera.join()
    await ask(meera, "/reset")
    token, phone = await mailed_token(house, meera.address), browser(house, meera.address)
    weak = await phone.submit(f"/verify/{token}", f"/verify/{token}", password="password1")
    assert weak.status_code == 422
    entered = await phone.submit(f"/verify/{token}", f"/verify/{token}", password=OTHER)
    assert entered.status_code == 303
    assert await phone.is_signed_in()
    assert not await meera.is_signed_in()
    assert (await browser(house, meera.address).sign_in(PASSWORD)).status_code == 401
    assert (await browser(house, meera.address).sign_in(OTHER)).status_code == 303
    acts = [act["action"] for act in await audited_acts(house, account_id)]
    assert "identity.password.changed" in acts
    subjects = [mail.subject for mail in await house.mails(to=meera.address)]
    assert "Your password was reset" in subjects


@covers("ID-1")
async def test_the_table_of_links_holds_nothing_that_opens_a_door(
    house: StandingHouse, meera: Browser
) -> None:
    await meera.sign_up()
    token = await mailed_token(house, meera.address)
    jobs = await rows(house, "SELECT args::text AS text FROM kernel.job")
    kept = await rows(house, "SELECT encode(hash, 'escape') AS text FROM identity.challenge")
    assert not any(token in row["text"] for row in (*jobs, *kept))


@covers("ID-1")
async def test_a_new_address_is_confirmed_the_old_one_told_and_can_undo_it(
    house: StandingHouse, meera: Browser
) -> None:
    await meera.join()
    old, new = meera.address, f"new-{meera.address}"
    answer = await meera.submit("/settings/security", "/settings/security/address", address=new)
    assert answer.status_code == 303
    await house.run_until_idle()
    assert (await meera.get("/api/v1/me")).json()["address"] == old
    token = await mailed_token(house, new)
    await meera.submit(f"/verify/{token}", f"/verify/{token}")
    await house.run_until_idle()
    assert (await meera.get("/api/v1/me")).json()["address"] == new
    assert (await browser(house, old).sign_in()).status_code == 401
    undo = await mailed_token(house, old)
    owner = browser(house, old)
    undone = await owner.submit(f"/verify/{undo}", f"/verify/{undo}")
    assert undone.headers["location"] == "/reset"
    assert not await meera.is_signed_in()
    await ask(owner, "/reset")
    token = await mailed_token(house, old)
    assert (await owner.submit(f"/verify/{token}", f"/verify/{token}", password=OTHER)).status_code == 303
    assert (await owner.get("/api/v1/me")).json()["address"] == old


@covers("ID-8")
async def test_nobody_learns_by_an_address_change_whether_it_is_taken(
    house: StandingHouse, meera: Browser
) -> None:
    arjun = browser(house)
    await arjun.join()
    await meera.join()
    answer = await meera.submit("/settings/security", "/settings/security/address", address=arjun.address)
    assert answer.status_code == 303
    await house.run_until_idle()
    subjects = [mail.subject for mail in await house.mails(to=arjun.address)]
    assert "Confirm your new address at Suuupra" not in subjects


@covers("ID-1")
async def test_of_two_people_who_claim_one_new_address_the_first_gets_it(
    house: StandingHouse, meera: Browser
) -> None:
    arjun, wanted = browser(house), f"shared-{meera.address}"
    tokens = []
    for member in (meera, arjun):
        await member.join()
        await member.submit("/settings/security", "/settings/security/address", address=wanted)
        await house.run_until_idle()
        tokens.append(await mailed_token(house, wanted))
    answers = await asyncio.gather(
        *(browser(house).client.post(f"/verify/{token}", data={}) for token in tokens)
    )
    assert sorted(answer.status_code for answer in answers) == [303, 410]
    kept = [(await member.get("/api/v1/me")).json()["address"] for member in (meera, arjun)]
    assert sorted(address == wanted for address in kept) == [False, True]


@covers("ID-8")
async def test_the_true_owner_of_a_stolen_address_has_a_way_to_the_account(
    house: StandingHouse, meera: Browser
) -> None:
    thief = browser(house, meera.address)
    await thief.sign_up()
    token = await mailed_token(house, meera.address)
    assert "Set a new password" in (await meera.get(f"/verify/{token}")).text
    await ask(meera, "/reset")
    token = await mailed_token(house, meera.address)
    assert (await meera.submit(f"/verify/{token}", f"/verify/{token}", password=OTHER)).status_code == 303
    assert (await meera.get("/api/v1/me")).json()["is_verified"]
    assert (await thief.sign_in()).status_code == 401
