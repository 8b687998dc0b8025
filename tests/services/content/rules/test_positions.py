from hypothesis import given
from hypothesis import strategies as st

from suuupra.services.content.rules.positions import between, spread
from tests.covers import covers


@covers("CON-1")
@given(st.lists(st.integers(min_value=0, max_value=1_000), max_size=200))
def test_places_stay_in_order_however_one_inserts(turns: list[int]) -> None:
    places: list[str] = []
    for turn in turns:
        at = turn % (len(places) + 1)
        low = places[at - 1] if at else None
        high = places[at] if at < len(places) else None
        places.insert(at, between(low, high))
        assert places == sorted(set(places))
        assert not places[at].endswith("0")


@covers("CON-1")
def test_five_hundred_lessons_in_a_row_keep_short_places() -> None:
    places = spread(500)
    assert places == sorted(set(places))
    assert max(map(len, places)) <= 10


@covers("CON-1")
def test_always_inserting_at_the_front_keeps_room() -> None:
    first = between(None, None)
    for _ in range(300):
        before = between(None, first)
        assert before < first
        first = before


@covers("CON-1")
def test_there_is_no_place_between_a_place_and_itself() -> None:
    place = between(None, None)
    try:
        between(place, place)
    except ValueError:
        return
    raise AssertionError("a place came between equals")
