"""Who may open a lesson: one expression tree, judged by facts, closed where a fact is unknown.

A rule is JSON: `{"all": [...]}`, `{"any": [...]}`, `{"not": rule}` or one leaf such as
`{"enrolled": true}`, `{"on_or_after": "2026-12-03T00:00:00Z"}`, `{"done": "<lesson>"}`. Logic is
Kleene's: an unknown leaf opens nothing, not even behind a `not`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from suuupra.kernel.problems import Invalid
from suuupra.services.content.api import Reason

Rule = Mapping[str, Any]
ENROLLED: Rule = {"enrolled": True}
LEAVES = frozenset(
    [
        *("enrolled", "granted_by", "role", "on_or_after", "days_after_start", "done"),
        *("in_cohort", "score_at_least", "attended", "programme"),
    ]
)
ALTERNATIVES_MAX = 64
DEPTH_MAX = 12
LEAVES_MAX = 60


@dataclass(frozen=True)
class Facts:
    """What is known of one person in one course at one moment.

    Scores, cohorts, attendance and programmes are not known yet: None, and their leaves stay closed.
    """

    now: datetime
    is_enrolled: bool = False
    sources: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    started_at: datetime | None = None
    done: frozenset[str] = frozenset()
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, order=True)
class Literal:
    """A leaf that must hold (`wanted`), or must not."""

    name: str
    argument: str
    wanted: bool = True

    @property
    def value(self) -> object:
        return json.loads(self.argument)


@dataclass(frozen=True)
class Verdict:
    """`unmet` is one smallest set of literals that would open it; empty when open."""

    allowed: bool
    unmet: tuple[Literal, ...] = ()
    opens_at: datetime | None = None


def decide(rule: Rule, facts: Facts) -> Verdict:
    """Judge the rule. A tree that cannot be read is closed."""
    try:
        alternatives = _ways(rule, facts, wanted=True, depth=0)
    except (KeyError, TypeError, ValueError):
        return Verdict(allowed=False)
    if frozenset() in alternatives:
        return Verdict(allowed=True)
    if not alternatives:
        return Verdict(allowed=False)
    smallest = min(alternatives, key=lambda way: (len(way), tuple(sorted(way))))
    return Verdict(allowed=False, unmet=tuple(sorted(smallest)), opens_at=_opens_at(alternatives, facts))


def reasons(verdict: Verdict, facts: Facts) -> tuple[Reason, ...]:
    """A sentence for each unmet literal."""
    if not verdict.allowed and not verdict.unmet:
        return (Reason(code="closed", text="This lesson is closed."),)
    return tuple(
        Reason(code=one.name if one.wanted else f"not_{one.name}", text=_sentence(one, facts))
        for one in verdict.unmet
    )


def _ways(rule: object, facts: Facts, *, wanted: bool, depth: int) -> list[frozenset[Literal]]:
    """All minimal sets of unmet literals that would satisfy the rule; the empty set means it holds."""
    if depth > DEPTH_MAX or not isinstance(rule, Mapping) or len(rule) != 1:
        raise ValueError("not a rule")
    name, value = next(iter(rule.items()))
    if name == "not":
        return _ways(value, facts, wanted=not wanted, depth=depth + 1)
    if name in {"all", "any"}:
        parts = [_ways(part, facts, wanted=wanted, depth=depth + 1) for part in value]
        return (
            _product(parts) if (name == "all") == wanted else _minimal(way for part in parts for way in part)
        )
    if name not in LEAVES:
        return [frozenset({Literal(name, "null", wanted)})]
    literal = Literal(name, json.dumps(value, sort_keys=True), wanted)
    return [frozenset() if _holds(literal, facts) is wanted else frozenset({literal})]


def _product(parts: Iterable[list[frozenset[Literal]]]) -> list[frozenset[Literal]]:
    found = [frozenset[Literal]()]
    for ways in parts:
        found = _minimal(one | other for one in found for other in ways)
    return found


def _minimal(ways: Iterable[frozenset[Literal]]) -> list[frozenset[Literal]]:
    """Without supersets, smallest first, at most 64: beyond that the shortest ways out are known anyhow."""
    kept: list[frozenset[Literal]] = []
    for way in sorted(set(ways), key=lambda one: (len(one), tuple(sorted(one)))):
        if not any(other <= way for other in kept):
            kept.append(way)
        if len(kept) == ALTERNATIVES_MAX:
            break
    return kept


def _holds(literal: Literal, facts: Facts) -> bool | None:
    """True, False, or None for what is not known."""
    value = literal.value
    if literal.name == "enrolled":
        return facts.is_enrolled is bool(value)
    if literal.name == "granted_by":
        return facts.is_enrolled and value in facts.sources
    if literal.name == "role":
        return value in facts.roles
    if literal.name == "done":
        return value in facts.done
    opens = _moment(literal, facts)
    if literal.name in {"on_or_after", "days_after_start"}:
        return None if opens is None else facts.now >= opens
    return None


def _moment(literal: Literal, facts: Facts) -> datetime | None:
    """When a leaf of time turns true; None where that is not known."""
    if literal.name == "on_or_after":
        at = datetime.fromisoformat(str(literal.value))
        return at if at.tzinfo is not None else None
    if literal.name == "days_after_start" and facts.started_at is not None:
        return facts.started_at + timedelta(days=float(str(literal.value)))
    return None


def _opens_at(ways: Iterable[frozenset[Literal]], facts: Facts) -> datetime | None:
    """The earliest moment at which waiting alone would open it."""
    found: list[datetime] = []
    for way in ways:
        moments = [_moment(literal, facts) if literal.wanted else None for literal in way]
        known = [moment for moment in moments if moment is not None]
        if known and len(known) == len(moments):
            found.append(max(known))
    return min(found, default=None)


def _sentence(literal: Literal, facts: Facts) -> str:
    moment = _moment(literal, facts)
    when = "" if moment is None else f"{moment.day} {moment:%b %Y, %H:%M} UTC"
    if not literal.wanted:
        return f"Closed since {when}." if moment else "This lesson is closed to you."
    if moment is not None:
        return f"Opens on {when}."
    texts = {
        "enrolled": "Join the course to open this lesson.",
        "granted_by": "This lesson is for people who came into the course another way.",
        "role": "This lesson is for another role.",
        "days_after_start": "Opens some days after you join.",
        "done": f"Finish “{facts.titles.get(str(literal.value), 'an earlier lesson')}” first.",
    }
    return texts.get(literal.name, "This lesson is closed until its condition is known.")


def checked(rule: Rule, *, lesson: str, lessons: Iterable[str], others: Mapping[str, Rule]) -> Rule:
    """The rule of a lesson, or `Invalid`: unreadable, too big, about a lost lesson, or in a circle."""
    named = _named_lessons(rule)
    known = set(lessons)
    for gone in named:
        if gone not in known:
            raise Invalid.at("/rule", f"The rule names a lesson that is not in this course: {gone}.")
    circle = _circle(lesson, {**{key: _named_lessons(value) for key, value in others.items()}, lesson: named})
    if circle:
        raise Invalid("The rules of these lessons wait for each other.", circle=list(circle))
    return rule


def _named_lessons(rule: Rule) -> tuple[str, ...]:
    found: list[str] = []
    count = 0

    def walk(part: object, depth: int) -> None:
        nonlocal count
        if not isinstance(part, Mapping) or len(part) != 1 or depth > DEPTH_MAX:
            raise Invalid.at("/rule", "This is not a rule: each part has exactly one condition.")
        name, value = next(iter(part.items()))
        if name in {"all", "any"} and isinstance(value, list | tuple):
            for child in value:
                walk(child, depth + 1)
        elif name == "not":
            walk(value, depth + 1)
        elif name in LEAVES:
            count += 1
            if name == "done":
                found.append(str(value))
            elif name == "score_at_least" and isinstance(value, Mapping):
                found.append(str(value.get("node")))
        else:
            raise Invalid.at("/rule", f"There is no condition named {name!r}.")
        if count > LEAVES_MAX:
            raise Invalid.at("/rule", f"A rule has at most {LEAVES_MAX} conditions.")

    walk(rule, 0)
    return tuple(found)


def _circle(start: str, needs: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """A path from a lesson back to itself, or nothing."""
    waiting: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        for need in needs.get(path[-1], ()):
            if need == start:
                return (*path, need)
            if need not in seen:
                seen.add(need)
                waiting.append((*path, need))
    return ()
