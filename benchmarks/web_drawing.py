"""Drawing a page: processor time of a catalogue of 24 cards and of the page of all components.

Claim (portal, section 11): at most 8 ms at the median. The catalogue is what people wait for; the page of all
components is the heaviest we have and is shown beside it without a bar.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from suuupra.web.assets import read_assets
from suuupra.web.frame import Bell, Frame, Item, Person, SearchBox
from suuupra.web.pages import Renderer
from suuupra.web.parts import CourseCard, Fact
from suuupra.web.showcase import showcase

BAR_MS = 8.0
ROUNDS, CARDS = 200, 24
PAGE = """{% extends "web/base.html" %}{% import "web/components/media.html" as media %}
{% block main %}{{ media.shelf(view) }}{% endblock %}"""


def cards() -> tuple[CourseCard, ...]:
    facts = (
        Fact("1,204", "users", "Learners"),
        Fact("18 h", "clock", "Length"),
        Fact("42", "book", "Lessons"),
    )
    return tuple(
        CourseCard(
            f"Course number {number}", f"/courses/{number}", f"course-{number}", ("Physics", "Class 12"),
            "Dr Anjali Rao", facts=facts, price="Free", action="Join",
        )
        for number in range(CARDS)
    )  # fmt: skip


def median_ms(draw: Callable[[], str]) -> float:
    draw()
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time_ns()
        draw()
        taken.append((time.process_time_ns() - started) / 1e6)
    return statistics.median(taken)


def main() -> int:
    frame = Frame(
        datetime(2026, 11, 24, tzinfo=UTC), title="Courses", csrf="token", bell=Bell(3), search=SearchBox(),
        person=Person("Nidhi Sharma"), navigation=tuple(Item(str(n), f"/{n}", "book") for n in range(4)),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "catalogue.html").write_text(PAGE)
        pages = Renderer(read_assets(), {"demo": Path(folder)})
        shown = cards()
        catalogue_ms = median_ms(lambda: pages.render("demo/catalogue.html", shown, frame))
        everything_ms = median_ms(lambda: showcase(pages, frame))
    print(
        f"web_drawing: catalogue of {CARDS} cards {catalogue_ms:.2f} ms (bar {BAR_MS:.0f}), "
        f"all components {everything_ms:.2f} ms"
    )
    return 0 if catalogue_ms <= BAR_MS else 1


if __name__ == "__main__":
    sys.exit(main())
