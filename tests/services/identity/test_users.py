"""Accounts as staff see them: found, suspended, restored; names and faces for every page."""

from uuid import UUID

import pytest

from suuupra.kernel.auth import ANONYMOUS, Principal, service_principal
from suuupra.kernel.problems import Forbidden, Invalid, Unauthenticated
from suuupra.services.identity.api import (
    CardQuery,
    Directory,
    GetUser,
    HolderQuery,
    Invite,
    LastOwner,
    NotBelowYou,
    ResetFactors,
    RestoreUser,
    SuspendUser,
    UserNotFound,
    UserQuery,
    Users,
)
from suuupra.services.identity.module import MANIFEST
from tests.covers import covers
from tests.house import StandingHouse, StartHouse
from tests.services.identity.people import Browser, audited_acts, browser, events, rows, staff_member

NOBODY = UUID(int=404)
SOMEBODY = UUID(int=1)
ADMIN = frozenset(MANIFEST.role_permissions["admin"])


def administrator(subject: UUID = SOMEBODY) -> Principal:
    return Principal(subject=subject, kind="person", roles=frozenset({"admin"}), permissions=ADMIN)


@covers("ID-13")
async def test_staff_find_people_by_words_of_their_name_or_the_whole_address(
    house: StandingHouse, meera: Browser
) -> None:
    account_id = await meera.join(name="Kaveri Ramaswamy Iyengar")
    users = house.port(Users)
    with house.as_(administrator()):
        for text in ("kaveri", "rama kav", "Iyengar", meera.address.upper()):
            found = await users.page(UserQuery(text=text))
            assert [user.id for user in found.items] == [account_id], text
        for text in ("averi", "nobody@example.org", meera.address[1:], "no@", "' & | !"):
            found = await users.page(UserQuery(text=text, role="owner"))
            assert found.items == (), text
        (shown,) = (await users.page(UserQuery(text="kaveri", status="active"))).items
    assert (shown.address_hint, shown.address) == ("m•••@example.org", "")
    assert (shown.is_verified, shown.has_second_factor, shown.roles) == (True, False, frozenset({"student"}))


@covers("ID-13")
async def test_the_list_comes_in_pages_newest_first(start_house: StartHouse) -> None:
    async with start_house("identity") as house:
        made = [await browser(house).join() for _ in range(5)]
        users, seen, cursor = house.port(Users), [], None
        with house.as_(administrator()):
            while True:
                page = await users.page(UserQuery(limit=2, cursor=cursor))
                seen += [user.id for user in page.items]
                if (cursor := page.next) is None:
                    break
        assert seen == made[::-1]


@covers("ID-26")
async def test_an_address_is_shown_to_its_person_and_to_holders_of_the_right(
    house: StandingHouse, meera: Browser
) -> None:
    account_id = await meera.join()
    users, ask = house.port(Users), GetUser(user_id=account_id)
    moderator = Principal(subject=UUID(int=2), kind="person", permissions=frozenset({"identity.user.read"}))
    own = Principal(subject=account_id, kind="person")
    for who, shown in ((administrator(), meera.address), (moderator, ""), (own, meera.address)):
        with house.as_(who):
            assert (await users.get(ask)).address == shown
    for stranger, problem in (
        (Principal(subject=UUID(int=3), kind="person"), Forbidden),
        (ANONYMOUS, Unauthenticated),
    ):
        with house.as_(stranger), pytest.raises(problem):
            await users.get(ask)
    with house.as_(administrator()), pytest.raises(UserNotFound):
        await users.get(GetUser(user_id=NOBODY))


@covers("ID-10", "ID-25")
async def test_a_suspended_person_is_out_at_once_and_back_when_restored(
    house: StandingHouse, meera: Browser
) -> None:
    account_id = await meera.join()
    users = house.port(Users)
    with house.as_(administrator()):
        suspended = await users.suspend(SuspendUser(user_id=account_id, reason="sold links in comments"))
    assert (suspended.status, suspended.suspended_reason) == ("suspended", "sold links in comments")
    assert not await meera.is_signed_in()
    refused = await browser(house, meera.address).sign_in()
    assert refused.status_code == 403
    assert "suspended" in refused.text
    assert (await browser(house, meera.address).sign_in("wrong guess of mine")).status_code == 401
    with house.as_(administrator()):
        again = await users.suspend(SuspendUser(user_id=account_id, reason="once more"))
        assert again.suspended_reason == "sold links in comments"
        await users.restore(RestoreUser(user_id=account_id, reason="appeal upheld"))
    assert (await browser(house, meera.address).sign_in()).status_code == 303
    assert len(await events(house, "identity.user_suspended.v1", account_id)) == 1
    assert len(await events(house, "identity.user_restored.v1", account_id)) == 1
    acts = {act["action"]: act for act in await audited_acts(house, account_id)}
    assert acts["identity.account.suspended"]["reason"] == "sold links in comments"
    assert acts["identity.account.suspended"]["actor"] == str(UUID(int=1))


