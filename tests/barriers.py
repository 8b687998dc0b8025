"""What keeps somebody from using a page: axe, the edge of the screen, a bar over what has the focus."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE_WIDTH_MAX = 600
PHONE_HEIGHT = 844
WHOLE_HEIGHT = 4_000
RULES_PASSED_MIN = 10
# At a phone's height whatever scrolls passes under the sticky bar, and axe measures the part that looks out:
# it therefore sees the whole page, and each control is asked whether a bar hides its focus.
COVERED = """() => {
  const bars = [...document.querySelectorAll('.topbar, .bottombar')].filter((bar) => bar.checkVisibility());
  const hides = (one) => {
    const box = one.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return top && !one.contains(top) && bars.some((bar) => bar.contains(top) && !bar.contains(one));
  };
  const wrong = [];
  for (const one of document.querySelectorAll('a[href], button, input, select, textarea, summary')) {
    if (one.disabled || !one.checkVisibility({ visibilityProperty: true })) continue;
    one.focus();
    if (document.activeElement === one && hides(one)) wrong.push(one.outerHTML.slice(0, 160));
  }
  scrollTo(0, 0);
  return wrong;
}"""


async def violations(page: Page) -> list[tuple[str, str]]:
    """What axe finds, as rule and element; passes are not told one by one, they weigh megabytes."""
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    found = (await Axe().run(page, options=options)).response
    assert len(found["passes"]) >= RULES_PASSED_MIN, "axe has hardly looked"
    return [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]]


async def barriers(page: Page) -> list[tuple[str, str]]:
    """The same, and what cannot be reached; a narrow page is seen by axe whole, by the bars in a phone."""
    size = page.viewport_size
    assert size is not None
    narrow = size["width"] < PHONE_WIDTH_MAX
    if narrow:
        await page.set_viewport_size({"width": size["width"], "height": WHOLE_HEIGHT})
    wrong = await violations(page)
    if narrow:
        await page.set_viewport_size({"width": size["width"], "height": PHONE_HEIGHT})
    wrong += [("covered while focused", html) for html in await page.evaluate(COVERED)]
    if not await page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        wrong.append(("off the side", page.url))
    if narrow:
        await page.set_viewport_size(size)
    return wrong
