import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suuupra.kernel.problems import Invalid
from suuupra.services.content.rules import access
from tests.covers import covers

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LESSONS = ("a", "b", "c")
LEAVES = st.sampled_from(
    [
        {"enrolled": True},
        {"enrolled": False},
        {"granted_by": "order"},
        {"role": "teacher"},
        {"done": "a"},
        {"done": "b"},
        {"on_or_after": "2026-11-20T00:00:00+00:00"},
        {"on_or_after": "2026-12-03T00:00:00+00:00"},
        {"days_after_start": 2},
        {"in_cohort": "x"},
        {"score_at_least": {"node": "q", "permille": 600}},
        {"moon_is_full": True},
    ]
)
RULES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=8,
)
FACTS = st.builds(
    access.Facts,
    now=st.just(NOW),
    is_enrolled=st.booleans(),
    sources=st.frozensets(st.sampled_from(["order", "free"])),
    roles=st.frozensets(st.sampled_from(["teacher", "student"])),
    started_at=st.sampled_from([None, NOW - timedelta(days=1), NOW - timedelta(days=9)]),
    done=st.frozensets(st.sampled_from(LESSONS)),
)


def leaf(rule: dict[str, Any], facts: access.Facts) -> bool | None:
    """The plain reading of one leaf, written without the product's own code."""
    ((name, value),) = rule.items()
    started = facts.started_at
    if name == "days_after_start" and started is None:
        return None
    readings: dict[str, Callable[[], bool]] = {
        "enrolled": lambda: facts.is_enrolled == value,
        "granted_by": lambda: facts.is_enrolled and value in facts.sources,
        "role": lambda: value in facts.roles,
        "done": lambda: value in facts.done,
        "on_or_after": lambda: datetime.fromisoformat(value) <= NOW,
        "days_after_start": lambda: NOW - (started or NOW) >= timedelta(days=value),
    }
    return readings[name]() if name in readings else None


def unknowns(rule: dict[str, Any], facts: access.Facts) -> set[str]:
    ((name, value),) = rule.items()
    if name in {"all", "any"}:
        return {one for part in value for one in unknowns(part, facts)}
    if name == "not":
        return unknowns(value, facts)
    return {str(rule)} if leaf(rule, facts) is None else set()


def brute(rule: dict[str, Any], facts: access.Facts, assumed: dict[str, bool]) -> bool:
    ((name, value),) = rule.items()
    if name == "all":
        return all(brute(part, facts, assumed) for part in value)
    if name == "any":
        return any(brute(part, facts, assumed) for part in value)
    if name == "not":
        return not brute(value, facts, assumed)
    known = leaf(rule, facts)
    return assumed[str(rule)] if known is None else known


@covers("CON-17", "CON-21")
@settings(max_examples=1500, deadline=None)
@given(RULES, FACTS)
def test_nothing_leaks_against_a_brute_force_evaluator(rule: dict[str, Any], facts: access.Facts) -> None:
    free = sorted(unknowns(rule, facts))
    worlds = [dict(zip(free, values, strict=True)) for values in product([False, True], repeat=len(free))]
    truths = [brute(rule, facts, world) for world in worlds]
    verdict = access.decide(rule, facts)
    if verdict.allowed:
        assert all(truths), "opened although some world says no"
    if not free:
        assert verdict.allowed == truths[0]


@covers("CON-21")
@settings(max_examples=400, deadline=None)
@given(RULES, FACTS)
def test_a_closed_lesson_says_why(rule: dict[str, Any], facts: access.Facts) -> None:
    verdict = access.decide(rule, facts)
    if not verdict.allowed:
        assert all(reason.text for reason in access.reasons(verdict, facts))
        assert access.reasons(verdict, facts)


@covers("CON-21")
def test_the_shortest_way_out_and_the_earliest_moment_are_named() -> None:
    rule = {"any": [{"all": [{"done": "a"}, {"done": "b"}]}, {"on_or_after": "2026-12-03T00:00:00+00:00"}]}
    verdict = access.decide(rule, access.Facts(now=NOW))
    assert [one.name for one in verdict.unmet] == ["on_or_after"]
    assert verdict.opens_at == datetime(2026, 12, 3, tzinfo=UTC)
    shared = {"all": [{"any": [{"done": "a"}, {"done": "b"}]}, {"any": [{"done": "b"}, {"done": "c"}]}]}
    assert [one.value for one in access.decide(shared, access.Facts(now=NOW)).unmet] == ["b"]


@covers("CON-17")
@pytest.mark.parametrize(
    "rule",
    [{}, {"all": 5}, {"on_or_after": "soon"}, {"on_or_after": "2020-01-01"}, {"a": 1, "b": 2}, 7, None],
)
def test_a_rule_that_cannot_be_read_opens_nothing(rule: Any) -> None:
    facts = access.Facts(now=NOW, is_enrolled=True)
    assert not access.decide(rule, facts).allowed
    assert not access.decide({"not": rule}, facts).allowed


@covers("CON-21")
def test_a_circle_of_rules_is_refused_with_its_path() -> None:
    others: dict[str, access.Rule] = {"b": {"done": "c"}, "c": {"all": [{"enrolled": True}, {"done": "a"}]}}
    with pytest.raises(Invalid) as caught:
        access.checked({"done": "b"}, lesson="a", lessons=LESSONS, others=others)
    assert caught.value.members["circle"] == ["a", "b", "c", "a"]


@covers("CON-21")
def test_a_rule_about_a_lesson_that_is_gone_is_refused() -> None:
    with pytest.raises(Invalid, match="not in this course"):
        access.checked({"done": "z"}, lesson="a", lessons=LESSONS, others={})
    with pytest.raises(Invalid, match="no condition named"):
        access.checked({"sesame": True}, lesson="a", lessons=LESSONS, others={})
    assert access.checked({"done": "b"}, lesson="a", lessons=LESSONS, others={}) == {"done": "b"}


def dealt(chance: random.Random, depth: int = 0) -> dict[str, Any]:
    """A rule by seeded chance."""
    turn = chance.random()
    if depth > 3 or turn < 0.45:
        leaves: list[dict[str, Any]] = [
            {"enrolled": chance.random() < 0.8},
            {"granted_by": chance.choice(["order", "free"])},
            {"done": chance.choice(LESSONS)},
            {"on_or_after": chance.choice(["2026-11-20T00:00:00+00:00", "2026-12-03T00:00:00+00:00"])},
            {"days_after_start": 2},
            {"in_cohort": "x"},
        ]
        return chance.choice(leaves)
    if turn < 0.6:
        return {"not": dealt(chance, depth + 1)}
    parts = [dealt(chance, depth + 1) for _ in range(chance.randint(1, 3))]
    return {chance.choice(["all", "any"]): parts}


@covers("CON-17", "CON-21")
def test_ten_thousand_states_leak_nothing() -> None:
    chance = random.Random(7)
    for _ in range(10_000):
        rule = dealt(chance)
        facts = access.Facts(
            now=NOW,
            is_enrolled=chance.random() < 0.5,
            sources=frozenset(chance.sample(["order", "free"], chance.randint(0, 2))),
            started_at=chance.choice([None, NOW - timedelta(days=1), NOW - timedelta(days=9)]),
            done=frozenset(chance.sample(LESSONS, chance.randint(0, 3))),
        )
        free = sorted(unknowns(rule, facts))
        worlds = [dict(zip(free, found, strict=True)) for found in product([False, True], repeat=len(free))]
        truths = [brute(rule, facts, world) for world in worlds]
        allowed = access.decide(rule, facts).allowed
        assert not allowed or all(truths), rule
        assert free or allowed == truths[0], rule
