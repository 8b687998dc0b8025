"""The local binding refuses what a remote one could not do."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import pytest

from suuupra.kernel.call import Call, calling
from suuupra.kernel.messages import Command, Message, Query
from suuupra.kernel.oversight import Deliveries
from suuupra.kernel.ports import UndeclaredProblem, declared, local, operations, port_name
from suuupra.kernel.problems import Conflict, Forbidden, Late, NotFound, Problem, Unavailable
from suuupra.kernel.work import NestedUnit, TransactionOpen, open_scope, scoped
from tests.covers import covers


class Ask(Query):
    bell: str


class Ring(Command):
    bell: str


class Rung(Message):
    times: int = 1


class BellBroken(Conflict):
    """The bell cannot ring."""


class Bells(Protocol):
    async def ask(self, query: Ask) -> Rung | None: ...
    async def ring(self, command: Ring) -> Rung: ...


class Tower:
    def __init__(self, fail: Callable[[], Exception] | None = None) -> None:
        self.fail = fail
        self.rung: list[str] = []

    async def ask(self, query: Ask) -> Rung | None:
        return None if query.bell == "none" else Rung(times=2)

    async def ring(self, command: Ring) -> Rung:
        if self.fail is not None:
            raise self.fail()
        self.rung.append(command.bell)
        return Rung()


@covers("PLT-1")
@pytest.mark.parametrize("through_json", [False, True])
async def test_a_call_arrives_and_answers_also_through_json(*, through_json: bool) -> None:
    tower = Tower()
    bells = local(Bells, lambda: tower, through_json=through_json)
    assert await bells.ring(Ring(bell="big")) == Rung()
    assert await bells.ask(Ask(bell="none")) is None
    assert await bells.ask(Ask(bell="big")) == Rung(times=2)
    assert tower.rung == ["big"]


@covers("PLT-1")
@pytest.mark.parametrize("kind", ["unit", "read"])
async def test_no_port_is_called_inside_a_unit_or_a_read(kind: str) -> None:
    tower = Tower()
    bells = local(Bells, lambda: tower)
    with scoped(kind), pytest.raises(TransactionOpen, match=f"Bells.ring inside an open {kind}"):
        await bells.ring(Ring(bell="big"))
    assert tower.rung == []
    assert await bells.ring(Ring(bell="big")) == Rung()


@covers("PLT-1")
async def test_declared_problems_pass_and_others_are_our_mistake() -> None:
    for allowed in (BellBroken, Forbidden, Unavailable):
        with pytest.raises(allowed):
            await local(Bells, partial(Tower, allowed)).ring(Ring(bell="b"))
    with pytest.raises(UndeclaredProblem, match="NotFound"):
        await local(Bells, lambda: Tower(NotFound)).ring(Ring(bell="b"))
    with pytest.raises(ZeroDivisionError):
        await local(Bells, lambda: Tower(ZeroDivisionError)).ring(Ring(bell="b"))


@covers("PLT-4")
async def test_a_call_whose_deadline_passed_is_not_run() -> None:
    tower = Tower()
    with calling(Call(deadline=0.0)), pytest.raises(Late):
        await local(Bells, lambda: tower).ring(Ring(bell="b"))
    assert tower.rung == []


@covers("PLT-1")
def test_a_port_is_read_once_and_must_take_one_message() -> None:
    found = operations(Bells)
    assert {name: op.is_query for name, op in found.items()} == {"ask": True, "ring": False}
    assert port_name(Deliveries, "vod") == "vod/Deliveries"

    class Loose(Protocol):
        async def ring(self, bell: str) -> Rung: ...

    with pytest.raises(TypeError, match="one Query or Command"):
        operations(Loose)


@covers("PLT-1")
def test_what_a_port_declares_is_its_own_and_the_kernels_few() -> None:
    found: frozenset[type[Problem]] = declared(Bells)
    assert BellBroken in found
    assert Late in found
    assert NotFound not in found


@covers("PLT-1")
def test_scopes_do_not_nest_and_a_closed_one_is_no_scope() -> None:
    with scoped("unit") as scope:
        assert open_scope() is scope
        with pytest.raises(NestedUnit), scoped("read"):
            pass
        scope.closed = True
        assert open_scope() is None
    assert open_scope() is None
