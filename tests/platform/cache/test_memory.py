"""The cache of a process: may forget, never wrong, one maker for all who wait."""

import asyncio
from collections import OrderedDict
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from suuupra.kernel.clock import FrozenClock
from suuupra.platform.cache import ProcessCache
from suuupra.platform.cache.memory import ENTRY_BYTES
from tests.covers import covers

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROOM = 5 * (ENTRY_BYTES + 20)


class AgainstAPlainDict(RuleBasedStateMachine):
    """Whatever it answers is the last value that was set, is not too old, and fits the room."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrozenClock(NOON)
        self.cache = ProcessCache(ROOM, self.clock)
        self.known: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    @rule(key=st.sampled_from("abcdefgh"), value=st.binary(max_size=40), ttl_s=st.integers(1, 50))
    def set(self, key: str, value: bytes, ttl_s: int) -> None:
        asyncio.run(self.cache.set(key, value, ttl_s))
        self.known[key] = (self.clock.monotonic() + ttl_s, value)

    @rule(key=st.sampled_from("abcdefgh"))
    def delete(self, key: str) -> None:
        asyncio.run(self.cache.delete(key))
        self.known.pop(key, None)

    @rule(seconds=st.integers(0, 30))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(key=st.sampled_from("abcdefgh"))
    def get(self, key: str) -> None:
        found = asyncio.run(self.cache.get(key))
        until_s, value = self.known.get(key, (0.0, b""))
        assert found is None or (found == value and until_s > self.clock.monotonic())

    @invariant()
    def fits(self) -> None:
        kept = self.cache._values.items()
        assert self.cache._size_bytes == sum(len(k) + len(v) + ENTRY_BYTES for k, (_, v) in kept) <= ROOM


TestAgainstAPlainDict = covers("PLT-8")(AgainstAPlainDict.TestCase)


@covers("PLT-8")
async def test_what_was_used_last_stays() -> None:
    cache = ProcessCache(3 * (ENTRY_BYTES + 2))
    for key in "abc":
        await cache.set(key, b"1", 60)
    await cache.get("a")
    await cache.set("d", b"1", 60)
    assert [key for key in "abcd" if await cache.get(key)] == ["a", "c", "d"]


class Maker:
    """Makes a value when it is told to, and counts how often it was asked."""

    def __init__(self, value: bytes = b"made", error: Exception | None = None) -> None:
        self.go, self.asked, self.value, self.error = asyncio.Event(), 0, value, error

    async def __call__(self) -> bytes:
        self.asked += 1
        await self.go.wait()
        if self.error:
            raise self.error
        return self.value


@covers("PLT-8")
@given(st.integers(1, 40))
async def test_however_many_ask_one_makes(many: int) -> None:
    cache, maker = ProcessCache(), Maker()
    waiting = [asyncio.create_task(cache.fill("key", 60, maker)) for _ in range(many)]
    await asyncio.sleep(0)
    maker.go.set()
    assert await asyncio.gather(*waiting) == [b"made"] * many
    assert await cache.fill("key", 60, maker) == b"made"
    assert maker.asked == 1


@covers("PLT-8")
async def test_a_failure_reaches_all_who_wait_and_is_not_kept() -> None:
    cache, maker = ProcessCache(), Maker(error=KeyError("no"))
    waiting = [asyncio.create_task(cache.fill("key", 60, maker)) for _ in range(3)]
    maker.go.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [KeyError] * 3
    maker.error = None
    assert await cache.fill("key", 60, maker) == b"made"


@covers("PLT-8")
async def test_the_first_may_leave_without_harm_to_the_others() -> None:
    cache, maker = ProcessCache(), Maker()
    first, second = (asyncio.create_task(cache.fill("key", 60, maker)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    maker.go.set()
    assert await second == b"made"
    assert maker.asked == 1


@covers("PLT-8")
async def test_when_all_have_left_nothing_is_made() -> None:
    cache, maker = ProcessCache(), Maker()
    only = asyncio.create_task(cache.fill("key", 60, maker))
    await asyncio.sleep(0.01)
    only.cancel()
    with pytest.raises(asyncio.CancelledError):
        await only
    await asyncio.sleep(0.01)
    maker.go.set()
    assert await cache.get("key") is None
    assert await cache.fill("key", 60, maker) == b"made"
    assert maker.asked == 2


@covers("PLT-8")
@pytest.mark.parametrize("act", ["delete", "set"])
async def test_what_changed_while_it_was_made_is_not_overwritten(act: str) -> None:
    cache, maker = ProcessCache(), Maker(b"old")
    waiting = asyncio.create_task(cache.fill("key", 60, maker))
    await asyncio.sleep(0.01)
    if act == "delete":
        await cache.delete("key")
    else:
        await cache.set("key", b"new", 60)
    maker.go.set()
    assert await waiting == b"old"
    assert await cache.get("key") == (None if act == "delete" else b"new")
