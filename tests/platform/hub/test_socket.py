"""One socket a page: tickets, states and logs, slow readers, sign-out, drain."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from websockets.exceptions import InvalidStatus

from suuupra.kernel.clock import FrozenClock
from suuupra.platform.hub import HubServer
from suuupra.platform.hub.socket import TOPICS_MAX
from suuupra.platform.hub.topics import QUEUE_MAX, RING_MAX
from tests.covers import covers
from tests.platform.hub.conftest import MIRA, RAVI, Page, heard, rest, subscribe, until


@covers("PLT-5")
async def test_a_page_hears_its_topics_and_no_others(hub: HubServer, page: Page) -> None:
    async with page() as tab:
        await subscribe(tab, hub.ticket("feed", None), "feed")
        await until(lambda: hub._topics._by_topic)
        await hub.announce("other", {"n": 0})
        await hub.announce("feed", {"unread": 1})
        first = await heard(tab)
        assert (first["topic"], first["message"]) == ("feed", {"unread": 1})
        await tab.send(json.dumps({"unsubscribe": "feed"}))
        await until(lambda: not hub._topics._by_topic)


@covers("PLT-5")
async def test_a_state_is_told_on_arrival_a_log_from_now_on(hub: HubServer, page: Page) -> None:
    for number in range(3):
        await hub.announce("state", {"n": number})
        await hub.announce("log", {"n": number}, kind="log")
    async with page() as tab:
        await subscribe(tab, hub.ticket("state", None), "state")
        assert (await heard(tab))["message"] == {"n": 2}
        await subscribe(tab, hub.ticket("log", None), "log")
        await until(lambda: "log" in hub._topics._by_topic)
        await hub.announce("log", {"n": 3}, kind="log")
        assert (await heard(tab))["message"] == {"n": 3}


@covers("PLT-5")
async def test_a_log_is_resumed_by_id(hub: HubServer, page: Page) -> None:
    ticket = hub.ticket("log", None)
    async with page() as tab:
        await subscribe(tab, ticket, "log")
        await until(lambda: hub._topics._by_topic)
        await hub.announce("log", {"n": 0}, kind="log")
        last = (await heard(tab))["id"]
    for number in range(1, 6):
        await hub.announce("log", {"n": number}, kind="log")
    async with page() as tab:
        await subscribe(tab, ticket, "log", last)
        assert [(await heard(tab))["message"]["n"] for _ in range(5)] == [1, 2, 3, 4, 5]


@covers("PLT-5")
async def test_what_the_ring_lost_is_refetched(hub: HubServer, page: Page) -> None:
    await hub.announce("log", {"n": 0}, kind="log")
    first = hub._last_id
    for number in range(RING_MAX + 1):
        await hub.announce("log", {"n": number}, kind="log")
    for after in (first, 17):
        async with page() as tab:
            await subscribe(tab, hub.ticket("log", None), "log", after)
            assert await rest(tab) == []
            assert tab.close_code == 4408


@covers("PLT-5")
async def test_an_id_from_before_the_restart_is_refetched(hub: HubServer, page: Page) -> None:
    async with page() as tab:
        await subscribe(tab, hub.ticket("log", None), "log", hub._last_id - 5000)
        await tab.wait_closed()
        assert tab.close_code == 4408


@covers("PLT-5", "PLT-9")
@pytest.mark.parametrize(
    ("topic", "session", "reason"),
    [
        ("feed", MIRA, None),
        ("other", MIRA, "for another topic"),
        ("feed", RAVI, "for another session"),
        ("feed", None, "for another session"),
    ],
)
async def test_a_ticket_is_for_one_topic_and_one_session(
    hub: HubServer, page: Page, topic: str, session: UUID | None, reason: str | None
) -> None:
    await hub.announce("feed", {"n": 1})
    async with page(session) as tab:
        await subscribe(tab, hub.ticket("feed", MIRA), topic)
        answer = await heard(tab)
        assert answer.get("reason") == reason
        assert answer.get("refused") == (topic if reason else None)


@covers("PLT-5", "PLT-9")
async def test_old_and_forged_tickets_are_refused(hub: HubServer, page: Page, clock: FrozenClock) -> None:
    good = hub.ticket("feed", None, ttl_s=60)
    async with page() as tab:
        for forged in ("", "AAAA", good[:-2] + ("AA" if good[-2:] != "AA" else "BB"), "ä"):
            await subscribe(tab, forged, "feed")
            assert (await heard(tab))["reason"] == "altered"
        clock.advance(60)
        await subscribe(tab, good, "feed")
        assert (await heard(tab))["reason"] == "expired"
    for wrong in (0, -1, 90_000):
        with pytest.raises(ValueError, match="lives for"):
            hub.ticket("feed", None, wrong)


@covers("PLT-5")
@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ("{", 1003),
        ("[]", 1003),
        ("7", 1003),
        ('{"subscribe": "x"}', 1003),
        ('{"x":"' + "x" * 9000 + '"}', 1009),
    ],
)
async def test_a_page_that_makes_no_sense_is_closed(page: Page, wish: str, code: int) -> None:
    async with page() as tab:
        await tab.send(wish)
        await tab.wait_closed()
        assert tab.close_code == code


@covers("PLT-5")
async def test_one_topic_too_many(hub: HubServer, page: Page) -> None:
    async with page() as tab:
        for number in range(TOPICS_MAX + 1):
            await subscribe(tab, hub.ticket(f"t{number}", None), f"t{number}")
        assert (await heard(tab))["reason"] == "one topic too many"


@covers("PLT-5", "PLT-9")
async def test_a_foreign_page_gets_no_socket(page: Page, address: str) -> None:
    with pytest.raises(InvalidStatus):
        async with page(origin="https://evil.example"):
            pass
    async with page(origin=address):
        pass


@pytest.fixture
async def slow_and_quick(hub: HubServer, page: Page, address: str) -> AsyncIterator[tuple[Any, Any]]:
    """Two pages on a state and a log; the first has little room and reads only when it is asked."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", int(address.rpartition(":")[2])))
    async with page(max_queue=1, sock=narrow) as slow, page() as quick:
        for one in (slow, quick):
            await subscribe(one, hub.ticket("state", None), "state")
            await subscribe(one, hub.ticket("log", None), "log")
        await until(lambda: len(hub._topics._by_topic.get("log", ())) == 2)
        yield slow, quick


