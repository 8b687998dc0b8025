"""Every page of the house in a real browser, by whoever may see it: axe, the edge, the bars, a quiet console.

A route that answers with a page and stands in none of the tables below fails the first test.
"""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pyotp
import pytest
from playwright.async_api import Browser, Page, Response

from suuupra.app.processes import running, server_of
from tests import postgres
from tests.barriers import barriers
from tests.contracts.standing import Operation, Standing, standing
from tests.covers import covers
from tests.journeys.people import PASSWORD, Person
from tests.journeys.test_first_lesson import a_course, published

NO_PAGES = (
    *("/api/", "/media/", "/objects/", "/health", "/realtime", "/robots.txt", "/version", "/covers/"),
    *("/people/", "/auth/", "/notifications/bell", "/dev/mail/{id}/"),
)
"""Files, fragments, streams and ways to somewhere else."""

ELSEWHERE = (
    "/admin",  # tests/browser/test_admin.py
    "/teach/courses/new/",  # tests/services/content/test_browser.py, and so are the others
    "/teach/courses/{id}/editor",
    "/teach/courses/{id}/revisions/",
    "/teach/courses/{id}/students/",
    "/join/",
)

OPEN_ALL = "document.querySelectorAll('main details').forEach((one) => { one.open = true; })"


@dataclass
class Site:
    """The house behind a port, and what its pages are about."""

    inside: Standing
    address: str
    pages: dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
async def site(postgres_server: postgres.Server) -> AsyncIterator[Site]:
    door = socket.create_server(("127.0.0.1", 0))
    async with standing(postgres_server) as inside:
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
        people = inside.people
        course = await a_course(people["teacher"])
        slug = await published(people["teacher"], people["admin"], course)
        await people["student"].post_form(f"/courses/{slug}/enrolment")
        await inside.house.run_until_idle()
        stranger = await inside.company.stranger("ravi@example.org").client.post(
            "/api/v1/registrations",
            json={"name": "Ravi", "address": "ravi@example.org", "password": PASSWORD},
            headers={"accept": "application/json"},
        )
        assert stranger.status_code == 202
        verify = "/verify/" + (await inside.company.mailed("ravi@example.org", "/verify/")).rpartition("/")[2]
        mail = (await inside.house.mails("ravi@example.org"))[0]
        lesson = f"/learn/{slug}/{course['lesson']}"
        teach = f"/teach/courses/{course['id']}"
        pages = {
            "/": ("student", "/"),
            "/account": ("student", "/account"),
            "/account/appearance": ("student", "/account/appearance"),
            "/categories/{category}": ("nobody", "/categories/physics"),
            "/courses": ("nobody", "/courses?q=nothing+like+it"),
            "/courses/{slug}": ("nobody", f"/courses/{slug}"),
            "/dev/mail": ("nobody", "/dev/mail"),
            "/dev/mail/{id}": ("nobody", f"/dev/mail/{mail.id}"),
            "/learn": ("student", "/learn"),
            "/learn/{course}": ("student", f"/learn/{slug}"),
            "/learn/{course}/{lesson}": ("student", lesson),
            "/notifications": ("student", "/notifications"),
            "/problems/{service}/{name}": ("nobody", "/problems/content/course-not-open"),
            "/reset": ("nobody", "/reset"),
            "/settings/profile": ("student", "/settings/profile"),
            "/settings/security": ("student", "/settings/security"),
            "/settings/sessions": ("student", "/settings/sessions"),
            "/sign-in": ("nobody", "/sign-in"),
            "/sign-in/link": ("nobody", "/sign-in/link"),
            "/sign-up": ("nobody", "/sign-up"),
            "/teach": ("teacher", "/teach"),
            "/teach/courses": ("teacher", "/teach/courses"),
            "/teach/courses/{id}": ("teacher", teach),
            "/teach/courses/{id}/students": ("teacher", f"{teach}/students"),
            "/verify/{token}": ("nobody", verify),
        }
        async with running(server_of(inside.house.app, inside.house.premises.settings), [door]):
            yield Site(inside, address, pages)


