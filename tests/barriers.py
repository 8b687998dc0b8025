"""What keeps somebody from using a page: axe, the edge of the screen, a bar over what has the focus."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE_WIDTH_MAX = 600
PHONE_HEIGHT = 844
WHOLE_HEIGHT = 4_000
# At a phone's height whatever scrolls passes under the sticky bar, and axe measures the part that looks out:
# target sizes are therefore read on the whole page; each control is asked whether a bar hides its focus.
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


async def barriers(page: Page) -> list[tuple[str, str]]:
    """What and where, as rule and element; on a narrow page also at the height of a phone."""
    size = page.viewport_size
    assert size is not None
    narrow = size["width"] < PHONE_WIDTH_MAX
    rules = {"target-size": {"enabled": False}} if narrow else {}
    if narrow:
        await page.set_viewport_size({"width": size["width"], "height": PHONE_HEIGHT})
    found = await Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}, "rules": rules})
    wrong = [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]]
    wrong += [("covered while focused", html) for html in await page.evaluate(COVERED)]
    if not await page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        wrong.append(("off the side", page.url))
    if narrow:
        await page.set_viewport_size({"width": size["width"], "height": WHOLE_HEIGHT})
        found = await Axe().run(page, options={"runOnly": {"type": "rule", "values": ["target-size"]}})
        wrong += [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]]
        await page.set_viewport_size(size)
    return wrong
