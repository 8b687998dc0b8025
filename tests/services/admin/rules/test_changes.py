"""What an entry changed, as a reader compares it."""

from suuupra.services.admin.rules.changes import Change, changes
from tests.covers import covers


@covers("ADM-40")
def test_each_changed_field_is_told_before_and_after() -> None:
    before = {"roles": ["student"], "state": "active", "same": 1}
    after = {"roles": ["student", "teacher"], "is_live": True, "same": 1, "gone": None}
    assert changes(before, after) == (
        Change("is_live", "–", "yes"),
        Change("roles", "student", "student, teacher"),
        Change("state", "active", "–"),
    )


@covers("ADM-40")
def test_nested_and_endless_values_stay_readable() -> None:
    [nested, long] = changes({}, {"a": {"height": 720, "kind": "hls"}, "b": "x" * 5_000})
    assert nested.after == "height 720, kind hls"
    assert len(long.after) == 201
