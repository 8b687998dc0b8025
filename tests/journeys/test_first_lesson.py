"""The first lesson, from sign-up to a completed course: all in one process, and each service apart."""

import re
from typing import Any

import pytest

from tests.covers import covers
from tests.house import StartHouse
from tests.journeys.people import Company, Person

ARTICLE = "A wave is a shape that moves.\n\n" * 3


async def a_course(teacher: Person, admission: str = "open") -> dict[str, Any]:
    """One article, described, ready to be submitted."""
    facts = {
        "title": "Waves by hand",
        "summary": "Ropes and drums.",
        "category": "physics",
        "level": "beginner",
    }
    course = await teacher.send("POST", "/api/v1/courses", facts, 201)
    base = f"/api/v1/courses/{course['id']}"
    section = await teacher.send("POST", f"{base}/sections", {"title": "One wave"}, 201)
    lesson = {"section_id": section["id"], "title": "A rope", "kind": "article", "markdown": ARTICLE}
    made = await teacher.send("POST", f"{base}/lessons", lesson, 201)
    return {"id": course["id"], "base": base, "lesson": made["id"], "admission": admission}


async def published(teacher: Person, reviewer: Person, course: dict[str, Any]) -> str:
    """Submitted, approved; its slug."""
    case = await teacher.send("POST", f"{course['base']}/submission", {"admission": course["admission"]}, 201)
    await teacher.send("POST", f"/api/v1/approval-cases/{case['id']}/decision", {"decision": "approve"}, 403)
    await reviewer.send("POST", f"/api/v1/approval-cases/{case['id']}/decision", {"decision": "approve"}, 200)
    found = (await teacher.get(f"{course['base']}/draft")).json()
    return str(found["slug"])


@covers(
    "ID-1", "ID-13", "ID-20", "CON-1", "CON-13", "CON-16", "CON-18", "PORT-1", "PORT-2", "PORT-10", "PORT-11"
)
@pytest.mark.parametrize("binding", ["local", "remote"])
async def test_sign_up_write_approve_find_join_read_complete(start_house: StartHouse, binding: str) -> None:
    async with start_house(binding=binding) as house:
        company = Company(house)
        teacher = await company.with_role("anjali@example.org", "Anjali Rao", "teacher")
        reviewer = await company.with_role("farida@example.org", "Farida Sheikh", "admin")
        course = await a_course(teacher)
        slug = await published(teacher, reviewer, course)
        stranger = company.stranger()
        assert "Waves by hand" in (await stranger.get("/courses")).text
        page = (await stranger.get(f"/courses/{slug}")).text
        assert '"price": 0' in page or '"price":0' in page
        learner = await company.joined("nidhi@example.org", "Nidhi Sharma")
        await learner.post_form(f"/courses/{slug}/enrolment")
        assert "A rope" in (await learner.get(f"/learn/{slug}")).text
        lesson = f"/learn/{slug}/{course['lesson']}"
        assert "A wave is a shape" in (await learner.get(lesson)).text
        await learner.send("PUT", f"{course['base']}/lessons/{course['lesson']}/mark", {"is_done": True})
        await house.run_until_idle()
        progress = (await learner.get(f"/api/v1/me/courses/{course['id']}/progress")).json()
        assert "1000" in str(progress)
        assert "Waves by hand" in (await learner.get("/learn")).text
        roster = (await teacher.get(f"{course['base']}/enrolments")).json()
        assert [item["enrolment"]["learner_id"] for item in roster["items"]] == [learner.id]
        mails = [mail.subject for mail in await house.mails("anjali@example.org")]
        assert any("approved" in subject for subject in mails), mails
        bell = (await teacher.get("/api/v1/notifications")).json()["items"]
        assert any("Nidhi Sharma" in item["title"] + item["text"] for item in bell), bell


@covers("CON-16", "ID-1", "NT-1")
@pytest.mark.parametrize("binding", ["local", "remote"])
async def test_invite_join_leave_remove(start_house: StartHouse, binding: str) -> None:
    async with start_house(binding=binding) as house:
        company = Company(house)
        teacher = await company.with_role("imran@example.org", "Imran Siddiqui", "teacher")
        reviewer = await company.with_role("farida@example.org", "Farida Sheikh", "admin")
        course = await a_course(teacher, "granted")
        slug = await published(teacher, reviewer, course)
        learner = await company.joined("meera@example.org", "Meera Nambiar")
        refused = await learner.send("POST", "/api/v1/enrolments", {"course_id": course["id"]}, 403)
        assert refused["type"] == "/problems/content/course-not-open"
        invited = {"addresses": ["meera@example.org"]}
        await teacher.send("POST", f"{course['base']}/invitations", invited, 202)
        link = await company.mailed("meera@example.org", "/join/")
        assert "Waves by hand" in (await learner.get(link)).text
        token = link.removeprefix("/join/")
        enrolment = await learner.send("POST", f"/api/v1/course-invitations/{token}/acceptance", status=201)
        again = await learner.send("POST", f"/api/v1/course-invitations/{token}/acceptance", status=410)
        assert again["type"] == "/problems/content/link-spent"
        await learner.get(f"/learn/{slug}/{course['lesson']}")
        await teacher.send("POST", f"/api/v1/enrolments/{enrolment['id']}/revocation", {"reason": ""}, 422)
        reason = {"reason": "This class is for the second year."}
        await teacher.send("POST", f"/api/v1/enrolments/{enrolment['id']}/revocation", reason)
        await house.run_until_idle()
        gone = await learner.client.get(f"/learn/{slug}/{course['lesson']}")
        assert gone.status_code == 403
        assert "second year" in (await learner.get("/learn")).text


@covers("ID-10", "ID-13", "ADM-1", "ADM-40", "ID-25")
@pytest.mark.parametrize("binding", ["local", "remote"])
async def test_promote_suspend_sign_out_everywhere(start_house: StartHouse, binding: str) -> None:
    async with start_house(binding=binding) as house:
        company = Company(house)
        teacher = await company.with_role("anjali@example.org", "Anjali Rao", "teacher")
        assert re.search(r'href="/teach"', (await teacher.get("/")).text)
        owner = await company.the_owner()
        other = await company.entered(company.stranger("anjali@example.org"))
        await other.send("DELETE", "/api/v1/me/sessions")
        assert (await teacher.client.get("/api/v1/me")).status_code == 401
        back = await company.entered(company.stranger("anjali@example.org"))
        body = {"reason": "Conduct towards learners."}
        await owner.send("PUT", f"/api/v1/users/{teacher.id}/suspension", body)
        assert (await back.client.get("/api/v1/me")).status_code == 401
        await house.run_until_idle()
        trail = (await owner.get("/api/v1/admin/audit")).json()
        actions = {entry["action"] for entry in trail["items"]}
        assert {"identity.role.granted"} <= actions


@covers("CON-4", "CON-17", "PORT-37")
async def test_what_is_not_there_for_you_is_not_found(start_house: StartHouse) -> None:
    async with start_house() as house:
        company = Company(house)
        teacher = await company.with_role("anjali@example.org", "Anjali Rao", "teacher")
        course = await a_course(teacher)
        draft = (await teacher.get(f"{course['base']}/draft")).json()
        stranger = company.stranger()
        for path in (f"/courses/{draft['slug']}", f"/learn/{draft['slug']}/{course['lesson']}"):
            page = await stranger.client.get(path)
            assert page.status_code == 404, path
            assert "Waves by hand" not in page.text
