"""The overview: tiles and a chart of every figure, health beside it, what waits for a person above."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.problems import Invalid
from suuupra.services.admin.pages.acting import query_of, same_page
from suuupra.services.admin.pages.run import HEALTH_KINDS, HEALTH_WORDS
from suuupra.services.admin.service.desk import Desk
from suuupra.services.admin.service.numbers import Figure, Overlook, Overview, Waiting
from suuupra.web.charts import Chart, Series
from suuupra.web.draw import draw
from suuupra.web.filters import compact, plural
from suuupra.web.frame import Item
from suuupra.web.parts import Stat

DAYS = (7, 14, 30, 90)
USUAL_DAYS = 30
SPARK_MIN = 2
UNKNOWN = "–"
CHOICES = {
    "approvals": ("submission waits for a decision", "submissions wait for a decision", "/admin/approvals"),
    "events": ("event is parked", "events are parked", "/admin/deliveries?kind=event"),
    "jobs": ("job is dead", "jobs are dead", "/admin/deliveries?kind=job"),
    "encodings": ("video failed to encode", "videos failed to encode", "/admin/encodings?state=failed"),
}


@dataclass(frozen=True)
class OverviewView:
    """The page. `chart` is of the chosen figure; None where nobody counts anything."""

    overview: Overview
    stats: tuple[Stat, ...]
    chart: Chart | None
    definition: str
    figures: tuple[Item, ...]
    ranges: tuple[Item, ...]
    waiting: tuple[Item, ...]
    words: Mapping[str, str]
    kinds: Mapping[str, str]

    @property
    def unwell(self) -> int:
        """How many services are not well."""
        return sum(one.state != "well" for one in self.overview.health)


def stat_of(figure: Figure, days: int) -> Stat:
    """What it stands at, what came in these days; a figure that nobody knows is a dash."""
    values = tuple(point.value for point in figure.points)
    came = sum(values)
    if figure.now is None:
        value = compact(came) if values else UNKNOWN
        return Stat(figure.title, value, note=f"in {days} days", points=_spark(values))
    return Stat(
        figure.title,
        compact(figure.now),
        change=f"+{compact(came)}" if came else "",
        way="good",
        note=(f"in {days} days" if came else f"none new in {days} days") if values else figure.unit,
        points=_spark(values),
    )


def _spark(values: tuple[float, ...]) -> tuple[float, ...]:
    return values if len(values) >= SPARK_MIN else ()


def chart_of(figure: Figure) -> Chart:
    """One figure by day, in UTC as it is counted."""
    labels = tuple(f"{point.at.day} {point.at:%b}" for point in figure.points)
    series = Series(figure.title, tuple(point.value for point in figure.points))
    return Chart(f"{figure.title} by day", labels, (series,))


def waiting_of(waiting: tuple[Waiting, ...]) -> tuple[Item, ...]:
    """Each as a sentence that leads to where it is settled."""
    found = []
    for one in waiting:
        single, several, href = CHOICES[one.kind]
        text = f"{one.count}+ {several}" if one.is_more else plural(one.count, single, several)
        found.append(Item(text, href))
    return tuple(found)


def days_of(request: Request) -> int:
    """The chosen range."""
    text = query_of(request, "days") or str(USUAL_DAYS)
    if text not in map(str, DAYS):
        raise Invalid.at("/days", "Choose a range of the list.")
    return int(text)


def view_of(request: Request, overview: Overview) -> OverviewView:
    """What the page draws of the numbers."""
    wanted = query_of(request, "figure")
    found = {figure.key: figure for figure in overview.figures}
    chosen = found.get(wanted) or next(iter(found.values()), None)
    return OverviewView(
        overview=overview,
        stats=tuple(stat_of(figure, overview.days) for figure in overview.figures),
        chart=chart_of(chosen) if chosen else None,
        definition=chosen.definition if chosen else "",
        figures=tuple(
            Item(figure.title, same_page(request, figure=key), current=figure is chosen)
            for key, figure in found.items()
        ),
        ranges=tuple(
            Item(f"{days} days", same_page(request, days=str(days)), current=days == overview.days)
            for days in DAYS
        ),
        waiting=waiting_of(overview.waiting),
        words=HEALTH_WORDS,
        kinds=HEALTH_KINDS,
    )


def overview_pages(desk: Desk) -> list[Route]:
    """`/admin`."""

    async def show(request: Request) -> Response:
        overview = await desk.numbers.overview(Overlook(days=days_of(request)))
        return draw(request, "admin/overview.html", view_of(request, overview), title="Overview")

    return [Route("/admin", show)]
