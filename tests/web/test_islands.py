"""The small elements in a real browser: theme, forms, menus, dialogs, charts, live counts and progress."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from suuupra.web.charts import Chart, Series
from suuupra.web.forms import Form
from suuupra.web.frame import Bell, Flash, Item
from suuupra.web.parts import ProblemView
from tests.covers import covers
from tests.web.drawing import PAGES
from tests.web.site import Site, frame_for, secured, serving, snippet

FORM = """{% call forms.form(frame, "/slow", label="Note") %}{{ forms.text(form, "title", "Title") }}
{{ forms.password(form, "secret", "Password") }}
{{ basics.button("Save", attrs={"name": "act", "value": "save"}) }}
{% endcall %}"""
PARTS = """<button class="btn" hx-get="/broken" hx-target="#here">Break</button>
<button class="btn" hx-get="/moved" hx-target="#here">Move</button><div id="here"></div>"""
CHART = Chart(
    "Joined", ("Mon", "Tue", "Wed"), (Series("Now", (1.0, 5.0, 2.0)), Series("Then", (2.0, 2.0, 2.0)))
)


class House:
    """What the test server saw, and the sockets through which it speaks."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []
        self.subscribed: list[dict[str, object]] = []
        self.sockets: list[WebSocket] = []
        self.changed = asyncio.Condition()

    async def slow(self, request: Request) -> Response:
        async with request.form() as form:
            self.sent.append({name: str(value) for name, value in form.items()})
        await asyncio.sleep(0.3)
        view = ProblemView(403, "The form was too old", "Please send it again.")
        return secured(PAGES.render("web/problem.html", view, frame_for(request)), 403)

    async def fragment(self, request: Request) -> Response:
        self.sent.append({"token": request.headers.get("x-csrf-token", "")})
        return HTMLResponse('<p id="swapped">Wrong once more</p>', 422)

    async def broken(self, request: Request) -> Response:
        view = ProblemView(500, "Something broke", "Nothing was lost.")
        return secured(PAGES.render("web/problem.html", view, frame_for(request).on("Broken")), 500)

    async def moved(self, request: Request) -> Response:
        return RedirectResponse("/form", 303)

    async def progress(self, request: Request) -> Response:
        async def steps() -> AsyncIterator[str]:
            for value in (20, 70):
                yield f"data: {json.dumps({'value': value, 'text': f'{value} of 100'})}\n\n"
            yield 'event: done\ndata: {"value": 100, "text": "All done"}\n\n'

        return StreamingResponse(steps(), media_type="text/event-stream")

    async def realtime(self, socket: WebSocket) -> None:
        await socket.accept()
        self.sockets.append(socket)
        try:
            while True:
                asked = json.loads(await socket.receive_text())
                async with self.changed:
                    self.subscribed.append(asked)
                    self.changed.notify_all()
        except WebSocketDisconnect:
            self.sockets.remove(socket)

    async def heard(self, count: int) -> None:
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: len(self.subscribed) >= count)


@pytest.fixture
async def house() -> House:
    return House()


@pytest.fixture
async def site(house: House) -> AsyncIterator[Site]:
    bell = '{{ navigation.topbar(frame.on("", bell=bell)) }}'
    routes = [
        snippet("/form", FORM, form=Form()),
        Route("/slow", house.slow, methods=["POST"]),
        snippet("/chart", "{{ charts.area(chart) }}", chart=CHART),
        snippet(
            "/swap",
            '<button class="btn" hx-post="/fragment" hx-target="#here">Swap</button><div id="here"></div>',
        ),
        Route("/fragment", house.fragment, methods=["POST"]),
        snippet("/parts", PARTS),
        Route("/broken", house.broken),
        Route("/moved", house.moved),
        snippet("/menu", '{{ surfaces.menu("More", items) }}', items=(Item("One", "#one"),)),
        snippet("/toast", "{{ surfaces.toast(one) }}", one=Flash("Course saved", "good")),
        snippet("/job", '{{ media.live_progress("/progress", "Encoding") }}'),
        Route("/progress", house.progress),
        snippet("/bell", bell, bell=Bell(2, topic="feed:7"), tickets={"feed:7": "pass"}),
        snippet("/live", '<su-live data-topic="room:1" id="room"></su-live>', tickets={"room:1": "pass"}),
        WebSocketRoute("/realtime", house.realtime),
    ]
    async with serving(routes) as running:
        yield running


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context()
    opened = await context.new_page()
    said: list[str] = []
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("console", lambda line: said.append(line.text) if "Content Security" in line.text else None)
    yield opened
    await context.close()
    assert said == []