@covers("ID-13", "ID-26")
async def test_nobody_acts_on_peers_superiors_or_themselves(house: StandingHouse) -> None:
    _, peer = await staff_member(house, "admin")
    _, owner = await staff_member(house, "owner")
    users = house.port(Users)
    with house.as_(administrator(peer)):
        for command in (
            SuspendUser(user_id=owner, reason="why not"),
            SuspendUser(user_id=NOBODY, reason="gone"),
        ):
            with pytest.raises((NotBelowYou, UserNotFound)):
                await users.suspend(command)
        with pytest.raises(Forbidden):
            await users.suspend(SuspendUser(user_id=peer, reason="tired of it"))
    with house.as_(administrator()), pytest.raises(NotBelowYou):
        await users.reset_factors(ResetFactors(user_id=peer, reason="lost phone"))
    with house.as_(Principal(subject=UUID(int=9), kind="person")), pytest.raises(Forbidden):
        await users.suspend(SuspendUser(user_id=peer, reason="just because"))


@covers("ID-13")
async def test_the_last_owner_cannot_be_suspended(start_house: StartHouse) -> None:
    async with start_house("identity") as house:
        _, owner = await staff_member(house, "owner")
        with house.as_(service_principal("test")), pytest.raises(LastOwner):
            await house.port(Users).suspend(SuspendUser(user_id=owner, reason="by mistake"))


@covers("ID-5", "ID-25")
async def test_a_lost_second_factor_is_removed_by_staff_and_its_person_told(
    house: StandingHouse, meera: Browser
) -> None:
    account_id = await meera.join()
    insert = (
        "INSERT INTO identity.totp (account_id, sealed, created_at, last_step, confirmed_at) "
        "VALUES ($1, 'x', now(), 0, now())"
    )
    await rows(house, insert, account_id)
    assert (await browser(house, meera.address).sign_in()).headers["location"].startswith("/challenge")
    with house.as_(administrator()):
        user = await house.port(Users).reset_factors(ResetFactors(user_id=account_id, reason="lost phone"))
    assert not user.has_second_factor
    assert not await meera.is_signed_in()
    assert (await browser(house, meera.address).sign_in()).headers["location"] == "/"
    assert (await events(house, "identity.factor_changed.v1", account_id))[-1]["change"] == "reset"
    subjects = [mail.subject for mail in await house.mails(to=meera.address)]
    assert "Staff reset the second factor of your account" in subjects


@covers("ID-12")
async def test_cards_come_in_order_without_those_who_are_gone(house: StandingHouse, meera: Browser) -> None:
    arjun = browser(house)
    first, second = await meera.join(), await arjun.join(name="Arjun")
    asked = CardQuery(ids=(second, NOBODY, first, second))
    cards = (await house.port(Directory).cards(asked)).cards
    assert [(card.id, card.initials) for card in cards] == [(second, "A"), (first, "MN")]
    with pytest.raises(ValueError, match="ids"):
        CardQuery(ids=tuple(UUID(int=number) for number in range(201)))


@covers("ID-13")
async def test_holders_of_a_permission_are_found_by_their_roles(start_house: StartHouse) -> None:
    async with start_house("identity") as house:
        _, admin = await staff_member(house, "admin")
        _, owner = await staff_member(house, "owner")
        _, gone = await staff_member(house, "admin")
        await browser(house).join()
        directory = house.port(Directory)
        with house.as_(service_principal("content")):
            await house.port(Users).suspend(SuspendUser(user_id=gone, reason="left the school"))
            page = await directory.holders(HolderQuery(permission="identity.role.grant"))
            assert set(page.items) == {admin, owner}
            none = await directory.holders(HolderQuery(permission="no.such.right"))
            assert none.items == ()
            first = await directory.holders(HolderQuery(permission="identity.role.grant", limit=1))
            query = HolderQuery(permission="identity.role.grant", limit=1, cursor=first.next)
            rest = await directory.holders(query)
            assert first.items + rest.items == tuple(sorted((admin, owner)))
            other = HolderQuery(permission="identity.user.read", cursor=first.next)
            with pytest.raises(Invalid):
                await directory.holders(other)


@covers("ID-26")
async def test_only_somebody_signed_in_invites(house: StandingHouse) -> None:
    with house.as_(ANONYMOUS), pytest.raises(Unauthenticated):
        await house.port(Users).invite(Invite(address="guest@example.org"))
    with house.as_(Principal(subject=UUID(int=5), kind="person")), pytest.raises(Invalid):
        await house.port(Users).invite(Invite(address="no address"))
