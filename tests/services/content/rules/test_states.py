from hypothesis import given
from hypothesis import strategies as st

from suuupra.services.content.api import EnrolmentState
from suuupra.services.content.rules import states
from tests.covers import covers


@covers("CON-13")
def test_a_course_goes_live_only_through_a_decision_or_publication() -> None:
    assert not states.may_step("draft", "published")
    assert states.may_step("submitted", "published")
    assert states.may_step("published", "withdrawn")
    assert states.may_step("withdrawn", "published")
    assert not states.may_step("archived", "published")


@covers("CON-13")
def test_only_an_empty_draft_is_deleted() -> None:
    assert states.may_delete("draft", 0)
    assert not states.may_delete("draft", 1)
    assert not states.may_delete("published", 0)
    assert not states.may_delete("archived", 0)


@covers("CON-16")
@given(st.sampled_from(sorted(states.ENDED)))
def test_whoever_left_may_come_back(state: EnrolmentState) -> None:
    assert states.may_end(state, "active")
    assert states.may_end("active", state)


@covers("CON-13")
def test_the_policy_says_when_a_person_decides() -> None:
    assert states.needs_decision("first", is_first=True)
    assert not states.needs_decision("first", is_first=False)
    assert states.needs_decision("every", is_first=False)
    assert not states.needs_decision("none", is_first=True)
