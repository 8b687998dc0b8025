"""The desk in a real browser: accessible in both themes and widths, live, whole without JavaScript."""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Response, expect

from suuupra.app.processes import running, server_of
from tests import postgres
from tests.barriers import violations
from tests.covers import covers
from tests.house import StandingHouse, standing_house
from tests.services.admin.staff import Seat, member, owner
from tests.services.admin.test_courses import Submitted, submitted
from tests.services.admin.test_deliveries import parked

OPEN_ALL = "document.querySelectorAll('main details').forEach((one) => { one.open = true; })"
OFF_THE_SIDE = """() => [...document.querySelectorAll('main *')].filter((node) => {
  const box = node.getBoundingClientRect();
  const hidden = node.closest('.sr-only, .tabs, .chips, pre, svg, dialog, .table-box');
  return box.width && box.right > innerWidth + 1 && !hidden;
}).map((node) => node.outerHTML.slice(0, 160))"""


@dataclass
class Office:
    """A house that is reached by a browser, with people and work in it."""

    house: StandingHouse
    address: str
    boss: Seat
    lead: Seat
    meera: Seat
    waiting: Submitted
    live: Submitted

    @property
    def pages(self) -> tuple[str, ...]:
        """Every page of the desk, with something on it."""
        return (
            *("", "/health", "/jobs?state=done", "/deliveries", "/errors", "/encodings"),
            *("/users", "/courses", "/approvals", "/audit"),
            f"/users/{self.meera.id}",
            f"/courses/{self.live.id}",
            f"/approvals/{self.waiting.case}",
        )


@dataclass
class Visit:
    """An open page and everything the browser had to say about it."""

    page: Page
    said: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))


@pytest.fixture(scope="module")
async def office(postgres_server: postgres.Server) -> AsyncIterator[Office]:
    name = await postgres.clone(postgres_server)
    door = socket.create_server(("127.0.0.1", 0))
    async with standing_house(postgres_server.url(name), "admin", "content", "vod") as house:
        await house.run_until_idle()
        async with running(server_of(house.app, house.premises.settings), [door]):
            boss, lead = await owner(house), await member(house, "Lakshmi Iyer", "admin")
            anjali, meera = await member(house, "Anjali Rao", "teacher"), await member(house, "Meera Nair")
            live = await submitted(anjali, "Calculus by hand")
            await boss.api("POST", f"/approvals/{live.case}/decision", json={"decision": "approve"})
            waiting = await submitted(anjali, "Waves, sound and the Fourier idea")
            await parked(house, "course:of-the-browser")
            address = f"http://127.0.0.1:{door.getsockname()[1]}"
            yield Office(house, address, boss, lead, meera, waiting, live)
    await postgres.drop(postgres_server, name)


async def signed_in(browser: Browser, office: Office, seat: Seat, **options: object) -> BrowserContext:
    """A browser with the session that somebody has already."""
    context = await browser.new_context(reduced_motion="reduce", **options)  # type: ignore[arg-type]
    for name, value in seat.client.cookies.items():
        await context.add_cookies([{"name": name, "value": value, "url": office.address}])
    return context


@covers("ADM-1", "ADM-10", "ADM-30", "ADM-34", "ADM-40", "PORT-33")
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light")])
async def test_axe_finds_nothing_and_nothing_runs_off_the_side(
    chromium: Browser, office: Office, theme: str, width: int
) -> None:
    context = await signed_in(chromium, office, office.boss)
    await context.add_cookies([{"name": "theme", "value": theme, "url": office.address}])
    visit = Visit(await context.new_page())
    visit.listen()
    await visit.page.set_viewport_size({"width": width, "height": 900})
    wrong = []
    for path in office.pages:
        answer = await visit.page.goto(f"{office.address}/admin{path}")
        assert answer is not None
        assert answer.status == 200, path
        await visit.page.evaluate(OPEN_ALL)
        wrong += [(path, *one) for one in await violations(visit.page)]
        wrong += [(path, "off the side", html) for html in await visit.page.evaluate(OFF_THE_SIDE)]
    await context.close()
    assert wrong == [], "\n".join(map(str, wrong))
    assert visit.said == []


