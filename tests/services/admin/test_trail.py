"""The audit trail: kept once with its hash, read in pages, never changed without being noticed."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import rfc8785
from sqlalchemy import make_url

from suuupra.kernel.audit import audited
from suuupra.kernel.auth import Principal, service_principal
from suuupra.kernel.problems import Forbidden, Invalid, Unauthenticated
from suuupra.services.admin.api import AuditEntry, AuditQuery, AuditTrail
from suuupra.services.admin.service.trail import CheckAudit
from suuupra.services.admin.store import newest
from tests.covers import covers
from tests.house import StandingHouse
from tests.services.admin.staff import Seat

AUDITOR = Principal(kind="person", permissions=frozenset({"admin.desk.view", "admin.audit.read"}))

TWENTY_THOUSAND = """
insert into admin.audit_entry
select gen_random_uuid(), now() - n * interval '1 second', 'source' || n % 9, 'actor' || n % 50,
  'action' || n % 40, 'target' || n % 900, null, '{}', '{}', '', '', ''
from generate_series(1, 20000) n
"""


@asynccontextmanager
async def bare(house: StandingHouse) -> AsyncIterator[Any]:
    """The database as its owner reaches it, past every service."""
    url = house.premises.settings.database_url.get_secret_value()
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def publish(house: StandingHouse, *targets: str, action: str = "content.course.tested") -> None:
    """Facts through the outbox of another service."""
    work = house.estates["content"].house.works["content"]
    with house.as_(service_principal("content")):
        for target in targets:
            async with work.begin() as unit:
                unit.publish(audited(action, target, before={"a": 1}, after={"a": 2}, reason="a test"))
    await house.run_until_idle()


async def entries(house: StandingHouse, **filters: Any) -> tuple[AuditEntry, ...]:
    with house.as_(AUDITOR):
        return (await house.port(AuditTrail).entries(AuditQuery(**filters))).items


@covers("ADM-40", "PLT-9")
async def test_a_fact_of_another_service_is_kept_once_with_the_hash_of_its_leaf(house: StandingHouse) -> None:
    await publish(house, "course:kept")
    await house.run_until_idle()
    [entry] = await entries(house, target="course:kept")
    assert (entry.actor, entry.source, entry.reason) == ("content", "content", "a test")
    leaf = entry.model_dump(mode="json", exclude={"leaf_hash", "is_intact", "at"})
    leaf["at"] = entry.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert entry.leaf_hash == hashlib.sha256(b"\x00" + rfc8785.dumps(leaf)).hexdigest()
    assert entry.is_intact
    async with bare(house) as database:
        stored = await database.fetchval(
            "select leaf_hash from admin.audit_entry where event_id = $1", entry.id
        )
    assert stored.hex() == entry.leaf_hash


@covers("ADM-40")
async def test_entries_come_newest_first_by_pages_and_by_filter(house: StandingHouse) -> None:
    for number in range(5):
        await publish(house, f"course:page-{number}", action="content.page.tested")
    with house.as_(AUDITOR):
        trail, asked = house.port(AuditTrail), AuditQuery(action="content.page.tested", limit=2)
        seen, cursor = [], None
        while True:
            page = await trail.entries(asked.model_copy(update={"cursor": cursor}))
            seen += [entry.target for entry in page.items]
            if (cursor := page.next) is None:
                break
    assert seen == [f"course:page-{number}" for number in (4, 3, 2, 1, 0)]
    [first, *_] = await entries(house, target="course:page-2")
    assert await entries(house, target="course:page-2", until_at=first.at) == ()
    assert len(await entries(house, target="course:page-2", since_at=first.at)) == 1


@covers("ADM-40")
async def test_a_cursor_that_is_forged_or_of_another_question_is_refused(house: StandingHouse) -> None:
    await publish(house, "course:one", "course:two", action="content.cursor.tested")
    with house.as_(AUDITOR):
        trail = house.port(AuditTrail)
        page = await trail.entries(AuditQuery(action="content.cursor.tested", limit=1))
        assert page.next is not None
        for cursor, action in ((page.next, "other"), ("forged", "content.cursor.tested")):
            with pytest.raises(Invalid) as caught:
                await trail.entries(AuditQuery(action=action, cursor=cursor))
            assert caught.value.errors[0].pointer == "/cursor"


@covers("ADM-2", "ADM-40")
async def test_the_trail_is_for_those_who_may_read_it(house: StandingHouse) -> None:
    trail = house.port(AuditTrail)
    sits = Principal(kind="person", permissions=frozenset({"admin.desk.view"}))
    with house.as_(sits), pytest.raises(Forbidden):
        await trail.entries(AuditQuery())
    with house.as_(Principal()), pytest.raises(Unauthenticated):
        await trail.entries(AuditQuery())


@covers("ADM-40")
async def test_what_somebody_did_and_what_was_done_to_them_stand_together(
    house: StandingHouse, boss: Seat, asha: Seat
) -> None:
    about_her = await entries(house, about=asha.id)
    assert about_her
    assert {entry.target for entry in about_her} == {f"account:{asha.id}"}
    about_boss = await entries(house, about=boss.id)
    assert all(str(boss.id) in {entry.actor, entry.target.removeprefix("account:")} for entry in about_boss)


@covers("ADM-40")
@pytest.mark.parametrize(
    "statement", ["update admin.audit_entry set reason = 'x'", "delete from admin.audit_entry"]
)
async def test_the_table_only_grows_even_for_the_owner_of_the_database(
    house: StandingHouse, statement: str
) -> None:
    async with bare(house) as database:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only added"):
            await database.execute(statement)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.execute("truncate admin.audit_entry")


@covers("ADM-40", "ADM-34")
async def test_an_edited_row_is_named_by_the_check_and_marked_on_the_page(
    house: StandingHouse, boss: Seat
) -> None:
    await publish(house, "course:edited")
    [entry] = await entries(house, target="course:edited")
    edit = "update admin.audit_entry set reason = $2 where event_id = $1"
    async with bare(house) as database:
        await database.execute("alter table admin.audit_entry disable trigger audit_entry_is_kept")
        await database.execute(edit, entry.id, "a better story")
    work = house.estates["admin"].house.works["admin"]
    async with work.begin() as unit:
        unit.enqueue(CheckAudit())
    await house.run_until_idle()
    shown = await boss.read("/admin/deliveries?kind=job")
    assert "admin.check_audit" in shown
    assert str(entry.id) in shown
    assert "Altered" in await boss.read("/admin/audit?target=course:edited")
    assert not (await entries(house, target="course:edited"))[0].is_intact
    async with bare(house) as database:
        await database.execute(edit, entry.id, entry.reason)
        await database.execute("alter table admin.audit_entry enable trigger audit_entry_is_kept")
    reference = (await boss.api("GET", "/deliveries?kind=job")).json()["items"][0]["reference"]
    sent = await boss.api("POST", f"/deliveries/{reference}/retries", json={"reason": "the row is mended"})
    assert sent.status_code == 200, sent.text
    await house.run_until_idle()
    assert "admin.check_audit" not in await boss.read("/admin/deliveries?kind=job")
    [retried] = await entries(house, action="admin.delivery.retried")
    assert (retried.actor, retried.reason) == (str(boss.id), "the row is mended")


@covers("ADM-40")
@pytest.mark.parametrize("text", ["%00", "x" * 201, "a%00b"])
async def test_odd_text_in_a_filter_is_named(house: StandingHouse, boss: Seat, text: str) -> None:
    for name in ("actor", "action", "target", "source"):
        answer = await boss.api("GET", f"/audit?{name}={text}")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{name}")
    assert (await boss.get(f"/admin/audit?action={text[:3]}")).status_code in {200, 422}


@covers("ADM-40")
@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "0001-01-01", "9999-12-31"])
async def test_a_day_that_is_none_is_named(house: StandingHouse, boss: Seat, day: str) -> None:
    answer = await boss.get(f"/admin/audit?since={day}")
    assert answer.status_code == 422


@covers("ADM-40")
async def test_days_are_those_of_the_reader(house: StandingHouse, boss: Seat) -> None:
    await publish(house, "course:today")
    [entry] = await entries(house, target="course:today")
    day = entry.at.astimezone(ZoneInfo("Asia/Kolkata")).date().isoformat()
    assert "course:today" in await boss.read(f"/admin/audit?target=course:today&since={day}&until={day}")
    assert "Nothing matches" in await boss.read("/admin/audit?target=course:today&until=2020-01-01")


@covers("ADM-40")
async def test_each_filter_walks_an_index_and_sorts_nothing(house: StandingHouse, boss: Seat) -> None:
    dialect = make_url("postgresql+asyncpg://").get_dialect()()
    place = (datetime(2026, 11, 21, tzinfo=UTC), boss.id)
    filters: list[dict[str, Any]] = [{}, {"actor": "actor7"}, {"action": "action7"}, {"target": "target7"}]
    filters += [{"source": "source7"}, {"about": boss.id}, {"actor": "actor7", "since_at": place[0]}]
    async with bare(house) as database:
        written = database.transaction()
        await written.start()
        await database.execute(TWENTY_THOUSAND)
        await database.execute("analyze admin.audit_entry")
        for one in filters:
            for sought in newest(AuditQuery(**one), place, 51):
                text = sought.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
                plan = [row[0] for row in await database.fetch(f"explain {text}")]
                assert any("Index Scan" in line for line in plan), (one, plan)
                assert not any("Sort" in line or "Seq Scan" in line for line in plan), (one, plan)
        await written.rollback()
