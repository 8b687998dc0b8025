"""What operators see and do: lists by state, send again, give up, each audited."""

from typing import Any
from uuid import UUID

import pytest

from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.jobs import Job
from suuupra.kernel.manifest import subscribe
from suuupra.kernel.messages import Query
from suuupra.kernel.oversight import DeliveryNotFound, DeliveryQuery, DiscardDelivery, RetryDelivery
from suuupra.kernel.pagination import PageQuery
from suuupra.kernel.problems import Invalid
from suuupra.kernel.work import Unit
from suuupra.platform.deliveries import TableDeliveries, TableHealth
from suuupra.platform.handling.statements import TRIES_MAX
from suuupra.platform.postgres import MetricMinutes
from tests.covers import covers
from tests.platform.ground import Do, Ground, Made, effect, publish


class Fragile:
    """A handler and a use case that fail until they are repaired."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.is_broken = True

    async def on_made(self, unit: Unit, event: Made) -> None:
        await effect(unit, event.n, event.name)
        if self.is_broken:
            raise ValueError(event.n)

    async def do(self, job: Job) -> None:
        if self.is_broken:
            raise ValueError


def deliveries(ground: Ground, service: str = "sample") -> TableDeliveries:
    return TableDeliveries(ground.database, service, clock=ground.clock)


async def parked(ground: Ground, fragile: Fragile, *numbers: int) -> Any:
    dispatcher = ground.dispatcher(subscribe(fragile.on_made))
    await publish(ground.work(), *numbers, name="key")
    await ground.relay().step()
    for _ in range(TRIES_MAX):
        await dispatcher.step()
        assert isinstance(ground.clock, FrozenClock)
        ground.clock.advance(1300)
    return dispatcher


async def audits(ground: Ground) -> list[tuple[str, str, str]]:
    rows = await ground.rows(
        "select payload->>'action' as action, payload->>'target' as target, payload->>'reason' as reason"
        " from kernel.outbox where type = 'kernel.audited.v1' order by id"
    )
    return [tuple(row) for row in rows]


@covers("PLT-2", "PLT-13")
class TestParkedEvents:
    async def test_one_is_read_sent_again_and_its_key_continues(self, still: Ground) -> None:
        fragile = Fragile(still)
        dispatcher = await parked(still, fragile, 1, 2, 3)
        (delivery,) = (await deliveries(still).page(DeliveryQuery())).items
        assert (delivery.state, delivery.attempts, delivery.name) == ("parked", 12, "sample.on_made")
        assert "ValueError" in delivery.last_error
        fragile.is_broken = False
        await deliveries(still).retry(RetryDelivery(id=delivery.id, reason="repaired"))
        await dispatcher.step()
        assert await still.counts("inbox") == {"done": 3}
        rows = await still.rows("select n from sample.effect order by place")
        assert [row["n"] for row in rows] == [1, 2, 3]
        assert await audits(still) == [("sample.delivery.retried", delivery.id, "repaired")]

    async def test_one_is_given_up_and_its_key_continues(self, still: Ground) -> None:
        fragile = Fragile(still)
        dispatcher = await parked(still, fragile, 1, 2)
        (delivery,) = (await deliveries(still).page(DeliveryQuery())).items
        fragile.is_broken = False
        await deliveries(still).discard(DiscardDelivery(id=delivery.id, reason="a test event"))
        await dispatcher.step()
        assert await still.counts("inbox") == {"skipped": 1, "done": 1}
        assert (await audits(still))[0][0] == "sample.delivery.discarded"

    async def test_one_that_was_skipped_is_read_by_a_later_release(self, still: Ground) -> None:
        fragile = Fragile(still)
        fragile.is_broken = False
        await publish(still.work(), 1)
        await still.run("""update kernel.outbox set payload = payload || '{"weight": 1}'""")
        await still.relay().step()
        dispatcher = still.dispatcher(subscribe(fragile.on_made))
        await dispatcher.step()
        (delivery,) = (await deliveries(still).page(DeliveryQuery())).items
        assert delivery.state == "skipped"
        await deliveries(still).retry(RetryDelivery(id=delivery.id))
        await dispatcher.step()
        assert await still.counts("inbox") == {"skipped": 1}
        await still.run(
            "update kernel.inbox set envelope = jsonb_set(envelope, '{payload}', '\"{\\\"n\\\": 1}\"')"
        )
        await deliveries(still).retry(RetryDelivery(id=delivery.id))
        await dispatcher.step()
        assert await still.counts("inbox") == {"done": 1}


@covers("PLT-3", "PLT-13")
class TestJobs:
    async def dead(self, ground: Ground, count: int = 1) -> None:
        async with ground.work().begin() as unit:
            for n in range(count):
                unit.enqueue(Do(n=n))
        await ground.run("update kernel.job set attempts = 11")
        await ground.worker({Do: Fragile(ground).do}).step()

    async def test_a_dead_job_is_tried_again(self, still: Ground) -> None:
        await self.dead(still)
        (delivery,) = (await deliveries(still).page(DeliveryQuery(kind="job"))).items
        assert (delivery.state, delivery.name) == ("dead", "sample.do")
        await deliveries(still).retry(RetryDelivery(id=delivery.id))
        fragile = Fragile(still)
        fragile.is_broken = False
        await still.worker({Do: fragile.do}).step()
        assert await still.counts("job") == {"done": 1}

    async def test_a_dead_job_is_given_up(self, still: Ground) -> None:
        await self.dead(still)
        (delivery,) = (await deliveries(still).page(DeliveryQuery(kind="job"))).items
        await deliveries(still).discard(DiscardDelivery(id=delivery.id, reason="not needed"))
        assert await still.counts("job") == {"cancelled": 1}

    async def test_a_running_job_is_asked_to_stop(self, still: Ground) -> None:
        async def do(job: Do) -> None:
            (delivery,) = (await deliveries(still).page(DeliveryQuery(kind="job", state="running"))).items
            await deliveries(still).discard(DiscardDelivery(id=delivery.id, reason="too long"))

        async with still.work().begin() as unit:
            unit.enqueue(Do())
        await still.worker({Do: do}).step()
        assert await still.counts("job") == {"cancelled": 1}

    async def test_lists_come_in_pages_newest_first(self, still: Ground) -> None:
        await self.dead(still, 5)
        seen, cursor = [], None
        while True:
            page = await deliveries(still).page(DeliveryQuery(kind="job", limit=2, cursor=cursor))
            seen += [UUID(item.id.removeprefix("job:")) for item in page.items]
            if (cursor := page.next) is None:
                break
        assert seen == sorted(seen, reverse=True)
        assert len(seen) == 5

    async def test_progress_is_shown(self, still: Ground) -> None:
        async with still.work().begin() as unit:
            unit.enqueue(Do())
        await still.run("""update kernel.job set progress = '{"done": 3, "total": 7, "note": "half"}'""")
        (delivery,) = (await deliveries(still).page(DeliveryQuery(kind="job", state="ready"))).items
        assert (delivery.done, delivery.total, delivery.note) == (3, 7, "half")

    async def test_counts_by_state_are_of_this_service_alone(self, still: Ground) -> None:
        await self.dead(still, 2)
        async with still.work("kernel").begin() as unit:
            unit.enqueue(Do())
        await parked(still, Fragile(still), 1, 2)
        counts = await deliveries(still).counts(Query())
        assert counts.jobs == {"dead": 2}
        assert counts.events == {"parked": 1, "waiting": 1}


@covers("PLT-13")
class TestBadInput:
    @pytest.mark.parametrize(
        "wrong",
        ["", "job:", "job:7", "event:x:y", "mail:00000000-0000-7000-8000-000000000000",
         "job:00000000-0000-7000-8000-000000000000",
         "event:00000000-0000-7000-8000-000000000000:sample.on_made"],
    )  # fmt: skip
    async def test_what_is_not_there_is_a_404(self, ground: Ground, wrong: str) -> None:
        with pytest.raises(DeliveryNotFound):
            await deliveries(ground).retry(RetryDelivery(id=wrong))
        with pytest.raises(DeliveryNotFound):
            await deliveries(ground).discard(DiscardDelivery(id=wrong, reason="gone"))

    async def test_another_services_job_is_not_there(self, still: Ground) -> None:
        async with still.work("kernel").begin() as unit:
            job = unit.enqueue(Do())
        await still.run("update kernel.job set state = 'dead'")
        with pytest.raises(DeliveryNotFound):
            await deliveries(still).retry(RetryDelivery(id=f"job:{job}"))

    async def test_what_is_done_is_not_sent_again(self, still: Ground) -> None:
        async with still.work().begin() as unit:
            job = unit.enqueue(Do())
        await still.run("update kernel.job set state = 'done'")
        with pytest.raises(DeliveryNotFound):
            await deliveries(still).retry(RetryDelivery(id=f"job:{job}"))
        assert await audits(still) == []

    @pytest.mark.parametrize("cursor", ["x", "1 2 3", "'"])
    async def test_a_foreign_cursor_names_the_field(self, ground: Ground, cursor: str) -> None:
        with pytest.raises(Invalid) as told:
            await deliveries(ground).page(DeliveryQuery(cursor=cursor))
        assert told.value.errors[0].pointer == "/cursor"
        with pytest.raises(Invalid):
            await TableHealth(ground.database, "sample").errors(PageQuery(cursor=cursor))


@covers("PLT-12", "PLT-13")
class TestHealth:
    async def test_errors_by_group_newest_first_in_pages(self, still: Ground) -> None:
        fragile = Fragile(still)
        await parked(still, fragile, 1)
        still.database.errors.saw("sample", KeyError("another"))
        still.database.errors.saw("other", KeyError("elsewhere"))
        await MetricMinutes(still.database, "work-0").write()
        health = TableHealth(still.database, "sample")
        first = await health.errors(PageQuery(limit=1))
        second = await health.errors(PageQuery(limit=1, cursor=first.next))
        assert [page.items[0].title for page in (first, second)] == [
            "KeyError in sample",
            "ValueError in sample",
        ]
        assert second.items[0].count == 12
        assert second.next is None

    async def test_the_report_names_the_database(self, ground: Ground) -> None:
        report = await TableHealth(ground.database, "sample").report(Query())
        assert [(part.name, part.state) for part in report.parts] == [("PostgreSQL", "well")]
