"""A handler that breaks: its event parks, shows its trace, is sent again with a reason, or given up."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote

import pytest

from tests.covers import covers
from tests.house import StandingHouse
from tests.services.admin.staff import Seat, words
from tests.services.admin.test_trail import bare, entries, publish

HERE = "/admin/deliveries"
NEARLY_PARKED = "update kernel.inbox set attempts = 11, next_at = now() where state = 'failed' and key = $1"


@asynccontextmanager
async def broken_handler(house: StandingHouse) -> AsyncIterator[Any]:
    """Admin's own handler without its table: every event fails while this holds."""
    async with bare(house) as database:
        await database.execute("alter table admin.audit_entry rename to audit_hidden")
        try:
            yield database
        finally:
            await database.execute("alter table admin.audit_hidden rename to audit_entry")


async def parked(house: StandingHouse, target: str) -> str:
    """An event that has failed as often as it may; its reference at the desk."""
    async with broken_handler(house) as database:
        await publish(house, target)
        await database.execute(NEARLY_PARKED, target)
        await house.run_until_idle()
        row = await database.fetchrow("select * from kernel.inbox where key = $1", target)
    assert row["state"] == "parked", dict(row)
    return f"admin:event:{row['event_id']}:{row['handler']}"


@covers("ADM-34", "PLT-2")
async def test_a_parked_event_shows_its_trace_and_is_sent_again(house: StandingHouse, boss: Seat) -> None:
    reference = await parked(house, "course:parked")
    shown = await boss.read(HERE)
    assert "admin.on_audited" in shown
    assert 'relation "admin.audit_entry" does not exist' in shown
    assert re.search(r"\d events? (is|are) parked", await boss.read("/admin"))
    action = f"{HERE}/{reference}/retries"
    assert (await boss.act(HERE, action, reason="")).status_code == 422
    answer = await boss.act(HERE, action, reason="the table is back")
    assert answer.status_code == 303, words(answer.text)
    await house.run_until_idle()
    assert len(await entries(house, target="course:parked")) == 1
    assert reference not in unquote((await boss.get(HERE)).text)
    [retried] = await entries(house, target=reference.removeprefix("admin:"))
    assert (retried.action, retried.reason) == ("admin.delivery.retried", "the table is back")
    again = await boss.api("POST", f"/deliveries/{reference}/retries", json={"reason": "once more"})
    assert again.status_code == 404
    assert again.json()["type"] == "/problems/kernel/delivery-not-found"


@covers("ADM-34")
async def test_a_discarded_event_is_never_handled_and_the_reason_is_kept(
    house: StandingHouse, boss: Seat
) -> None:
    reference = await parked(house, "course:discarded")
    answer = await boss.act(HERE, f"{HERE}/{reference}/discards", reason="a test of last year")
    assert answer.status_code == 303
    await house.run_until_idle()
    assert await entries(house, target="course:discarded") == ()
    [discarded] = await entries(house, action="admin.delivery.discarded")
    assert discarded.reason == "a test of last year"
    skipped = (await boss.api("GET", "/deliveries?state=skipped")).json()
    assert reference in {one["reference"] for one in skipped["items"]}


@covers("ADM-34")
@pytest.mark.parametrize(
    "query", ["kind=letter", "state=lost", "service=nobody", "cursor=forged", "service=admin&cursor=forged"]
)
async def test_a_list_that_is_none_is_refused(house: StandingHouse, boss: Seat, query: str) -> None:
    assert (await boss.api("GET", f"/deliveries?{query}")).status_code == 422
    assert (await boss.get(f"{HERE}?{query.replace('state=lost', 'kind=lost')}")).status_code == 422


@covers("ADM-34")
@pytest.mark.parametrize("reference", ["nobody:job:7", "admin:", "admin:job:7", "admin:event:7:x", "x"])
async def test_a_delivery_that_is_none_is_not_found(house: StandingHouse, boss: Seat, reference: str) -> None:
    for act in ("retries", "discards"):
        answer = await boss.api("POST", f"/deliveries/{reference}/{act}", json={"reason": "for the test"})
        assert answer.status_code == 404


@covers("ADM-30", "ADM-34")
async def test_jobs_are_listed_by_state_and_paged_by_service(
    house: StandingHouse, boss: Seat, asha: Seat
) -> None:
    shown = await boss.read("/admin/jobs?state=done")
    assert "content.register_messages" in shown
    first = (await boss.api("GET", "/jobs?state=done&service=identity")).json()
    assert first["jobs"]["items"]
    page = (await boss.api("GET", "/deliveries?kind=job&state=done&service=identity&limit=1")).json()
    [one], cursor = page["items"], page["more"]["identity"]
    older = f"/deliveries?kind=job&state=done&service=identity&limit=1&cursor={cursor}"
    [next_one] = (await boss.api("GET", older)).json()["items"]
    assert next_one["reference"] != one["reference"]
    assert (await boss.api("GET", older.replace("state=done", "state=dead"))).status_code == 422
    assert "Nothing runs right now" in await boss.read("/admin/jobs")


@covers("ADM-30")
async def test_errors_that_look_alike_are_one_group(house: StandingHouse, boss: Seat) -> None:
    from suuupra.platform.postgres import MetricMinutes

    await parked(house, "course:error-one")
    await parked(house, "course:error-two")
    await MetricMinutes(house.premises.database, "web-0").write()
    shown = await boss.read("/admin/errors")
    assert shown.count("Trace of the last one") == 1
    [group] = (await boss.api("GET", "/errors")).json()["items"]
    assert group["service"] == "admin"
    assert group["group"]["count"] >= 2
