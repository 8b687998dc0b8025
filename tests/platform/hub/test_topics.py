"""Rings and queues alone: a page that resumes misses nothing, or is told so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.platform.hub import topics
from suuupra.platform.hub.topics import LOST, QUEUE_MAX, RING_MAX, Listener, Post, Topics
from tests.covers import covers


def line(number: int, topic: str = "log", kind: str = "log") -> Post:
    return Post.of(topic, number, kind, {"n": number})


def waiting(listener: Listener) -> list[int]:
    found = []
    while (post := listener.next()) is not None:
        found.append(post.id)
    return found


def resumed(kept: Topics, after: int) -> list[int] | None:
    """What a page gets that saw this id last, None where it must refetch."""
    listener = Listener(None, lambda: None)
    return waiting(listener) if kept.subscribe(listener, "log", after) else None


@covers("PLT-5")
@given(st.lists(st.integers(1, 400), max_size=300, unique=True), st.integers(1, 300))
def test_as_long_as_the_ring_holds_what_a_page_saw_it_gets_the_rest_in_order(
    ids: list[int], seen_count: int
) -> None:
    """Ids come in any order, as from several processes."""
    kept = Topics(floor=0)
    for number in ids:
        kept.post(line(number))
    if 0 < seen_count <= len(ids) and len(ids) - seen_count < RING_MAX:
        assert resumed(kept, ids[seen_count - 1]) == ids[seen_count:]


@covers("PLT-5")
@given(st.integers(0, 320), st.integers(0, 320), st.sets(st.integers(0, 320), max_size=2))
def test_a_page_gets_all_it_missed_or_is_told_to_refetch(
    posted: int, seen: int, missed_by_us: set[int]
) -> None:
    """Ids rise; at some moments this process may have missed something of another."""
    kept, number, sure_since = Topics(floor=0), 0, 0
    for moment in range(posted):
        number += 1
        if moment in missed_by_us:
            kept.forget(number)
            sure_since, number = number, number + 1
        kept.post(line(number))
    seen = min(seen, number)
    everything = [*range(seen + 1, number + 1)]
    got = resumed(kept, seen)
    assert got is None or [one for one in everything if one in got or one <= sure_since] == everything
    if seen >= sure_since and len(everything) <= RING_MAX:
        assert got is not None
    if seen < sure_since and posted:
        assert got is None


@covers("PLT-5")
@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), max_size=120))
def test_states_collapse_where_they_wait_and_lines_keep_their_order(acts: list[tuple[str, bool]]) -> None:
    kept, listener = Topics(floor=0), Listener(None, lambda: None)
    for topic in ("a", "b", "log"):
        kept.subscribe(listener, topic, None)
    for number, (topic, is_line) in enumerate(acts, start=1):
        kept.post(line(number) if is_line else line(number, topic, "state"))
    received = waiting(listener)
    lines = [number for number, (_, is_line) in enumerate(acts, start=1) if is_line]
    last = {topic: n for n, (topic, is_line) in enumerate(acts, start=1) if not is_line}
    assert [number for number in received if number in lines] == lines
    assert sorted(set(received) - set(lines)) == sorted(last.values())


@covers("PLT-5")
def test_the_queue_holds_256_lines_and_no_more() -> None:
    kept, listener = Topics(floor=0), Listener(None, lambda: None)
    kept.subscribe(listener, "log", None)
    for number in range(QUEUE_MAX):
        kept.post(line(number))
    assert listener.close_code == 0
    kept.post(line(1000))
    assert listener.close_code == LOST


@covers("PLT-5")
def test_the_ring_holds_200() -> None:
    kept = Topics(floor=0)
    for number in range(1, RING_MAX + 2):
        kept.post(line(number))
    assert kept.subscribe(Listener(None, lambda: None), "log", 1)
    kept.post(line(1000))
    assert not kept.subscribe(Listener(None, lambda: None), "log", 1)


@covers("PLT-5")
def test_memory_is_bounded_and_what_went_is_known_to_be_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "KEPT_MAX_BYTES", 1000)
    kept = Topics(floor=0)
    for number in range(1, 500):
        kept.post(line(number, f"topic {number}"))
    assert kept._size_bytes <= 1000
    assert kept._size_bytes == sum(topic.size_bytes for topic in kept._kept.values())
    assert not kept.subscribe(Listener(None, lambda: None), "topic 3", 2)
    assert kept.subscribe(Listener(None, lambda: None), "topic 499", 498)


@covers("PLT-5")
@pytest.mark.parametrize(("kind", "size"), [("gossip", 1), ("state", 70_000)])
def test_what_is_no_short_message_is_refused(kind: str, size: int) -> None:
    with pytest.raises(ValueError, match="not for the hub"):
        Post.of("t", 1, kind, {"x": "x" * size})
