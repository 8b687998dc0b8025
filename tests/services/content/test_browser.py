"""The editor, the students' list and the join page in a real browser: accessible, live, quiet."""

import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from suuupra.app.processes import running, server_of
from tests import postgres
from tests.barriers import barriers
from tests.covers import covers
from tests.house import standing_house
from tests.services.content.academy import Academy
from tests.services.identity.people import browser as member_of
from tests.services.identity.people import staff_member

WIDE = 600
OPEN_ALL = "document.querySelectorAll('main details').forEach((one) => { one.open = true; })"


@dataclass
class Workplace:
    """A house behind a port, its people, and what they work on."""

    academy: Academy
    address: str
    draft: dict[str, str] = field(default_factory=dict)
    live: dict[str, str] = field(default_factory=dict)
    video: str = ""
    link: str = ""

    def pages(self) -> dict[str, str]:
        """Every page of content with something on it, and who looks."""
        editor = f"/teach/courses/{self.draft['id']}/editor"
        article = f"{editor}/lessons/{self.draft['lessons'][0]}"
        return {
            "/teach/courses/new/editor/": "teacher",
            f"/teach/courses/{self.draft['id']}": "teacher",
            f"{editor}/": "teacher",
            f"{editor}/details": "teacher",
            article: "teacher",
            f"{editor}/lessons/{self.video}": "teacher",
            f"{editor}/nodes/{self.video}/deletion": "teacher",
            f"/teach/courses/{self.live['id']}/editor/withdrawal": "teacher",
            f"/teach/courses/{self.live['id']}/students/": "teacher",
            f"/teach/courses/{self.live['id']}/revisions/1": "reviewer",
            self.link: "learner",
        }


@pytest.fixture(scope="module")
async def workplace(postgres_server: postgres.Server) -> AsyncIterator[Workplace]:
    name = await postgres.clone(postgres_server)
    door = socket.create_server(("127.0.0.1", 0))
    async with standing_house(postgres_server.url(name), "portal", "content", "vod") as house:
        await house.run_until_idle()
        async with running(server_of(house.app, house.premises.settings), [door]):
            teacher, teacher_id = await staff_member(house, "teacher")
            reviewer, reviewer_id = await staff_member(house, "moderator")
            learner = member_of(house)
            people = {"teacher": teacher, "reviewer": reviewer, "learner": learner}
            ids = {"teacher": teacher_id, "reviewer": reviewer_id, "learner": await learner.join()}
            academy = Academy(house, people, ids)
            place = Workplace(academy, f"http://127.0.0.1:{door.getsockname()[1]}")
            place.draft = await academy.write("# Scale\n\n| a | b |\n|---|---|\n| 1 | 2 |", "Two.")
            place.live = await academy.publish("Words.", admission="granted")
            made = {"section_id": place.draft["section"], "kind": "video", "title": "Strings"}
            lesson = await academy.api("teacher", "POST", f"/courses/{place.draft['id']}/lessons", json=made)
            place.video = lesson.json()["id"]
            body = {"addresses": [learner.address, "ravi@example.org"]}
            await academy.api("teacher", "POST", f"/courses/{place.live['id']}/invitations", json=body)
            place.link = await academy.invitation_link(learner.address)
            yield place
    await postgres.drop(postgres_server, name)


async def context_of(
    chromium: Browser, place: Workplace, who: str, *, width: int = 1280, theme: str = "light"
) -> BrowserContext:
    """Signed in by the cookie of somebody's own browser."""
    height = 844 if width < WIDE else 900
    context = await chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if theme == "dark" else "light"
    )
    jar = place.academy.people[who].client.cookies.jar
    await context.add_cookies(
        [{"name": one.name, "value": one.value or "", "url": place.address} for one in jar]
    )
    return context


async def listened(context: BrowserContext) -> tuple[Page, list[str]]:
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return page, said


@covers("CON-1", "PORT-33")
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light")])
async def test_no_page_of_content_has_a_barrier(
    workplace: Workplace, chromium: Browser, width: int, theme: str
) -> None:
    wrong: list[object] = []
    opened: dict[str, tuple[Page, list[str]]] = {}
    for path, who in workplace.pages().items():
        if who not in opened:
            context = await context_of(chromium, workplace, who, width=width, theme=theme)
            opened[who] = await listened(context)
        page, said = opened[who]
        answer = await page.goto(workplace.address + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        await page.evaluate(OPEN_ALL)
        wrong += [(path, *one) for one in await barriers(page)]
        wrong += [(path, text) for text in said]
        said.clear()
    for page, _ in opened.values():
        await page.context.close()
    assert not wrong, "\n".join(map(str, wrong))


@covers("CON-1")
async def test_inside_the_frame_sections_come_and_lessons_move_without_a_reload(
    workplace: Workplace, chromium: Browser
) -> None:
    course = await workplace.academy.write("One.", "Two.")
    context = await context_of(chromium, workplace, "teacher")
    page, said = await listened(context)
    await page.goto(f"{workplace.address}/teach/courses/{course['id']}")
    await expect(page.get_by_role("heading", name="Checklist")).to_be_visible()
    await page.evaluate("window.stayed = true")
    await page.get_by_label("Title of the section").fill("Week 2")
    await page.get_by_role("button", name="Add section").click()
    await expect(page.get_by_role("heading", name="Week 2")).to_be_visible()
    titles = page.locator("#editor .pairs a.link")
    before = await titles.all_inner_texts()
    await page.get_by_role("button", name=re.compile("Move .*" + re.escape(before[1]) + ".* up")).click()
    await expect(titles.first).to_have_text(before[1])
    assert await page.evaluate("window.stayed"), "the page was not loaded anew"
    assert not said, said
    await context.close()


@covers("CON-2")
async def test_the_preview_follows_what_is_typed(workplace: Workplace, chromium: Browser) -> None:
    course = await workplace.academy.write("Old.")
    context = await context_of(chromium, workplace, "teacher")
    page, said = await listened(context)
    await page.goto(f"{workplace.address}/teach/courses/{course['id']}/editor/lessons/{course['lessons'][0]}")
    await page.get_by_label("Text in Markdown").fill("**Bold** and\n\n<script>alert(1)</script>")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.locator("#preview strong")).to_have_text("Bold")
    await expect(page.locator("#preview")).to_contain_text("Left out")
    await expect(page.get_by_label("Text in Markdown")).to_have_value(re.compile("Bold"))
    assert not said, said
    await context.close()


@covers("CON-16")
async def test_people_are_invited_without_leaving_the_list(workplace: Workplace, chromium: Browser) -> None:
    context = await context_of(chromium, workplace, "teacher")
    page, said = await listened(context)
    await page.goto(f"{workplace.address}/teach/courses/{workplace.live['id']}/students")
    await page.get_by_label("Mail addresses").fill("asha@example.org, nonsense")
    await page.get_by_role("button", name="Send invitations").click()
    await expect(page.get_by_role("status").filter(has_text="asha@example.org")).to_contain_text("Invited")
    await expect(page.get_by_label("Mail addresses")).to_have_value("nonsense")
    assert not said, said
    await context.close()
