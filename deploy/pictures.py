"""Takes the pictures of docs/images from a running site with the demo.

Use: python deploy/pictures.py ADDRESS OWNER-FILE
"""

import asyncio
import io
import json
import sys
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, Route, async_playwright

TARGET = Path(__file__).parents[1] / "docs" / "images"
PASSWORD = "kesar-neel-mor-haldi"  # noqa: S105 - the demo's, printed by the seed
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
SIZES = {"light": (1280, 860, "light"), "dark": (1280, 860, "dark"), "phone": (390, 844, "light")}
TURNS, FILM_BYTES = 3, 40_000_000
COURSE = "/courses/waves-and-the-fourier-idea"


async def sign_in(page: Page, address: str, mail: str, password: str) -> None:
    await page.goto(f"{address}/sign-in")
    await page.get_by_label("Mail address").fill(mail)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)


async def keep(page: Page, name: str) -> None:
    await page.wait_for_timeout(900)
    picture = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    picture.quantize(160, dither=Image.Dither.NONE).save(TARGET / f"{name}.png", optimize=True)


async def lesson_of(page: Page, address: str) -> str:
    await page.goto(f"{address}/learn/waves-and-the-fourier-idea")
    return await page.get_attribute("a[href*='/learn/waves-and-the-fourier-idea/']", "href") or ""


async def upload(page: Page, name: str) -> None:
    """The lesson's editor while a file is on its way: the third turn is held, then given up."""
    turns = 0

    async def held(route: Route) -> None:
        nonlocal turns
        turns += route.request.method == "PATCH"
        if route.request.method != "PATCH" or turns <= TURNS:
            await route.continue_()

    await page.goto(page.url)
    await page.locator("a[href*='/editor/lessons/']").first.click()
    await page.route("**/api/v1/uploads/tus/**", held)
    film = {"name": "waves-second-take.mp4", "mimeType": "video/mp4", "buffer": bytes(FILM_BYTES)}
    await page.locator("su-upload input").set_input_files(film)  # type: ignore[arg-type]
    await page.locator("su-upload[data-state=running]").wait_for()
    await page.wait_for_timeout(2500)
    await keep(page, name)
    await page.locator("su-upload [data-act=drop]:visible").first.click()
    await page.wait_for_timeout(500)


async def one_look(browser: Browser, address: str, look: str, owner: dict[str, str]) -> None:
    width, height, scheme = SIZES[look]
    viewport = {"width": width, "height": height}

    async def visitor(mail: str = "", password: str = PASSWORD) -> Page:
        context = await browser.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
        page = await context.new_page()
        if mail:
            await sign_in(page, address, mail, password)
        return page

    stranger = await visitor()
    for name, path in (("sign-up", "/sign-up"), ("home", "/"), ("catalogue", "/courses"), ("course", COURSE)):
        await stranger.goto(address + path)
        await keep(stranger, f"{name}-{look}")
    await stranger.goto(f"{address}/dev/components")
    await keep(stranger, f"components-{look}")
    learner = await visitor("nidhi@suuupra.example")
    await learner.goto(address + await lesson_of(learner, address))
    await learner.locator("su-player .player-start").click()
    await learner.wait_for_timeout(2500)
    await keep(learner, f"lesson-{look}")
    await learner.goto(f"{address}/account")
    await keep(learner, f"account-{look}")
    teacher = await visitor("anjali@suuupra.example")
    await teacher.goto(f"{address}/teach")
    await teacher.get_by_role("link", name="Waves and the Fourier idea").click()
    await keep(teacher, f"editor-{look}")
    await upload(teacher, f"upload-{look}")
    staff = await visitor(owner["address"], owner["password"])
    await staff.goto(f"{address}/admin")
    await keep(staff, f"admin-{look}")


async def main(address: str, owner: dict[str, str]) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for look in SIZES:
            await one_look(browser, address, look, owner)
        await browser.close()


TARGET.mkdir(parents=True, exist_ok=True)
asyncio.run(main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))))
