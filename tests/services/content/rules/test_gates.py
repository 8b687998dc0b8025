from uuid import UUID

from suuupra.services.content.api import Gate
from suuupra.services.content.rules import gates
from suuupra.services.content.rules.blocks import Root
from suuupra.services.content.rules.outline import Bone, Limb, Skeleton
from tests.covers import covers


def draft(root: Root, *lessons: Bone, texts: tuple[str, ...] = ()) -> gates.Draft:
    limb = Limb(id=UUID(int=9), title="Part", lessons=lessons)
    skeleton = Skeleton(revision_id=UUID(int=8), sections=(limb,))
    return gates.Draft(root, skeleton, frozenset({"calculus"}), texts)


def names(found: tuple[Gate, ...]) -> set[str]:
    return {gate.name for gate in gates.unmet(found)}


ARTICLE = Bone(id=UUID(int=1), title="Read", kind="article", block="aa", words=10)
GOOD = Root(title="Calculus", summary="Limits and slopes.", category="calculus")


@covers("CON-13")
def test_an_empty_course_meets_no_gate_but_that_of_media() -> None:
    assert names(gates.gates(draft(Root()))) == {"title", "summary", "category", "lesson"}


@covers("CON-13")
def test_a_small_good_course_may_be_submitted_and_is_warned() -> None:
    found = gates.gates(draft(GOOD, ARTICLE))
    assert gates.unmet(found) == ()
    assert {gate.name for gate in found if not gate.met} >= {"lesson_count", "outcomes", "summary_length"}


@covers("CON-3", "CON-13")
def test_media_must_be_ready() -> None:
    for state in ("none", "awaiting", "playable", "failed"):
        video = Bone(id=UUID(int=2), title="See", kind="video", block="bb", media_state=state)
        assert names(gates.gates(draft(GOOD, video))) == {"media"}
    ready = Bone(id=UUID(int=2), title="See", kind="video", block="bb", media_state="ready")
    assert names(gates.gates(draft(GOOD, ready))) == set()


@covers("CON-13")
def test_an_unknown_category_is_none() -> None:
    assert names(gates.gates(draft(GOOD.model_copy(update={"category": "alchemy"}), ARTICLE))) == {"category"}


@covers("CON-13")
def test_pictures_without_words_and_leaps_of_headings_are_warned_about() -> None:
    found = gates.gates(draft(GOOD, ARTICLE, texts=("# One\n### Three\n![](/x.png)",)))
    assert {gate.name for gate in found if not gate.met} >= {"alt_texts", "headings"}
