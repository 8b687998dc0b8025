"""The first lesson in a real browser: signing up, uploading, watching, carrying on elsewhere."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from suuupra.app.processes import listen, running, server_of
from tests.barriers import violations
from tests.covers import covers
from tests.house import StandingHouse, StartHouse
from tests.journeys.people import PASSWORD, Company, Person
from tests.journeys.test_first_lesson import a_course, published
from tests.services.vod.films import film

PATIENCE_MS = 20_000
WATCHED_S, FRAMES_MIN = 2, 10


@contextlib.asynccontextmanager
async def open_site(start_house: StartHouse, port: int) -> AsyncIterator[tuple[StandingHouse, str]]:
    """A whole house on a port, with relay, handlers, jobs and encoders at work."""
    address = f"http://127.0.0.1:{port}"
    async with start_house(base_url=address, vod_encode_threads="1") as house:
        server = server_of(house.app, house.premises.settings, secure=False)
        loops = [asyncio.create_task(loop.run()) for loop in (house.relay, house.dispatcher, house.worker)]
        house.runs_itself = True
        async with running(server, [listen("127.0.0.1", port)]):
            yield house, address
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


async def quiet_page(browser: Browser, **options: object) -> tuple[Page, list[str]]:
    """A page of its own cookies that notes what its console complains of."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900}, **options)  # type: ignore[arg-type]
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


async def signed_in(browser: Browser, address: str, mail: str, **options: object) -> tuple[Page, list[str]]:
    page, complaints = await quiet_page(browser, **options)
    await page.goto(f"{address}/sign-in")
    await page.get_by_label("Mail address").fill(mail)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)
    return page, complaints


async def no_barrier(page: Page) -> None:
    """Axe finds nothing, and nothing hangs over the edge."""
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@covers("ID-1", "PORT-33", "NT-1")
async def test_somebody_signs_up_and_the_button_of_the_mail_lets_them_in(
    start_house: StartHouse, chromium: Browser, free_port: int
) -> None:
    async with open_site(start_house, free_port) as (house, address):
        page, complaints = await quiet_page(chromium)
        await page.goto(f"{address}/sign-up")
        await no_barrier(page)
        await page.get_by_label("Name").fill("Nidhi Sharma")
        await page.get_by_label("Mail address").fill("nidhi@example.org")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Create account").click()
        await page.wait_for_load_state()
        link = await Company(house).mailed("nidhi@example.org", f"{address}/verify/")
        await page.goto(link)
        await page.get_by_role("button").filter(has_text="onfirm").first.click()
        await page.goto(f"{address}/account")
        await expect(page.locator("main").get_by_text("Nidhi Sharma").first).to_be_visible()
        await no_barrier(page)
        assert not complaints, complaints


@covers("CON-3", "VOD-1", "VOD-11", "VOD-14", "VOD-21", "PORT-11", "ENG-4")
@pytest.mark.timeout(180)
async def test_a_video_goes_from_the_teachers_disk_to_a_watched_second_and_on_to_the_phone(
    start_house: StartHouse, chromium: Browser, free_port: int, tmp_path: Path
) -> None:
    async with open_site(start_house, free_port) as (house, address):
        company = Company(house)
        teacher = await company.with_role("anjali@example.org", "Anjali Rao", "teacher")
        reviewer = await company.with_role("farida@example.org", "Farida Sheikh", "admin")
        learner = await company.joined("nidhi@example.org", "Nidhi Sharma")
        facts = {"title": "Waves by hand", "summary": "Ropes and drums.", "category": "physics"}
        course = await teacher.send("POST", "/api/v1/courses", facts, 201)
        base = f"/api/v1/courses/{course['id']}"
        section = await teacher.send("POST", f"{base}/sections", {"title": "One wave"}, 201)
        order = {"section_id": section["id"], "title": "A rope", "kind": "video"}
        lesson = await teacher.send("POST", f"{base}/lessons", order, 201)
        editor = f"{course['id']}/editor/lessons/{lesson['id']}"
        await upload_by_hand(chromium, address, editor, film("short.mp4"))
        await until_ready(teacher, base)
        case = await teacher.send("POST", f"{base}/submission", {"admission": "open"}, 201)
        await reviewer.send("POST", f"/api/v1/approval-cases/{case['id']}/decision", {"decision": "approve"})
        slug = (await teacher.get(f"{base}/draft")).json()["slug"]
        await learner.post_form(f"/courses/{slug}/enrolment")
        watched_s = await watch(chromium, address, f"/learn/{slug}/{lesson['id']}")
        await resume(chromium, address, f"/learn/{slug}/{lesson['id']}", watched_s)


