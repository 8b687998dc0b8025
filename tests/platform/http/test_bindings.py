"""One port, two bindings, the same sentence: what holds for the local one holds for the remote one."""

import time
from uuid import UUID

import pytest
from pydantic import ValidationError

from suuupra.kernel.auth import Principal
from suuupra.kernel.call import Call, calling
from suuupra.kernel.messages import Query
from suuupra.kernel.pagination import Page
from suuupra.kernel.ports import UndeclaredProblem
from suuupra.kernel.problems import FieldError, Invalid, Late, TooMany
from suuupra.kernel.work import TransactionOpen, scoped
from suuupra.platform.http import RemoteFault
from tests.covers import covers
from tests.platform.http.small import UNDECLARED, Book, FindBook, LendBook, Librarian, ShelfLocked, Shelves

PERSON = Principal(subject=UUID(int=7), kind="person", roles=frozenset({"student"}), strength=1)


@covers("PLT-1")
async def test_a_message_goes_in_and_one_comes_out(shelves: Shelves) -> None:
    assert await shelves.find(FindBook(title="Gitanjali", pages_min=300)) == Book(
        title="Gitanjali", pages=300
    )
    assert await shelves.find(FindBook(title="")) is None
    assert await shelves.every(Query()) == Page[Book](
        items=(Book(title="Gitanjali"), Book(title="Godan", pages=384)), next="2"
    )


@covers("PLT-1")
async def test_the_same_problem_class_comes_out_with_all_its_members(
    shelves: Shelves, librarian: Librarian
) -> None:
    librarian.failures.append(
        ShelfLocked(
            "Ask the librarian.", errors=[FieldError("/title", "locked")], retry_after_s=3.5, shelf="north"
        )
    )
    with pytest.raises(ShelfLocked) as caught:
        await shelves.lend(LendBook(title="Godan"))
    assert type(caught.value) is ShelfLocked
    assert caught.value.document() == {
        "type": ShelfLocked.wire_type(),
        "title": "This shelf is locked",
        "status": 403,
        "detail": "Ask the librarian.",
        "errors": [{"pointer": "/title", "detail": "locked"}],
        "retry_after_s": 3.5,
        "shelf": "north",
    }


@covers("PLT-1")
@pytest.mark.parametrize("problem", [Invalid.at("/title", "too short"), TooMany(retry_after_s=9)])
async def test_the_kernels_own_few_cross_too(
    shelves: Shelves, librarian: Librarian, problem: Invalid | TooMany
) -> None:
    librarian.failures.append(problem)
    with pytest.raises(type(problem)) as caught:
        await shelves.find(FindBook(title="Godan"))
    assert caught.value.document() == problem.document()


@covers("PLT-1")
@pytest.mark.parametrize("kind", ["unit", "read"])
async def test_refused_inside_an_open_unit_or_read(shelves: Shelves, librarian: Librarian, kind: str) -> None:
    with scoped(kind), pytest.raises(TransactionOpen, match=kind):
        await shelves.find(FindBook(title="Godan"))
    assert librarian.calls == []


@covers("PLT-4")
async def test_a_deadline_that_has_passed_runs_nothing(shelves: Shelves, librarian: Librarian) -> None:
    with calling(Call(deadline=time.monotonic() - 0.1)), pytest.raises(Late):
        await shelves.find(FindBook(title="Godan"))
    assert librarian.calls == []


@covers("PLT-1")
async def test_an_undeclared_problem_is_our_mistake_and_no_problem(
    shelves: Shelves, librarian: Librarian
) -> None:
    librarian.failures.append(UNDECLARED("secret detail"))
    with pytest.raises((UndeclaredProblem, RemoteFault)) as caught:
        await shelves.find(FindBook(title="Godan"))
    assert "secret detail" not in str(caught.value)


@covers("PLT-1")
async def test_any_other_exception_is_a_bug_and_says_nothing_outside(
    shelves: Shelves, librarian: Librarian
) -> None:
    librarian.failures.append(KeyError("secret detail"))
    with pytest.raises((KeyError, RemoteFault)) as caught:
        await shelves.find(FindBook(title="Godan"))
    if isinstance(caught.value, RemoteFault):
        assert "secret detail" not in str(caught.value)


@covers("PLT-4", "PLT-9", "PLT-12")
async def test_who_asks_and_the_key_and_the_trace_travel_beside_the_message(
    shelves: Shelves, librarian: Librarian
) -> None:
    call = Call(
        principal=PERSON,
        deadline=time.monotonic() + 1.5,
        idempotency_key="6c1e",
        trace="0af7651916cd43dd8448eb211c80319c",
        operation="POST /läden/\n1",
    )
    with calling(call):
        await shelves.lend(LendBook(title="Godan", to="Mira"))
    (seen,) = librarian.calls
    assert (seen.principal, seen.idempotency_key) == (PERSON, "6c1e")
    assert (seen.trace, seen.operation) == (call.trace, call.operation)
    assert seen.deadline is not None
    assert call.deadline is not None
    assert seen.deadline <= call.deadline


@covers("PLT-9")
async def test_nobody_stays_nobody(shelves: Shelves, librarian: Librarian) -> None:
    await shelves.find(FindBook(title="Godan"))
    assert librarian.calls[0].principal == Principal()


@covers("PLT-1")
async def test_a_message_that_is_wrong_never_leaves(shelves: Shelves) -> None:
    with pytest.raises(ValidationError):
        await shelves.find(FindBook(title="Godan", weight=float("nan")))