@covers("ADM-1", "ADM-40")
async def test_a_teacher_is_promoted_and_her_next_page_leads_to_writing(
    chromium: Browser, office: Office
) -> None:
    context = await signed_in(chromium, office, office.lead)
    page = await context.new_page()
    await page.goto(f"{office.address}/admin")
    await page.get_by_role("link", name="Users").click()
    await page.get_by_role("searchbox", name="Name or mail address").fill("meera")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Meera Nair").click()
    teacher = page.locator("form", has=page.get_by_role("button", name="Make teacher"))
    await teacher.get_by_label("Reason").fill("she taught this for ten years")
    await teacher.get_by_role("button", name="Make teacher").click()
    await expect(page.get_by_text("The role was given. It holds at the next request.")).to_be_visible()
    await expect(page.locator("#roles").get_by_text("Teacher", exact=True).first).to_be_visible()
    assert "New course" in (await office.meera.get("/settings/profile")).text
    await office.house.run_until_idle()
    await page.reload()
    await expect(page.get_by_text("roles: student → student, teacher")).to_be_visible()
    await context.close()


@covers("ADM-1", "ADM-2")
async def test_without_javascript_a_form_is_sent_and_its_refusal_read(
    chromium: Browser, office: Office
) -> None:
    context = await signed_in(chromium, office, office.lead, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{office.address}/admin/users/{office.boss.id}")
    await page.locator("summary", has_text="Suspend").click()
    form = page.locator("form", has=page.get_by_role("button", name="Suspend"))
    await form.get_by_label("Reason").fill("to see what happens")
    await form.get_by_role("button", name="Suspend").click()
    await expect(page.get_by_role("alert")).to_contain_text("This person's role is not below yours")
    await expect(page.get_by_label("Reason").locator("visible=true").last).to_be_visible()
    await context.close()


def is_poll(answer: Response) -> bool:
    return answer.request.headers.get("hx-request") == "true"


@covers("ADM-30")
async def test_a_list_keeps_itself_fresh_and_what_has_focus_keeps_it(
    chromium: Browser, office: Office
) -> None:
    context = await signed_in(chromium, office, office.boss)
    page = await context.new_page()
    await page.goto(f"{office.address}/admin/jobs?state=done")
    tab = page.get_by_role("link", name="Waiting")
    await tab.focus()
    async with page.expect_response(is_poll) as polled:
        pass
    assert (await polled.value).status == 200
    assert "<html" not in await (await polled.value).text()
    await expect(tab).to_be_focused()
    await expect(page.get_by_role("table", name="Jobs, done")).to_be_visible()
    assert await page.get_by_role("navigation", name="States of jobs").count() == 1
    await context.close()


@covers("ADM-34", "ADM-40")
async def test_a_parked_event_is_sent_again_from_its_trace(chromium: Browser, office: Office) -> None:
    context = await signed_in(chromium, office, office.boss)
    page = await context.new_page()
    await page.goto(f"{office.address}/admin/deliveries")
    card = page.get_by_role("article", name="admin.on_audited").first
    await card.locator("summary", has_text="Trace").click()
    await expect(card.locator("pre")).to_contain_text("does not exist")
    await card.locator("summary", has_text="Send again").click()
    form = card.locator("form", has=page.get_by_role("button", name="Send again"))
    await form.get_by_label("Reason").fill("the table is back")
    await form.get_by_role("button", name="Send again").click()
    await expect(page.get_by_text("Sent again.")).to_be_visible()
    await office.house.run_until_idle()
    await page.reload()
    await expect(page.get_by_text("Nothing waits for a person")).to_be_visible()
    await context.close()
