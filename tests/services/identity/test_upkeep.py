"""What the house does by itself: figures, old rows away, contacts told, words registered."""

from datetime import timedelta
from uuid import UUID

from suuupra.kernel.auth import ANONYMOUS
from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.messages import Query
from suuupra.kernel.oversight import SeriesQuery
from suuupra.services.identity.service.errands import Purge, TellContact
from suuupra.services.identity.service.mail import HAPPENINGS, templates
from suuupra.services.identity.service.upkeep import SIGN_UPS
from tests.covers import covers
from tests.house import StandingHouse
from tests.services.identity.people import Browser, browser, identity, rows


@covers("ID-27", "ID-20")
async def test_sign_ups_are_counted_by_day_with_zeros_between(
    still_house: StandingHouse, clock: FrozenClock
) -> None:
    await browser(still_house).join()
    await browser(still_house).sign_up()
    clock.advance(2 * 86_400)
    await browser(still_house).join()
    upkeep = identity(still_house).upkeep
    (name,) = (await upkeep.names(Query())).figures
    series = await upkeep.series(SeriesQuery(name=name.name, days=4))
    assert [point.value for point in series.points] == [0, 2, 0, 1]
    assert series.now == 3
    assert all(point.at.hour == 0 for point in series.points)
    assert (await upkeep.series(SeriesQuery(name="identity.unknown"))).points == ()
    assert name.name == SIGN_UPS


@covers("ID-8")
async def test_old_rows_go_and_young_ones_stay(still_house: StandingHouse, clock: FrozenClock) -> None:
    meera, upkeep = browser(still_house), identity(still_house).upkeep
    await meera.join()
    await browser(still_house, meera.address).sign_in("a wrong guess of mine")

    async def counts() -> list[int]:
        tables = ("challenge", "attempt", "session", "security_log", "account")
        return [len(await rows(still_house, f"SELECT 1 FROM identity.{table}")) for table in tables]

    await upkeep.purge(Purge())
    assert await counts() == [1, 2, 1, 2, 1]
    for days, left in (
        (3, [0, 2, 1, 2, 1]),
        (30, [0, 0, 1, 2, 1]),
        (91, [0, 0, 0, 2, 1]),
        (366, [0, 0, 0, 0, 1]),
    ):
        clock.advance(timedelta(days=days).total_seconds())
        await upkeep.purge(Purge())
        assert await counts() == left


@covers("ID-12")
async def test_notifications_learn_an_address_only_once_it_is_confirmed(
    house: StandingHouse, meera: Browser
) -> None:
    await meera.sign_up()
    query = "SELECT account_id FROM identity.email ORDER BY id DESC LIMIT 1"
    (row,) = await rows(house, query)
    addresses = "SELECT 1 FROM notifications.address WHERE recipient_id = $1"
    assert await rows(house, addresses, row["account_id"]) == []
    again = browser(house)
    account_id = await again.join()
    assert len(await rows(house, addresses, account_id)) == 1
    contact = "SELECT locale, time_zone FROM notifications.contact WHERE recipient_id = $1"
    await again.submit(
        "/settings/profile", "/settings/profile", locale="hi", time_zone="Europe/Berlin", bio="", headline=""
    )
    await house.run_until_idle()
    assert tuple((await rows(house, contact, account_id))[0]) == ("hi", "Europe/Berlin")
    with house.as_(ANONYMOUS):
        await identity(house).mail.tell_contact(TellContact(account_id=UUID(int=404)))


@covers("ID-13")
async def test_roles_and_rights_stand_in_the_tables_after_a_start(house: StandingHouse) -> None:
    (owner,) = await rows(house, "SELECT count(*) AS n FROM identity.role_permission WHERE role = 'owner'")
    assert owner["n"] == len(house.premises.shared.permissions)
    await identity(house).upkeep.start()
    (again,) = await rows(house, "SELECT count(*) AS n FROM identity.role_permission WHERE role = 'owner'")
    assert again["n"] == owner["n"]


@covers("ID-1")
def test_every_mail_has_words_and_says_its_site() -> None:
    known = {template.key: template for template in templates()}
    assert len(known) == 7
    for template in known.values():
        assert template.category == "security"
        assert template.subject
        assert template.text.endswith("\n")
        assert "{{ site }}" in template.subject or "{{ title }}" in template.subject
    assert all(title[0].isupper() and "!" not in title for title in HAPPENINGS.values())


@covers("ID-1")
async def test_a_person_who_signed_up_while_mail_was_away_gets_it_later(
    house: StandingHouse, meera: Browser
) -> None:
    await house.run_until_idle()  # what others of this house have left
    shown = await meera.submit(
        "/sign-up", "/sign-up", name="Meera", address=meera.address, password="quiet lanterns over Nila"
    )
    assert shown.status_code == 202
    assert await house.mails(to=meera.address) == []
    jobs = await rows(house, "SELECT 1 FROM kernel.job WHERE name = 'identity.send_mail' AND state = 'ready'")
    assert len(jobs) == 1
    await house.run_until_idle()
    (mail,) = await house.mails(to=meera.address)
    assert mail.subject == "Confirm your address at Suuupra"
