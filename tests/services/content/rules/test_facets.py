from importlib.resources import files

from hypothesis import given
from hypothesis import strategies as st

from suuupra.services.content.rules import categories, facets
from tests.covers import covers

CELLS = st.lists(
    st.builds(
        facets.Cell,
        category=st.sampled_from(["calculus", "algebra", "music", "mathematics"]),
        level=st.sampled_from(["beginner", "all"]),
        language=st.sampled_from(["en", "hi"]),
        admission=st.sampled_from(["open", "granted"]),
        count=st.integers(1, 9),
    ),
    max_size=12,
)
PARENTS = {"calculus": "mathematics", "algebra": "mathematics", "mathematics": None, "music": None}


@covers("CON-5")
@given(CELLS, st.sampled_from([None, "beginner"]), st.sampled_from([None, "hi"]))
def test_each_facet_is_counted_as_if_it_alone_were_open(
    cells: list[facets.Cell], level: str | None, language: str | None
) -> None:
    chosen = facets.Chosen(level=level, language=language)
    found = facets.facets(cells, chosen, {}, PARENTS)
    by_level = sum(cell.count for cell in cells if language in {None, cell.language})
    assert sum(one.count for one in found.levels) == by_level
    for one in found.languages:
        assert one.count == facets.total(cells, facets.Chosen(level=level, language=one.value))


@covers("CON-5")
def test_a_category_counts_what_is_beneath_it() -> None:
    cells = [facets.Cell("calculus", "all", "en", "open", 2), facets.Cell("algebra", "all", "en", "open", 3)]
    found = facets.facets(cells, facets.Chosen(), {"mathematics": "Mathematics"}, PARENTS)
    assert {one.value: one.count for one in found.categories} == {
        "mathematics": 5,
        "algebra": 3,
        "calculus": 2,
    }
    assert found.categories[0].label == "Mathematics"


@covers("CON-5")
def test_the_shipped_tree_reads_and_every_parent_is_there() -> None:
    text = (files("suuupra.services.content") / "codes" / "categories.toml").read_text()
    nodes = categories.parse(text)
    slugs = [node.slug for node in nodes]
    assert len(slugs) == len(set(slugs)) > 30
    assert {node.parent for node in nodes if node.parent} <= set(slugs)
    assert categories.below("mathematics", nodes) == {"mathematics", "algebra", "calculus", "statistics"}
    assert categories.below("alchemy", nodes) == frozenset()
    assert categories.summed({"calculus": 2, "algebra": 1}, nodes)["mathematics"] == 3
