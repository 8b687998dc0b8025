"""The page of all components in a real browser: accessible, calm at every width, true to its own policy."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route

from suuupra.web.forms import Form
from suuupra.web.parts import ProblemView
from tests.barriers import violations
from tests.covers import covers
from tests.web.site import Site, serving, snippet

THEMES = ["light", "dark"]
WIDTHS = [390, 1280]
SIGN_IN = """<h1>Sign in</h1>{% call forms.form(frame, "/x") %}{{ forms.text(form, "email", "E-mail") }}
{{ forms.password(form, "secret", "Password") }}{{ basics.button("Sign in", kind="kesar") }}{% endcall %}"""
OVERVIEW = """{% call surfaces.panel("Runs", flush=true) %}
{{ lists.table("Runs", [{"label": "Name", "align": "start"}], [("encode",)]) }}{% endcall %}"""


@pytest.fixture(scope="module")
async def site() -> AsyncIterator[Site]:
    view = ProblemView(
        410, "The link was used", "Each link works once.", ("Ask for another.",), trace_id="4bf92f"
    )
    routes = [
        snippet("/card", SIGN_IN, base="card", block="card", form=Form()),
        snippet("/admin", OVERVIEW, base="admin"),
        snippet("/problem", "", base="problem", block="none", view=view),
    ]
    async with serving(routes) as running:
        yield running


@dataclass
class Visit:
    """An open page and everything the browser had to say about it."""

    page: Page
    said: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def listen(self) -> None:
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))


async def visit(context: BrowserContext, site: Site, theme: str, width: int = 1280) -> Visit:
    await context.add_cookies([{"name": "theme", "value": theme, "url": site.address}])
    opened = Visit(await context.new_page())
    opened.listen()
    await opened.page.set_viewport_size({"width": width, "height": 900})
    await opened.page.goto(f"{site.address}/dev/components")
    for late in ("su-player", "su-chart", "su-upload"):
        await opened.page.locator(f"{late}:defined").first.wait_for(state="attached")
    return opened


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    opened = await chromium.new_context(reduced_motion="reduce")
    yield opened
    await opened.close()


@covers("PORT-33")
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
async def test_axe_finds_nothing(context: BrowserContext, site: Site, theme: str, width: int) -> None:
    opened = await visit(context, site, theme, width)
    assert await violations(opened.page) == []


@covers("PORT-33")
@pytest.mark.parametrize(("base", "theme"), [("card", "light"), ("admin", "dark"), ("problem", "light")])
async def test_axe_finds_nothing_on_the_other_bases(
    context: BrowserContext, site: Site, base: str, theme: str
) -> None:
    await context.add_cookies([{"name": "theme", "value": theme, "url": site.address}])
    page = await context.new_page()
    await page.goto(f"{site.address}/{base}")
    assert await violations(page) == []


@covers("PORT-33")
@pytest.mark.parametrize("width", [320, 360, 390, 768, 1280, 1600])
async def test_nothing_runs_off_the_side(context: BrowserContext, site: Site, width: int) -> None:
    opened = await visit(context, site, "light", width)
    wide = await opened.page.evaluate(
        """() => [...document.querySelectorAll('main *')].filter((node) => {
             const box = node.getBoundingClientRect();
             const hidden = node.closest('.sr-only, .tabs, .chips, pre, svg, dialog, .table-box');
             return box.width && box.right > innerWidth + 1 && !hidden && node.checkVisibility();
           }).map((node) => node.outerHTML.slice(0, 120))"""
    )
    assert wide == []
    assert await opened.page.evaluate("document.documentElement.scrollWidth") <= width


@covers("PORT-34")
async def test_the_policy_is_never_broken_and_nobody_else_is_asked(
    context: BrowserContext, site: Site
) -> None:
    opened = await visit(context, site, "auto")
    await opened.page.get_by_role("button", name="Switch theme").click()
    await opened.page.get_by_role("button", name="Withdraw").first.click()
    await opened.page.keyboard.press("Escape")
    await opened.page.locator("su-chart").first.hover()
    assert opened.said == []
    assert opened.hosts == {urlsplit(site.address).netloc}


@covers("PORT-33")
@pytest.mark.parametrize("theme", THEMES)
async def test_focus_is_seen_on_everything_the_keyboard_reaches(
    context: BrowserContext, site: Site, theme: str
) -> None:
    opened = await visit(context, site, theme)
    reached = 0
    for _ in range(160):
        await opened.page.keyboard.press("Tab")
        seen = await opened.page.evaluate(
            """() => {
                 const at = document.activeElement;
                 if (at === document.body) return null;
                 const shown = (node, pseudo) => {
                   const style = getComputedStyle(node, pseudo);
                   return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
                 };
                 const around = at.closest('.control, .chip, .segments > *, .course, .resume, .drop');
                 const ring = around && (shown(around) || getComputedStyle(around).boxShadow.includes('3px')
                   || getComputedStyle(around).borderStyle.includes('dashed'));
                 return { ok: shown(at) || Boolean(ring), html: at.outerHTML.slice(0, 160) };
               }"""
        )
        if seen is None:
            break
        assert seen["ok"], seen["html"]
        reached += 1
    assert reached > 60


@covers("PORT-33")
async def test_text_in_the_other_theme_is_drawn_by_the_first_answer(
    context: BrowserContext, site: Site
) -> None:
    grounds = set()
    for theme in THEMES:
        opened = await visit(context, site, theme)
        grounds.add(await opened.page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
    assert len(grounds) == 2


@covers("PORT-33")
async def test_the_bottom_bar_is_for_phones_and_touch_targets_are_large_enough(
    context: BrowserContext, site: Site
) -> None:
    opened = await visit(context, site, "light", 390)
    assert await opened.page.get_by_role("navigation", name="Bottom").is_visible()
    small = await opened.page.evaluate(
        """() => [...document.querySelectorAll('button, select, summary, input')].filter((node) => {
             const box = (node.closest('label, .control, .course') ?? node).getBoundingClientRect();
             return box.width && node.checkVisibility() && (box.width < 24 || box.height < 20);
           }).map((node) => node.outerHTML.slice(0, 120))"""
    )
    assert small == []
    await opened.page.set_viewport_size({"width": 1280, "height": 900})
    assert not await opened.page.get_by_role("navigation", name="Bottom").is_visible()


@covers("PORT-33")
async def test_without_javascript_the_page_is_whole(chromium: Browser, site: Site) -> None:
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{site.address}/dev/components")
    assert await page.get_by_role("heading", level=1).inner_text() == "Components"
    assert await page.locator("svg.chart").first.is_visible()
    assert await page.get_by_role("button", name="Save draft").is_visible()
    await page.locator("summary", has_text="Why this figure?").click()
    assert await page.get_by_text("Counted once a learner").is_visible()
    await context.close()


@covers("PORT-33")
async def test_colours_may_be_forced_and_paper_leaves_the_bars_out(
    context: BrowserContext, site: Site
) -> None:
    opened = await visit(context, site, "light")
    await opened.page.emulate_media(forced_colors="active")
    assert await opened.page.get_by_role("button", name="Save draft").is_visible()
    await opened.page.emulate_media(forced_colors="none", media="print")
    assert not await opened.page.locator(".topbar").is_visible()
    assert await opened.page.get_by_role("heading", name="Charts").is_visible()


@covers("PORT-32")
@pytest.mark.parametrize("width", WIDTHS)
async def test_nothing_moves_when_the_fonts_arrive_late(
    context: BrowserContext, site: Site, width: int
) -> None:
    page = await context.new_page()
    arrive = asyncio.Event()

    async def late(route: Route) -> None:
        await arrive.wait()
        await route.continue_()

    await page.route("**/*.woff2", late)
    await page.set_viewport_size({"width": width, "height": 900})
    await page.goto(f"{site.address}/dev/components", wait_until="commit")
    await page.get_by_role("heading", name="Forms", exact=True).wait_for()
    # Two frames, so that the page has been painted with the stand-ins.
    await page.evaluate("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")
    arrive.set()
    await page.evaluate("document.fonts.ready.then(() => true)")
    moved = await page.evaluate(
        """() => new Promise((answer) => {
             let moved = 0;
             const add = (list) => list.getEntries().forEach((entry) => (moved += entry.value));
             new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });
             requestAnimationFrame(() => setTimeout(() => answer(moved), 100));
           })"""
    )
    assert moved < 0.02