async def upload_by_hand(browser: Browser, address: str, editor: str, body: Path) -> None:
    """The file input of the lesson's editor; the bar moves, then the lesson says that it is ready."""
    page, complaints = await signed_in(browser, address, "anjali@example.org")
    await page.goto(f"{address}/teach/courses/{editor}")
    await page.locator("su-upload input[type=file]").set_input_files(body)
    await expect(page.locator("su-upload progress").first).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.locator("su-progress").first).to_be_visible(timeout=PATIENCE_MS)
    assert not complaints, complaints


async def until_ready(teacher: Person, base: str) -> None:
    """Every rung is there: the gate of the checklist says so."""
    for _ in range(300):
        if (await teacher.get(f"{base}/gates")).json()["may_submit"]:
            return
        await asyncio.sleep(0.3)
    raise AssertionError("the video did not become ready")


async def watch(browser: Browser, address: str, path: str) -> float:
    """Frames decode; where the learner stopped, in seconds."""
    page, complaints = await signed_in(browser, address, "nidhi@example.org")
    await page.goto(address + path)
    await no_barrier(page)
    await page.locator("su-player .player-start").click()
    for _ in range(100):
        if await page.evaluate("document.querySelector('video').currentTime") > WATCHED_S:
            break
        await page.wait_for_timeout(200)
    frames = await page.evaluate("document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames")
    assert frames > FRAMES_MIN, frames
    await page.evaluate("document.querySelector('video').pause()")
    stopped_s = float(await page.evaluate("document.querySelector('video').currentTime"))
    await page.wait_for_timeout(700)
    await page.close()
    assert not complaints, complaints
    return stopped_s


async def resume(browser: Browser, address: str, path: str, watched_s: float) -> None:
    """Another device, a phone, carries on within a second of there."""
    size = {"width": 390, "height": 844}
    page, _ = await signed_in(browser, address, "nidhi@example.org", color_scheme="dark")
    await page.set_viewport_size(size)  # type: ignore[arg-type]
    start_ms = 0
    for _ in range(30):  # the beat travels as an event; she needs longer to find her phone
        await page.goto(address + path)
        start_ms = int(await page.get_attribute("su-player", "data-resume-ms") or 0)
        if start_ms:
            break
        await page.wait_for_timeout(300)
    assert abs(start_ms / 1000 - watched_s) <= 1, (start_ms, watched_s)
    await no_barrier(page)


@covers("PORT-1", "PORT-33")
async def test_the_catalogue_is_read_without_javascript(
    start_house: StartHouse, chromium: Browser, free_port: int
) -> None:
    async with open_site(start_house, free_port) as (house, address):
        company = Company(house)
        teacher = await company.with_role("anjali@example.org", "Anjali Rao", "teacher")
        reviewer = await company.with_role("farida@example.org", "Farida Sheikh", "admin")
        await published(teacher, reviewer, await a_course(teacher))
        page, _ = await quiet_page(chromium, java_script_enabled=False)
        await page.goto(f"{address}/courses?q=waves")
        await page.get_by_role("link", name="Waves by hand").click()
        await expect(page.get_by_role("heading", name="Waves by hand").first).to_be_visible()
        await page.get_by_role("link", name="Join free").click()
        await expect(page.get_by_label("Mail address")).to_be_visible()
