"""`/dev/mail`: readable on this machine, and by nobody else."""

import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from playwright.async_api import Browser
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp

from suuupra.kernel.clock import SystemClock
from suuupra.kernel.problems import Problem
from suuupra.platform.mail import TEMPLATES, SpoolMailer, mail_pages
from suuupra.web.assets import read_assets, static_app
from suuupra.web.frame import Frame
from suuupra.web.pages import Renderer
from tests.covers import covers
from tests.platform.mail.conftest import a_mail
from tests.platform.serving import serving


async def drawn(_: Request, problem: Exception) -> Response:
    status = problem.status if isinstance(problem, Problem) else 500
    return JSONResponse({}, status)


@pytest.fixture
def app(spool: SpoolMailer) -> ASGIApp:
    assets = read_assets()
    routes = [*mail_pages(spool, SystemClock()), Mount("/static", app=static_app(assets))]
    made = Starlette(routes=routes, exception_handlers={Problem: drawn, HTTPException: drawn})
    made.state.pages = Renderer(assets, {"mail": TEMPLATES})
    made.state.frames = lambda _: Frame(now=SystemClock().now())
    return made


@pytest.fixture
async def client(app: ASGIApp) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as made:
        yield made


@covers("NT-19")
async def test_an_empty_spool_says_what_will_come(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/dev/mail")
    assert answer.status_code == 200
    assert "No mail yet" in answer.text


@covers("NT-19")
async def test_the_list_leads_to_the_mail_and_the_mail_to_its_link(
    client: httpx2.AsyncClient, spool: SpoolMailer
) -> None:
    await spool.send(a_mail(to="ravi@example.org", message_id="<1@suuupra>"))
    await spool.send(a_mail())
    listing = (await client.get("/dev/mail", params={"to": "mira@example.org"})).text
    (address,) = re.findall(r'href="(/dev/mail/[^"/?]+)"', listing)
    page = (await client.get(address)).text
    assert 'href="https://example.org/verify/abc?x=1"' in page
    assert "invoice ₹.pdf" in page
    part = await client.get(f"{address}/parts/0")
    assert (part.content, part.headers["content-type"]) == (b"%PDF-1.7\n", "application/pdf")
    assert "attachment" in part.headers["content-disposition"]
    assert b"Message-ID" in (await client.get(f"{address}/source")).content
    for missing in ("/dev/mail/none", f"{address}/parts/1"):
        assert (await client.get(missing)).status_code == 404


@covers("NT-19")
async def test_a_strangers_html_is_caged(client: httpx2.AsyncClient, spool: SpoolMailer) -> None:
    found = await spool.send(a_mail(html="<p>Hello</p><script>alert(1)</script>"))
    framed = await client.get(f"/dev/mail/{found}/html")
    policy = framed.headers["content-security-policy"]
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    page = (await client.get(f"/dev/mail/{found}")).text
    assert "alert(1)" not in page


@covers("NT-19", "OPS-40")
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:8000"},
        {"Host": "localhost.evil"},
        {"Host": ""},
        {"X-Forwarded-For": "10.0.0.1"},
        {"X-Forwarded-Host": "suuupra.example"},
        {"Forwarded": "for=10.0.0.1"},
        {"Via": "1.1 proxy"},
    ],
)
async def test_strangers_and_forwarded_requests_find_nothing(
    client: httpx2.AsyncClient, spool: SpoolMailer, headers: dict[str, str]
) -> None:
    found = await spool.send(a_mail())
    for path in ("", f"/{found}", f"/{found}/html", f"/{found}/parts/0", f"/{found}/source"):
        assert (await client.get(f"/dev/mail{path}", headers=headers)).status_code == 404


@covers("NT-19")
@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1", "[::1]:8000", "[::1]"])
async def test_this_machine_finds_it(client: httpx2.AsyncClient, host: str) -> None:
    assert (await client.get("/dev/mail", headers={"Host": host})).status_code == 200


@covers("NT-19")
async def test_in_a_browser_no_script_runs_and_the_link_opens_in_a_new_tab(
    app: ASGIApp, spool: SpoolMailer, chromium: Browser
) -> None:
    html = '<p><a href="/dev/mail">Confirm</a></p><script>document.title = "owned"</script>'
    found = await spool.send(a_mail(html=html))
    context = await chromium.new_context()
    page, complaints = await context.new_page(), list[str]()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    async with serving(app) as address:
        await page.goto(f"{address}/dev/mail/{found}")
        frame = page.frame_locator("iframe")
        async with context.expect_page() as opened:
            await frame.get_by_role("link", name="Confirm").click()
        tab = await opened.value
        await tab.wait_for_load_state()
        assert await tab.title() == "Mail spool · Suuupra"
        inner = page.frames[1]
        assert await inner.title() != "owned"
        assert complaints == []
        await context.close()