@covers("PORT-33")
async def test_the_theme_turns_and_the_next_page_knows(page: Page, site: Site) -> None:
    await page.emulate_media(color_scheme="light")
    await page.goto(f"{site.address}/form")
    turn = page.get_by_role("button", name="Switch theme")
    await turn.click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await turn.click()
    await turn.click()
    assert await page.locator("html").get_attribute("data-theme") is None


@covers("PORT-34")
async def test_a_form_is_sent_once_and_what_was_typed_comes_back_after_a_problem(
    page: Page, site: Site, house: House
) -> None:
    await page.goto(f"{site.address}/form")
    await page.get_by_label("Title").fill("Waves")
    await page.get_by_label("Password", exact=True).fill("correct horse")
    await page.get_by_role("button", name="Save").dblclick(no_wait_after=True)
    await expect(page.get_by_role("heading", name="The form was too old")).to_be_visible()
    assert house.sent == [
        {"csrf_token": "token-7", "title": "Waves", "secret": "correct horse", "act": "save"}
    ]
    await page.goto(f"{site.address}/form")
    await expect(page.get_by_label("Title")).to_have_value("Waves")
    await expect(page.get_by_label("Password", exact=True)).to_have_value("")
    await page.goto(f"{site.address}/form")
    await expect(page.get_by_label("Title")).to_have_value("")


@covers("PORT-33")
async def test_a_password_is_shown_and_hidden_by_its_button(page: Page, site: Site) -> None:
    await page.goto(f"{site.address}/form")
    await page.get_by_role("button", name="Show password").click()
    await expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    await page.get_by_role("button", name="Hide password").press("Enter")
    await expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "password")


@covers("PORT-34")
async def test_htmx_sends_the_token_and_shows_a_refusal(page: Page, site: Site, house: House) -> None:
    await page.goto(f"{site.address}/swap")
    await page.get_by_role("button", name="Swap").click()
    await expect(page.locator("#swapped")).to_have_text("Wrong once more")
    assert house.sent == [{"token": "token-7"}]


@covers("PORT-37")
async def test_a_whole_page_never_lands_inside_another(page: Page, site: Site) -> None:
    await page.goto(f"{site.address}/parts")
    await page.get_by_role("button", name="Break").click()
    await expect(page.locator("#here").get_by_role("heading", name="Something broke")).to_be_visible()
    await expect(page.locator(".topbar")).to_have_count(1)
    await expect(page).to_have_title("Test · Suuupra")
    await page.get_by_role("button", name="Move").click()
    await page.wait_for_url(f"{site.address}/form")
    await expect(page.locator(".topbar")).to_have_count(1)


@covers("PORT-33")
async def test_a_menu_closes_by_escape_by_a_press_elsewhere_and_gives_focus_back(
    page: Page, site: Site
) -> None:
    await page.goto(f"{site.address}/menu")
    summary, link = page.locator('summary[aria-label="More"]'), page.get_by_role("link", name="One")
    await summary.press("Enter")
    await expect(link).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Escape")
    await expect(link).to_be_hidden()
    await expect(summary).to_be_focused()
    await summary.click()
    await page.locator("h1, main").first.click(position={"x": 400, "y": 200})
    await expect(link).to_be_hidden()


