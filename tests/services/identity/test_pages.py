"""Every page is drawn whole: one heading, labelled fields, no inline code, and it works without scripts."""

import re

import pytest

from tests.covers import covers
from tests.house import StandingHouse
from tests.services.identity.people import Browser, browser, mailed_token

GUEST = ("/sign-in", "/sign-up", "/sign-in/link", "/reset", "/verify/unknown")
OWN = ("/settings/profile", "/settings/security", "/settings/sessions")


def faults(html: str) -> list[str]:
    """What a page of this house never holds, and what it always does."""
    found = [
        name
        for name, pattern in {
            "inline script": r"<script(?![^>]*\bsrc=)",
            "inline style": r"\sstyle=",
            "inline handler": r"\son[a-z]+=",
            "style sheet": r"<style\b",
            "exclamation": r"[a-z]!\s*<",
            "undefined": r"Undefined|None</",
        }.items()
        if re.search(pattern, html)
    ]
    if len(re.findall(r"<h1\b", html)) != 1:
        found.append("headings")
    fields = re.findall(r'<(?:input|select|textarea)\b(?![^>]*type="hidden")[^>]*\bid="([^"]+)"', html)
    found += [f"no label: {field}" for field in fields if f'for="{field}"' not in html]
    forms = re.findall(r'<form\b[^>]*method="post".*?</form>', html, re.DOTALL)
    found += ["no token" for form in forms if 'name="csrf_token"' not in form]
    return found


@covers("ID-1", "ID-3")
@pytest.mark.parametrize("path", GUEST)
async def test_pages_for_guests(house: StandingHouse, path: str) -> None:
    answer = await browser(house).get(path)
    assert answer.status_code == (410 if "unknown" in path else 200)
    assert faults(answer.text) == []
    assert "private" in answer.headers["cache-control"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@covers("ID-1", "ID-12", "ID-10", "ID-5")
async def test_pages_for_people(house: StandingHouse, meera: Browser) -> None:
    await meera.join()
    for path in OWN:
        assert faults((await meera.get(path)).text) == [], path
        guest = await browser(house).get(path)
        assert guest.status_code == 303
    await meera.submit("/settings/security", "/settings/security/factor")
    assert faults((await meera.get("/settings/security/factor")).text) == []


@covers("ID-1")
async def test_pages_of_links(house: StandingHouse, meera: Browser) -> None:
    await meera.sign_up()
    token = await mailed_token(house, meera.address)
    for visitor in (meera, browser(house)):
        assert faults((await visitor.get(f"/verify/{token}")).text) == []
    await meera.submit(f"/verify/{token}", f"/verify/{token}")
    for page in ("/sign-in/link", "/reset"):
        await meera.submit(page, page, address=meera.address)
        await house.run_until_idle()
        mailed = await mailed_token(house, meera.address)
        assert faults((await meera.get(f"/verify/{mailed}")).text) == []


@covers("ID-1")
async def test_what_was_typed_is_drawn_as_text(house: StandingHouse, meera: Browser) -> None:
    await meera.join()
    nasty = '"><script>alert(1)</script>'
    refused = await meera.submit("/settings/profile", "/settings/profile", name="", headline=nasty)
    assert "<script>alert" not in refused.text
    assert "&lt;script&gt;" in refused.text
    await meera.submit("/settings/profile", "/settings/profile", name=nasty, headline="")
    assert "<script>alert" not in (await meera.get("/settings/profile")).text
