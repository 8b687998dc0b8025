import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.kernel.problems import Invalid
from suuupra.services.content.rules import blocks
from suuupra.services.content.rules.slugs import SLUG_MAX, is_slug, numbered, slug_of
from tests.covers import covers


@covers("CON-9")
def test_the_same_words_are_one_block_and_kinds_differ() -> None:
    one = blocks.addressed(blocks.made(blocks.Article, {"title": "Limits", "markdown": "x\r\n"}))
    two = blocks.addressed(blocks.made(blocks.Article, {"title": " Limits ", "markdown": "x\n"}))
    assert one.hash == two.hash
    assert blocks.addressed(blocks.made(blocks.Video, {"title": "Limits", "markdown": "x"})).hash != one.hash
    assert blocks.restored("article", one.body) == blocks.Article(title="Limits", markdown="x")


@covers("CON-2")
def test_a_block_over_64_kib_is_refused_with_its_size() -> None:
    with pytest.raises(Invalid, match="too long") as caught:
        blocks.addressed(blocks.made(blocks.Article, {"title": "Long", "markdown": "x" * 70_000}))
    assert caught.value.errors[0].pointer == "/markdown"


@covers("CON-5")
def test_wrong_details_name_their_fields() -> None:
    wrong = {"title": "x" * 121, "language": "klingon", "tags": ("<b>",), "level": "godlike"}
    with pytest.raises(Invalid) as caught:
        blocks.made(blocks.Root, wrong)
    assert {error.pointer for error in caught.value.errors} == {"/title", "/language", "/tags/0", "/level"}


@covers("CON-5")
def test_tags_and_outcomes_are_kept_once_and_without_blanks() -> None:
    root = blocks.made(blocks.Root, {"tags": ("Calculus", "calculus"), "outcomes": ("Draw", "", "Draw")})
    assert root == blocks.Root(tags=("calculus",), outcomes=("Draw",))


@covers("CON-1")
@given(st.text(max_size=60))
def test_a_title_has_no_control_characters_and_no_double_spaces(text: str) -> None:
    line = blocks.one_line(text)
    assert line == line.strip()
    assert "  " not in line
    assert not any(ord(char) < 32 for char in line)


@covers("CON-1")
@given(st.text(max_size=200))
def test_every_title_gives_an_address(title: str) -> None:
    assert is_slug(slug_of(title))
    assert is_slug(numbered(slug_of(title), 12))
    assert len(numbered("x" * SLUG_MAX, 1234)) <= SLUG_MAX


@covers("CON-1")
def test_words_that_the_site_needs_are_not_addresses() -> None:
    assert slug_of("New") == "new-course"
    assert slug_of("गणित") == "course"
    assert slug_of("Calculus by Hand!") == "calculus-by-hand"
    assert not is_slug("new")
    assert not is_slug("a--b")
