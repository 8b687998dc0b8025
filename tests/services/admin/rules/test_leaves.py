"""The leaf of an audited fact: one form, one hash, the same after it was stored, another after any change."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from suuupra.services.admin.rules.leaves import Leaf, canonical, leaf_hash, storable, text
from tests.covers import covers

AT = datetime(2026, 11, 21, 12, 0, 0, 7, tzinfo=UTC)
PROMOTED = Leaf(
    id=UUID(int=7),
    at=AT,
    source="identity",
    actor=str(UUID(int=1)),
    action="identity.role.granted",
    target="account:2",
    before={"roles": ["student"]},
    after={"roles": ["student", "teacher"]},
    reason="she teaches",
    trace_id="0" * 32,
)
FACTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
SIDES = st.dictionaries(st.text(), FACTS, max_size=4)


def leaf(before: dict[str, Any], after: dict[str, Any], reason: str) -> Leaf:
    """As the trail makes it of an event."""
    return replace(PROMOTED, before=storable(before), after=storable(after), reason=text(reason))


@covers("ADM-40")
def test_the_hash_is_that_of_rfc_9162_over_the_form_of_rfc_8785() -> None:
    form = (
        b'{"acting_for":null,"action":"identity.role.granted",'
        b'"actor":"00000000-0000-0000-0000-000000000001",'
        b'"after":{"roles":["student","teacher"]},"at":"2026-11-21T12:00:00.000007Z",'
        b'"before":{"roles":["student"]},"id":"00000000-0000-0000-0000-000000000007",'
        b'"reason":"she teaches","source":"identity","target":"account:2",'
        b'"trace_id":"00000000000000000000000000000000"}'
    )
    assert canonical(PROMOTED) == form
    assert leaf_hash(PROMOTED) == hashlib.sha256(b"\x00" + form).digest()


@covers("ADM-40")
@given(SIDES, SIDES, st.text())
def test_what_is_read_back_hashes_alike(before: dict[str, Any], after: dict[str, Any], reason: str) -> None:
    made = leaf(before, after, reason)
    kept = json.loads(json.dumps([made.before, made.after, made.reason]))
    assert leaf_hash(replace(made, before=kept[0], after=kept[1], reason=kept[2])) == leaf_hash(made)


@covers("ADM-40")
@given(SIDES)
def test_tidying_twice_changes_nothing_more(side: dict[str, Any]) -> None:
    assert storable(storable(side)) == storable(side)
    assert "\x00" not in json.dumps(storable(side), ensure_ascii=False)


@covers("ADM-40")
@given(st.sampled_from([*Leaf.__dataclass_fields__]), st.text(min_size=1), SIDES)
def test_any_changed_field_changes_the_hash(name: str, words: str, side: dict[str, Any]) -> None:
    others: dict[str, Any] = {
        "id": UUID(int=8),
        "at": AT + timedelta(microseconds=1),
        "acting_for": UUID(int=3),
        "before": {**storable(side), "~": 1},
        "after": {**storable(side), "~": 1},
    }
    changed = others.get(name, f"{getattr(PROMOTED, name)}{text(words) or '-'}")
    assert leaf_hash(replace(PROMOTED, **{name: changed})) != leaf_hash(PROMOTED)


@covers("ADM-40")
def test_the_same_moment_in_another_zone_is_the_same_leaf() -> None:
    kolkata = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert leaf_hash(replace(PROMOTED, at=kolkata)) == leaf_hash(PROMOTED)


@covers("ADM-40")
def test_numbers_that_a_double_does_not_hold_become_text() -> None:
    kept = storable({"big": 2**53, "small": 2**53 - 1, "infinite": float("inf"), "yes": True})
    assert kept == {"big": str(2**53), "small": 2**53 - 1, "infinite": "inf", "yes": True}
