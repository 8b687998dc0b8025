"""Pages of portal over a real house."""

import json
import re

import pytest

from tests.covers import covers
from tests.house import StartHouse
from tests.journeys.people import Company
from tests.journeys.test_first_lesson import a_course, published


@covers("PORT-1", "PORT-30", "PORT-34")
@pytest.mark.parametrize("binding", ["local", "remote"])
async def test_a_stranger_sees_home_and_catalogue(start_house: StartHouse, binding: str) -> None:
    async with start_house("portal", binding=binding) as house:
        client = house.client()
        for path in ("/", "/courses", "/categories/physics"):
            page = await client.get(path)
            assert page.status_code == 200, page.text[:2000]
            assert "<h1" in page.text
            assert "public" in page.headers["cache-control"]
        assert (await client.get("/learn")).headers["location"].startswith("/sign-in?next=%2Flearn")


@covers("PORT-2", "PORT-20", "PORT-10", "CON-16", "CON-5", "CON-6")
async def test_a_course_from_the_desk_to_the_shelf(start_house: StartHouse) -> None:
    async with start_house() as house:
        company = Company(house)
        teacher = await company.with_role("anjali@example.org", "Anjali Rao", "teacher")
        reviewer = await company.with_role("farida@example.org", "Farida Sheikh", "admin")
        course = await a_course(teacher)
        assert "Draft" in (await teacher.get("/teach")).text
        slug = await published(teacher, reviewer, course)
        desk = (await teacher.get("/teach")).text
        assert "Published" in desk
        assert f"/teach/courses/{course['id']}/students" in desk
        assert "Students" in (await teacher.get(f"/teach/courses/{course['id']}/students")).text
        learner = await company.joined("nidhi@example.org", "Nidhi Sharma")
        await learner.get("/teach", 403)
        await learner.get(f"/teach/courses/{course['id']}", 403)
        page = await learner.get(f"/courses/{slug}")
        assert "no-store" in page.headers["cache-control"]
        found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.DOTALL)
        kinds = {json.loads(block)["@type"]: json.loads(block) for block in found}
        assert kinds["Course"]["offers"]["price"] == 0
        assert kinds["Course"]["hasCourseInstance"]["instructor"]["name"] == "Anjali Rao"
        assert "BreadcrumbList" in kinds
        await learner.post_form(f"/courses/{slug}/enrolment")
        assert "Nidhi Sharma" in (await teacher.get(f"/teach/courses/{course['id']}/students/")).text
        assert "Carry on, Nidhi" in (await learner.get("/")).text
        await learner.post_form(f"/learn/{slug}/departure")
        assert "You left it" in (await learner.get("/learn")).text


@covers("PORT-1", "PORT-37")
async def test_odd_questions_to_the_catalogue_are_tidied_and_said(start_house: StartHouse) -> None:
    async with start_house("portal") as house:
        client = house.client()
        long = await client.get("/courses", params={"q": "wave " * 1_000})
        assert "longer than 200 characters" in long.text
        odd = await client.get("/courses", params={"q": "a\x00b\x07", "level": "wizard", "sort": "luck"})
        assert odd.status_code == 200
        assert "left out" in odd.text
        forged = await client.get("/courses", params={"cursor": "forged"})
        assert forged.status_code == 422
        assert (await client.get("/courses/no-such-course")).status_code == 404


@covers("PORT-30", "PORT-33")
async def test_the_theme_is_kept_for_the_person_and_sent_with_each_page(start_house: StartHouse) -> None:
    async with start_house("portal") as house:
        person = await Company(house).joined("nidhi@example.org", "Nidhi Sharma")
        await person.post_form("/account/appearance", theme="dark")
        assert 'data-theme="dark"' in (await person.get("/courses")).text
        assert (await person.get("/api/v1/me/preferences")).json() == {"theme": "dark"}
        wrong = await person.send("PUT", "/api/v1/me/preferences", {"theme": "pink"}, 422)
        assert wrong["errors"][0]["pointer"] == "/theme"
