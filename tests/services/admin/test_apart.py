"""The desk while every service stands behind a listener of its own: the same answers, the same refusals."""

from suuupra.kernel.auth import Principal
from suuupra.services.admin.api import AuditQuery, AuditTrail
from tests.covers import covers
from tests.house import StartHouse
from tests.services.admin.staff import REASON, member, owner, words


@covers("ADM-1", "ADM-30", "ADM-34", "ADM-40", "PLT-1")
async def test_promoted_refused_and_told_over_the_wire(start_house: StartHouse) -> None:
    async with start_house("admin", "content", binding="remote") as house:
        await house.run_until_idle()
        boss, meera = await owner(house), await member(house, "Meera Nair")
        here = f"/admin/users/{meera.id}"
        answer = await boss.act(here, f"{here}/role-changes", form="give-teacher", reason=REASON)
        assert answer.status_code == 303, words(answer.text)
        await house.run_until_idle()
        assert "roles: student → student, teacher" in await boss.read(here)
        own = f"/admin/users/{boss.id}"
        answer = await boss.act(own, f"{own}/role-changes", form="take-owner", reason=REASON)
        assert answer.status_code == 409
        assert "A site keeps at least one owner" in words(answer.text)
        shown = await boss.read("/admin")
        assert "has not answered" not in shown
        assert "Enrolments" in shown
        services = (await boss.api("GET", "/health")).json()["services"]
        assert {one.get("state", "well") for one in services} == {"well"}
        assert "identity.tell_contact" in await boss.read("/admin/jobs?state=done")
        auditor = Principal(kind="person", permissions=frozenset({"admin.desk.view", "admin.audit.read"}))
        with house.as_(auditor):
            found = await house.port(AuditTrail).entries(AuditQuery(action="identity.role.granted", limit=1))
        assert found.items[0].reason == REASON
