"""Fault points fire once; audited facts name who and why."""

from uuid import UUID

import pytest

from suuupra.kernel.audit import audited
from suuupra.kernel.auth import Principal
from suuupra.kernel.call import Call, calling
from suuupra.kernel.faults import OFF, ArmedFaults, InjectedFault
from suuupra.kernel.jobs import current_job, set_current_job
from suuupra.kernel.manifest import Site, subscribe
from suuupra.kernel.messages import Event
from suuupra.kernel.work import Unit
from tests.covers import covers


@covers("PLT-10")
async def test_an_armed_point_fires_once_and_an_unarmed_one_never() -> None:
    seen: list[str] = []
    faults = ArmedFaults({"a.b": "raise", "a.c": "delay:0"}, seen=seen.append)
    with pytest.raises(InjectedFault):
        await faults.at("a.b")
    await faults.at("a.b")
    await faults.at("a.c")
    await OFF.at("a.b")
    assert seen == ["a.b", "a.b", "a.c"]


@covers("PLT-10")
async def test_points_are_armed_by_text() -> None:
    with pytest.raises(InjectedFault):
        await ArmedFaults.from_text("x.y=raise,odd").at("x.y")


@covers("ADM-40", "ID-25", "PLT-9")
def test_an_audited_fact_names_actor_source_and_reason() -> None:
    who = Principal(subject=UUID(int=1), kind="person", acting_for=UUID(int=2))
    with calling(Call(principal=who, trace="t")):
        fact = audited("identity.role.granted", "account:3", after={"role": "teacher"}, reason="asked")
    assert (fact.source, fact.actor, fact.key) == ("identity", str(UUID(int=1)), "account:3")
    assert (fact.acting_for, fact.trace, fact.reason) == (UUID(int=2), "t", "asked")


class Rang(Event, wire="school.rang.v1", key="bell"):
    bell: str


async def on_rang(unit: Unit, event: Rang) -> None:
    unit.announce("bells", {"bell": event.bell})


@covers("PLT-2")
def test_a_subscription_reads_its_event_from_the_handler() -> None:
    found = subscribe(on_rang, lanes=2, order="none")
    assert (found.name, found.event, found.lanes, found.order) == ("on_rang", Rang, 2, "none")


@covers("PLT-3")
def test_there_is_no_job_outside_a_worker_and_links_are_absolute() -> None:
    assert current_job() is None
    set_current_job(None)
    assert Site(base_url="https://school.in").link("/x") == "https://school.in/x"
