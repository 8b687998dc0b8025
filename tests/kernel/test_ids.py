"""Identifiers rise, carry their time, and come back the same for the same act."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

from suuupra.kernel.ids import SeededIds, TimeIds, derived
from tests.covers import covers


@covers("PLT-6")
def test_ids_of_one_maker_rise_also_within_a_millisecond_and_over_threads() -> None:
    maker = TimeIds()
    found = [maker.new() for _ in range(20_000)]
    assert found == sorted(found)
    with ThreadPoolExecutor(4) as pool:
        many = list(pool.map(lambda _: maker.new(), range(4_000)))
    assert len(set(many)) == len(many)


@covers("PLT-6")
def test_an_id_is_version_7_and_starts_with_its_millisecond() -> None:
    before = time.time_ns() // 1_000_000
    made = TimeIds().new()
    assert made.version == 7
    assert made.variant == RFC_4122
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


@covers("PLT-6")
def test_the_counter_runs_over_into_the_next_millisecond() -> None:
    maker = TimeIds()
    maker.new()
    maker._counter, maker._last_ms = 0xFFF, maker._last_ms + 60_000
    before = maker._last_ms
    assert maker.new().int >> 80 == before + 1


@covers("PLT-6")
def test_seeded_ids_repeat_and_derived_ids_name_their_act() -> None:
    assert [SeededIds(3).new() for _ in range(2)] == [SeededIds(3).new() for _ in range(2)]
    first, second = SeededIds(3), SeededIds(4)
    assert first.new() != second.new()
    space = UUID(int=7)
    assert derived(space, "saga", 1) == derived(space, "saga", 1) != derived(space, "saga1")