FILLER = "x" * 30_000


@covers("PLT-5")
async def test_a_slow_page_gets_the_last_state(hub: HubServer, slow_and_quick: tuple[Any, Any]) -> None:
    slow, quick = slow_and_quick
    for number in range(400):
        await hub.announce("state", {"n": number, "filler": FILLER})
        assert (await heard(quick))["message"]["n"] == number
    received = [(await heard(slow))["message"]["n"]]
    while received[-1] != 399:
        received.append((await heard(slow))["message"]["n"])
    assert received == sorted(set(received))
    assert len(received) < 390


@covers("PLT-5")
async def test_a_page_too_slow_for_its_log_is_closed(hub: HubServer, slow_and_quick: tuple[Any, Any]) -> None:
    slow, quick = slow_and_quick
    for number in range(QUEUE_MAX + 400):
        await hub.announce("log", {"n": number, "filler": FILLER}, kind="log")
        assert (await heard(quick))["message"]["n"] == number
    received = await rest(slow)
    assert len(received) < QUEUE_MAX + 400
    assert slow.close_code == 4408


@covers("PLT-5", "PLT-9")
async def test_signing_out_closes_every_page_of_the_session_at_once(hub: HubServer, page: Page) -> None:
    async with page(MIRA) as first, page(MIRA) as second, page(RAVI) as other:
        await until(lambda: len(hub._topics.listeners) == 3)
        started = time.monotonic()
        await hub.revoke(MIRA)
        for tab in (first, second):
            await tab.wait_closed()
            assert tab.close_code == 4401
        assert time.monotonic() - started < 1
        await subscribe(other, hub.ticket("feed", RAVI), "feed")
        await until(lambda: hub._topics._by_topic)
        async with page(MIRA) as late:
            await late.wait_closed()
            assert late.close_code == 4401
    assert hub.is_revoked(MIRA)
    assert not hub.is_revoked(RAVI)


@covers("PLT-5")
async def test_a_planned_stop_says_when_to_come_back(hub: HubServer, page: Page) -> None:
    async with page() as tab:
        await until(lambda: hub._topics.listeners)
        drained = asyncio.create_task(hub.drain())
        assert 1 <= (await heard(tab))["back_in_s"] <= 5
        await tab.wait_closed()
        assert tab.close_code == 1012
        await asyncio.wait_for(drained, 1)
    await until(lambda: not hub._topics.listeners)


@covers("PLT-5")
async def test_a_page_that_leaves_is_forgotten(hub: HubServer, page: Page) -> None:
    async with page() as tab:
        await subscribe(tab, hub.ticket("feed", None), "feed")
        await until(lambda: hub._topics._by_topic)
    await until(lambda: not hub._topics.listeners and not hub._topics._by_topic)
