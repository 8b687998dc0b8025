"""Who asks, and what that lets them do."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from suuupra.kernel.auth import ANONYMOUS, Principal, service_principal
from suuupra.kernel.call import Call, calling, changed_call, current_call, principal
from suuupra.kernel.problems import Forbidden, Late, Unauthenticated
from tests.covers import covers

PERSON = UUID(int=5)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@covers("PLT-9", "ID-26")
def test_nobody_must_sign_in_and_somebody_without_the_right_is_forbidden() -> None:
    with pytest.raises(Unauthenticated):
        ANONYMOUS.require("content.course.approve")
    learner = Principal(subject=PERSON, kind="person")
    with pytest.raises(Forbidden):
        learner.require("content.course.approve")
    Principal(subject=PERSON, kind="person", permissions=frozenset({"a.b.c"})).require("a.b.c")


@covers("PLT-9")
def test_only_a_person_is_a_person() -> None:
    with pytest.raises(Unauthenticated):
        service_principal("content").person()
    assert Principal(subject=PERSON, kind="person").person() == PERSON
    assert service_principal("content").name == "content"
    assert (ANONYMOUS.name, Principal(subject=PERSON).name) == ("anonymous", str(PERSON))


@covers("ID-7")
def test_a_proof_of_identity_grows_old() -> None:
    who = Principal(subject=PERSON, kind="person", authenticated_at=NOW - timedelta(minutes=4))
    assert who.is_fresh(NOW, 300)
    assert not who.is_fresh(NOW, 200)
    assert not ANONYMOUS.is_fresh(NOW, 10**9)


@covers("PLT-4", "PLT-9")
def test_the_call_is_ambient_and_given_back() -> None:
    with calling(Call(principal=service_principal("vod"), trace="t")):
        with changed_call(idempotency_key="k") as inner:
            assert (inner.trace, current_call().idempotency_key) == ("t", "k")
        assert current_call().idempotency_key is None
        assert principal().service == "vod"
    assert principal() is ANONYMOUS


@covers("PLT-4")
def test_a_child_call_gets_the_rest_of_the_time_less_a_margin_or_nothing() -> None:
    assert Call().child_s() == pytest.approx(1.99)
    past = Call(deadline=0.0)
    assert past.remaining_s() < 0
    with pytest.raises(Late):
        past.child_s()
