"""The overview: every panel is asked beside the others, and one that is silent costs no other its place."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from suuupra.kernel.auth import service_principal
from suuupra.kernel.call import Call, calling
from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.manifest import Site
from suuupra.kernel.messages import Query
from suuupra.kernel.oversight import (
    DeliveryCounts,
    FigureName,
    FigureNames,
    HealthReport,
    Part,
    Point,
    Series,
    SeriesQuery,
)
from suuupra.kernel.problems import Invalid, Unavailable
from suuupra.services.admin.service.ground import Ground, Neighbours
from suuupra.services.admin.service.numbers import Numbers, Overlook, Overview
from suuupra.services.admin.service.quiet import Quiet
from tests.covers import covers
from tests.house import StandingHouse
from tests.services.admin.staff import Seat
from tests.services.admin.test_trail import bare

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Neighbour:
    """A service that counts one thing, as quickly or as badly as a test wants."""

    def __init__(self, wait_s: float = 0.0, error: Exception | None = None, state: str = "well") -> None:
        self.wait_s, self.error, self.state = wait_s, error, state

    async def _answer(self) -> None:
        await asyncio.sleep(self.wait_s)
        if self.error is not None:
            raise self.error

    async def names(self, query: Query) -> FigureNames:
        await self._answer()
        return FigureNames(figures=(FigureName(name="visits", title="Visits"),))

    async def series(self, query: SeriesQuery) -> Series:
        return Series(points=(Point(at=NOON, value=3.0),), now=40.0)

    async def report(self, query: Query) -> HealthReport:
        await self._answer()
        return HealthReport(parts=(Part(name="store", state=self.state),))

    async def counts(self, query: Query) -> DeliveryCounts:
        await self._answer()
        return DeliveryCounts(events={"parked": 2}, jobs={"dead": 1})


def numbers(clock: FrozenClock, **neighbours: Neighbour) -> Numbers:
    """Over these neighbours alone."""
    ports = cast("Any", dict.fromkeys(("users", "roles", "sessions", "directory", "step_ups")))
    several = cast("Any", neighbours)
    beside = Neighbours(**ports, figures=several, health=several, deliveries=several)
    nothing = cast("Any", None)
    return Numbers(Ground(nothing, clock, nothing, Site(), beside, Quiet(clock)))


async def overview(asked: Numbers) -> Overview:
    with calling(Call(principal=service_principal("test"))):
        return await asked.overview(Overlook(days=7))


@covers("ADM-30")
async def test_twelve_panels_take_as_long_as_the_slowest() -> None:
    slow = {f"service{number}": Neighbour(wait_s=0.1) for number in range(12)}
    started = time.monotonic()
    found = await overview(numbers(FrozenClock(NOON), **slow))
    assert time.monotonic() - started < 0.5
    assert len(found.figures) == len(found.health) == 12


@covers("ADM-30")
@pytest.mark.parametrize("error", [Unavailable(), RuntimeError("a bug of theirs"), OSError("gone")])
async def test_a_silent_service_is_named_since_when_and_the_others_stand(error: Exception) -> None:
    clock, broken = FrozenClock(NOON), Neighbour(error=error)
    asked = numbers(clock, well=Neighbour(), broken=broken)
    first = await overview(asked)
    assert [figure.key for figure in first.figures] == ["well.visits"]
    assert {one.service: one.state for one in first.health} == {"well": "well", "broken": "away"}
    clock.advance(60)
    later = await overview(asked)
    assert [(one.part, one.since_at) for one in later.silent] == [("figures of broken", NOON)]
    broken.error = None
    clock.advance(60)
    assert (await overview(asked)).silent == ()
    broken.error = error
    [again] = (await overview(asked)).silent
    assert again.since_at == NOON + timedelta(seconds=120)


@covers("ADM-30")
async def test_a_service_that_hangs_is_left_behind_in_time() -> None:
    started = time.monotonic()
    found = await overview(numbers(FrozenClock(NOON), well=Neighbour(), stuck=Neighbour(wait_s=60)))
    assert time.monotonic() - started < 3
    assert [one.part for one in found.silent] == ["figures of stuck"]


@covers("ADM-30")
async def test_a_wrong_question_is_said_and_not_swallowed() -> None:
    async def wrong() -> None:
        raise Invalid.at("/cursor", "no")

    with pytest.raises(Invalid):
        await Quiet(FrozenClock(NOON)).ask("a list", wrong())


@covers("ADM-30")
async def test_the_worst_part_is_the_state_of_its_service() -> None:
    states = {"good": "well", "bad": "degraded", "odd": "resting"}
    asked = numbers(FrozenClock(NOON), **{name: Neighbour(state=state) for name, state in states.items()})
    assert {one.service: one.state for one in (await overview(asked)).health} == states


@covers("ADM-30")
async def test_the_page_stands_while_a_service_is_down(house: StandingHouse, boss: Seat) -> None:
    async with bare(house) as database:
        await database.execute("alter table content.enrolment rename to enrolment_hidden")
        try:
            shown = await boss.read("/admin")
        finally:
            await database.execute("alter table content.enrolment_hidden rename to enrolment")
    assert "Figures of content has not answered since" in shown
    assert "Sign-ups" in shown
    assert "has not answered" not in await boss.read("/admin")


@covers("ADM-30")
async def test_figures_are_drawn_with_a_table_and_chosen_by_range(house: StandingHouse, boss: Seat) -> None:
    shown = await boss.get("/admin?figure=identity.sign_ups&days=7")
    assert shown.status_code == 200
    assert "Sign-ups by day" in shown.text
    assert shown.text.count('<th scope="row">') == 7
    found = (await boss.api("GET", "/overview?days=7")).json()
    signed_up = next(one for one in found["figures"] if one["title"] == "Sign-ups")
    assert sum(point["value"] for point in signed_up["points"]) == signed_up["now"] >= 1
    assert (await boss.get("/admin?days=5")).status_code == 422
    assert (await boss.api("GET", "/overview?days=0")).status_code == 422


@covers("ADM-30")
async def test_health_names_each_part_and_leads_to_the_mails_in_dev(house: StandingHouse, boss: Seat) -> None:
    shown = (await boss.get("/admin/health")).text
    assert "PostgreSQL" in shown
    assert 'href="/dev/mail"' in shown
    services = (await boss.api("GET", "/health")).json()["services"]
    assert {"identity", "content", "notifications", "admin"} <= {one["service"] for one in services}