@covers("PORT-33")
async def test_a_dialog_opens_by_its_button_and_keeps_the_focus_inside(page: Page, site: Site) -> None:
    await page.goto(f"{site.address}/dev/components")
    await page.get_by_role("button", name="Withdraw").first.click()
    dialog = page.get_by_role("dialog", name="Withdraw this course")
    await expect(dialog).to_be_visible()
    assert await page.evaluate("document.activeElement.closest('dialog') !== null")
    await dialog.get_by_role("button", name="Keep it").click()
    await expect(dialog).to_be_hidden()


@covers("PORT-33")
async def test_a_toast_can_be_dismissed(page: Page, site: Site) -> None:
    await page.goto(f"{site.address}/toast")
    await page.get_by_role("button", name="Dismiss").click()
    await expect(page.get_by_text("Course saved")).to_have_count(0)


@covers("PORT-33")
async def test_a_chart_is_read_by_pointer_and_by_arrow_keys(page: Page, site: Site) -> None:
    await page.goto(f"{site.address}/chart")
    tip = page.locator(".chart-tip")
    box = await page.locator("su-chart svg").first.bounding_box()
    assert box
    await page.mouse.move(box["x"] + box["width"] * 0.52, box["y"] + 40)
    await expect(tip).to_have_text("Tue5 Now2 Then")
    await page.locator("su-chart").press("End")
    await expect(tip).to_have_text("Wed2 Now2 Then")
    await page.keyboard.press("Escape")
    await expect(tip).to_be_hidden()


@covers("NT-9")
async def test_the_bell_moves_without_a_reload(page: Page, site: Site, house: House) -> None:
    await page.goto(f"{site.address}/bell")
    await house.heard(1)
    assert house.subscribed == [{"subscribe": "pass", "topic": "feed:7", "after": None}]
    await house.sockets[0].send_json({"topic": "feed:7", "id": "4", "message": {"unread": 120}})
    bell = page.locator('su-bell[data-topic="feed:7"] a')
    await expect(bell).to_have_attribute("aria-label", "Notifications, 120")
    await expect(bell.locator("[data-count]")).to_have_text("99+")
    await house.sockets[0].send_json({"topic": "feed:7", "id": "5", "message": {"unread": 0}})
    await expect(bell.locator("[data-count]")).to_be_hidden()


@covers("PLT-11")
async def test_a_cut_line_comes_back_and_asks_for_what_it_missed(
    page: Page, site: Site, house: House
) -> None:
    await page.goto(f"{site.address}/live")
    await page.evaluate("addEventListener('su:message', (e) => (document.title = e.detail.message.text))")
    await house.heard(1)
    await house.sockets[0].send_json({"topic": "room:1", "id": 41, "message": {"text": "first"}})
    await expect(page).to_have_title("first")
    await house.sockets[0].close(1011)
    await house.heard(2)
    assert house.subscribed[1]["after"] == 41
    await house.sockets[0].close(4408)
    await house.heard(3)
    assert house.subscribed[2]["after"] is None


@covers("PLT-11")
async def test_a_refused_topic_is_not_asked_for_again(page: Page, site: Site, house: House) -> None:
    await page.goto(f"{site.address}/live")
    await page.evaluate("addEventListener('su:refused', (e) => (document.title = e.detail.reason), true)")
    await house.heard(1)
    await house.sockets[0].send_json({"refused": "room:1", "reason": "expired"})
    await expect(page).to_have_title("expired")
    await page.evaluate("dispatchEvent(new Event('online'))")
    assert len(house.subscribed) == 1


@covers("VOD-11")
async def test_progress_moves_by_events_and_stops_when_done(page: Page, site: Site) -> None:
    await page.goto(f"{site.address}/job")
    await expect(page.locator("su-progress .meter-text")).to_have_text("All done")
    await expect(page.locator("su-progress")).to_have_attribute("data-state", "done")
    assert await page.locator("su-progress progress").evaluate("(bar) => bar.value") == 100
