"""A message is asked once, planned with its words, sent and rung."""

import asyncio
from uuid import UUID

import pytest

from suuupra.kernel.auth import Principal, service_principal
from suuupra.kernel.pagination import Page
from suuupra.services.notifications.api import (
    Contacts,
    DedupReused,
    Feed,
    FeedCountsQuery,
    FeedItem,
    FeedQuery,
    MarkFeed,
    MessageQuery,
    Messages,
    PutContact,
    RegisterTemplates,
    SendMessage,
    Template,
    Templates,
    TemplateUnknown,
    Variable,
    VariableWrong,
)
from tests.covers import covers
from tests.house import StandingHouse, StartHouse

ASHA = UUID(int=11)
WELCOME = Template(
    key="school.welcome",
    category="learning",
    subject="Welcome to {{ site }}, {{ person }}",
    text="Hello {{ person }},\n\n{{ link }}\n\nSee you soon.",
    feed_title="Welcome, {{ person }}",
    feed_link="/courses",
    collapse_key="welcome",
    variables=(Variable(name="person"), Variable(name="link", kind="link")),
)
URGENT = Template(
    key="school.code",
    category="security",
    lane=0,
    subject="Your code",
    text="It is {{ code }}.",
    variables=(Variable(name="code"),),
)


def person(subject: UUID = ASHA) -> Principal:
    return Principal(subject=subject, kind="person", session=UUID(int=99))


def welcome(key: str = "k1", **changes: object) -> SendMessage:
    command = SendMessage(
        template="school.welcome",
        asked_by="school",
        dedup_key=key,
        recipient_id=ASHA,
        variables={"person": "Asha", "link": "/courses"},
    )
    return command.model_copy(update=changes)


async def prepare(house: StandingHouse, *, contact: bool = True) -> None:
    await house.port(Templates).register(RegisterTemplates(owner="school", templates=(WELCOME, URGENT)))
    if contact:
        await house.port(Contacts).put(
            PutContact(recipient_id=ASHA, version=1, mail_addresses=("asha@example.org",))
        )


async def feed(house: StandingHouse) -> Page[FeedItem]:
    with house.as_(person()):
        return await house.port(Feed).page(FeedQuery())


@covers("NT-1", "NT-3", "NT-11", "NT-19")
async def test_a_message_reaches_spool_and_bell_with_its_words(start_house: StartHouse) -> None:
    async with start_house("notifications") as house:
        await prepare(house)
        await house.port(Messages).send(welcome())
        await house.run_until_idle()
        [mail] = await house.mails("asha@example.org")
        assert mail.subject == "Welcome to Suuupra, Asha"
        assert "http://127.0.0.1:8000/courses" in mail.text
        assert '<a class="button" href="http://127.0.0.1:8000/courses">' in mail.html
        [item] = (await feed(house)).items
        assert (item.title, item.link, item.is_read) == ("Welcome, Asha", "/courses", False)


@covers("NT-9")
async def test_sixty_four_senders_of_one_key_make_one_message(start_house: StartHouse) -> None:
    async with start_house("notifications") as house:
        await prepare(house)
        messages = house.port(Messages)
        refs = await asyncio.gather(*(messages.send(welcome()) for _ in range(64)))
        assert len({ref.id for ref in refs}) == 1
        await house.run_until_idle()
        assert len(await house.mails()) == 1


@covers("NT-9")
async def test_the_same_key_with_other_words_is_refused(start_house: StartHouse) -> None:
    async with start_house("notifications") as house:
        await prepare(house)
        await house.port(Messages).send(welcome())
        with pytest.raises(DedupReused):
            await house.port(Messages).send(welcome(variables={"person": "Bela", "link": "/"}))


@covers("NT-11")
async def test_a_wrong_variable_is_named_when_asked_and_not_at_night(start_house: StartHouse) -> None:
    async with start_house("notifications") as house:
        await prepare(house)
        wrong = {"person": 3, "link": "https://evil.example/x", "extra": "?"}
        with pytest.raises(VariableWrong) as caught:
            await house.port(Messages).send(welcome(variables=wrong))
        assert [error.pointer for error in caught.value.errors] == [
            "/variables/extra",
            "/variables/link",
            "/variables/person",
        ]
        with pytest.raises(TemplateUnknown):
            await house.port(Messages).send(welcome(template="school.nothing"))


@covers("NT-8", "NT-9")
async def test_a_message_waits_for_the_contact_of_its_recipient(start_house: StartHouse) -> None:
    async with start_house("notifications") as house:
        await prepare(house, contact=False)
        await house.port(Messages).send(welcome())
        await house.run_until_idle()
        assert await house.mails() == []
        await house.port(Contacts).put(
            PutContact(recipient_id=ASHA, version=1, mail_addresses=("a@example.org",))
        )
        await house.run_until_idle()
        assert [mail.to for mail in await house.mails()] == ["a@example.org"]


@covers("NT-8")
async def test_older_news_of_a_contact_is_ignored(start_house: StartHouse) -> None:
    async with start_house("notifications") as house:
        await prepare(house, contact=False)
        contacts = house.port(Contacts)
        await contacts.put(PutContact(recipient_id=ASHA, version=5, mail_addresses=("new@example.org",)))
        await contacts.put(PutContact(recipient_id=ASHA, version=4, mail_addresses=("old@example.org",)))
        await house.port(Messages).send(welcome())
        await house.run_until_idle()
        assert [mail.to for mail in await house.mails()] == ["new@example.org"]


@covers("NT-3", "NT-4")
async def test_the_bell_counts_collapses_and_is_read(start_house: StartHouse) -> None:
    async with start_house("notifications") as house:
        await prepare(house)
        for key in ("k1", "k2", "k3"):
            await house.port(Messages).send(welcome(key))
        bell = house.port(Feed)
        with house.as_(person()):
            assert (await bell.counts(FeedCountsQuery())).unread == 1
            [item] = (await bell.page(FeedQuery())).items
            assert item.seq == 3
            assert (await bell.mark(MarkFeed(up_to=3))).unread == 0
        with house.as_(person(UUID(int=12))):
            assert (await bell.page(FeedQuery())).items == ()


@covers("NT-16")
async def test_a_code_is_sent_by_workers_of_its_own(start_house: StartHouse) -> None:
    async with start_house("notifications") as house:
        await prepare(house)
        code = SendMessage(
            template="school.code",
            asked_by="school",
            dedup_key="c",
            address="x@example.org",
            variables={"code": "123"},
        )
        ref = await house.port(Messages).send(code)
        await house.run_until_idle()
        assert [mail.to for mail in await house.mails()] == ["x@example.org"]
        with house.as_(service_principal("admin")):
            story = await house.port(Messages).status(MessageQuery(id=ref.id))
        assert [step.state for step in story.steps] == ["queued", "sent"]
