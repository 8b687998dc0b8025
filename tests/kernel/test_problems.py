"""Problems keep their class and members through JSON."""

import pytest

from suuupra.kernel.oversight import DeliveryNotFound
from suuupra.kernel.problems import (
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    TooMany,
    all_problems,
    home_of,
    kebab,
)
from tests.covers import covers


@covers("PLT-1", "PORT-37")
def test_a_problem_survives_its_document() -> None:
    problem = TooMany("Slow down.", retry_after_s=3.5, policy="api")
    again = TooMany.from_document(problem.document() | {"instance": "/x", "trace_id": "t"})
    assert again.document() == problem.document()
    assert problem.document() == {
        "type": "/problems/kernel/too-many",
        "title": "Too many tries",
        "status": 429,
        "detail": "Slow down.",
        "retry_after_s": 3.5,
        "policy": "api",
    }


@covers("PLT-1")
def test_a_wrong_field_is_named_by_a_pointer() -> None:
    problem = Invalid.at("/email", "This is not a mail address.")
    assert problem.errors == (FieldError("/email", "This is not a mail address."),)
    assert Invalid.from_document(problem.document()).errors == problem.errors


@covers("PLT-1")
@pytest.mark.parametrize(
    ("name", "expected"),
    [("CourseNotOpen", "course-not-open"), ("OTPUsed", "otp-used"), ("Gone", "gone")],
)
def test_names_become_kebab_case(name: str, expected: str) -> None:
    assert kebab(name) == expected


@covers("PLT-1")
def test_a_class_is_at_home_where_it_stands() -> None:
    assert home_of(DeliveryNotFound) == "kernel"
    made = type("Odd", (Problem,), {"__module__": "suuupra.services.content.api.problems"})
    assert home_of(made) == "content"
    engine = type("Odder", (Problem,), {"__module__": "suuupra.engines.media.problems"})
    assert home_of(engine) == "media"
    assert home_of(type("Own", (), {"__module__": "elsewhere"})) == "elsewhere"


@covers("PLT-1", "PORT-37")
def test_every_problem_has_its_own_type_and_a_sentence() -> None:
    planted = {"Odd", "Odder"}
    found = [
        cls for cls in all_problems() if cls.__module__.startswith("suuupra.") and cls.__name__ not in planted
    ]
    types = [cls.wire_type() for cls in found]
    assert len(types) == len(set(types))
    assert {Forbidden, NotFound, DeliveryNotFound} <= set(found)
    assert all(cls.title for cls in found)