def is_page(operation: Operation) -> bool:
    """A GET that is drawn for people, and that no other test looks at."""
    return operation.method == "GET" and not operation.path.startswith((*NO_PAGES, *ELSEWHERE))


STEPS = frozenset({"/challenge", "/settings/security/factor"})
"""Pages that come in the middle of something: the last test goes there."""


@covers("PORT-33")
async def test_every_route_with_a_page_is_looked_at(site: Site) -> None:
    routes = {one.path for one in site.inside.operations if is_page(one)}
    assert routes - STEPS == set(site.pages) - {"/problems/{service}/{name}"}


async def as_whom(
    browser: Browser, site: Site, person: Person, width: int, theme: str
) -> tuple[Page, list[str]]:
    """A page with somebody's session, and what its console complains of."""
    context = await browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    for cookie in person.client.cookies.jar:
        await context.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": site.address}])
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return page, said


@covers("PORT-33")
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light")])
async def test_no_page_has_a_barrier(site: Site, chromium: Browser, width: int, theme: str) -> None:
    wrong: list[tuple[str, ...]] = []
    opened: dict[str, tuple[Page, list[str]]] = {}
    for route, (who, address) in site.pages.items():
        if who not in opened:
            opened[who] = await as_whom(chromium, site, site.inside.people[who], width, theme)
        page, said = opened[who]
        answer = await page.goto(site.address + address)
        assert answer is not None
        assert answer.status == 200, (route, answer.status)
        await page.evaluate(OPEN_ALL)
        wrong += [(route, *one) for one in await barriers(page)] + [(route, text) for text in said]
        said.clear()
    for page, _ in opened.values():
        await page.context.close()
    assert not wrong, "\n".join(map(str, wrong))


@covers("ID-5", "PORT-33")
async def test_adding_a_second_factor_and_being_asked_for_it_has_no_barrier(
    site: Site, chromium: Browser
) -> None:
    member = await site.inside.company.joined("kavya@example.org", "Kavya Menon")
    page, said = await as_whom(chromium, site, member, 390, "light")
    await page.goto(f"{site.address}/settings/security")
    await page.get_by_role("button", name="Add a second factor").click()
    await page.get_by_role("textbox", name="Code").wait_for()
    wrong = await barriers(page)
    secret = (await page.locator("figcaption code").inner_text()).replace(" ", "")
    await page.get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).now())
    await (
        page.get_by_role("button", name="Confirm")
        .or_(page.locator("main form button.btn").last)
        .first.click()
    )
    await page.wait_for_load_state()
    wrong += await barriers(page)
    await page.context.clear_cookies()
    await page.goto(f"{site.address}/sign-in")
    await page.get_by_label("Mail address").fill(member.mail)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda url: "/challenge" in url)
    wrong += await barriers(page)
    await page.context.close()
    assert not [*wrong, *said], (wrong, said)


WEIGHTS_KB = {
    "/": (150, 25),
    "/courses": (150, 25),
    "/courses/{slug}": (150, 25),
    "/learn/{course}/{lesson}": (370, 230),
    "/learn": (160, 30),
    "/teach": (160, 30),
}
"""Portal, section 11: what a first visit transfers, and how much of it is JavaScript, packed."""


@covers("PORT-32")
@pytest.mark.parametrize("route", list(WEIGHTS_KB))
async def test_a_first_visit_transfers_little(site: Site, chromium: Browser, route: str) -> None:
    who, address = site.pages[route]
    page, _ = await as_whom(chromium, site, site.inside.people[who], 390, "light")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright marks its handlers
    await page.goto(site.address + address, wait_until="networkidle")
    whole = scripts = 0
    for answer in answers:
        size = (await answer.request.sizes())["responseBodySize"]
        whole += size
        scripts += size if "javascript" in answer.headers.get("content-type", "") else 0
    await page.context.close()
    whole_max, scripts_max = WEIGHTS_KB[route]
    assert scripts > 0
    assert scripts / 1000 <= scripts_max, (whole, scripts)
    assert whole / 1000 <= whole_max, (whole, scripts)
