"""Cursors cannot be forged, and belong to one list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from suuupra.kernel.pagination import Cursors, PageQuery
from suuupra.kernel.problems import Invalid
from tests.covers import covers

CURSORS = Cursors(b"k" * 32)


@covers("PLT-9")
@given(st.lists(st.one_of(st.text(), st.integers(), st.none()), max_size=4))
def test_a_cursor_comes_back_as_it_was_written(position: list[object]) -> None:
    assert CURSORS.read("users", CURSORS.write("users", position)) == position


@covers("PLT-9")
@given(st.text(max_size=80))
def test_anything_else_is_invalid_and_nothing_worse(text: str) -> None:
    with pytest.raises(Invalid):
        CURSORS.read("users", text)


@covers("PLT-9")
def test_a_cursor_of_another_list_or_key_is_refused() -> None:
    cursor = CURSORS.write("users", [1])
    with pytest.raises(Invalid):
        CURSORS.read("courses", cursor)
    with pytest.raises(Invalid):
        Cursors(b"x" * 32).read("users", cursor)
    assert CURSORS.read("users", None) is None


@covers("PLT-4")
def test_a_page_holds_at_most_200() -> None:
    with pytest.raises(ValidationError):
        PageQuery(limit=201)
