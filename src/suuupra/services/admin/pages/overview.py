"""The overview: tiles and a chart of every figure, health beside it, what waits for a person above."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import ClassVar

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
from suuupra.web.parts import Column, Stat

DAYS = (7, 14, 30, 90)
USUAL_DAYS = 30
SPARK_MIN = 2
TILES = 4
UNKNOWN = "–"
CHOICES = {
    "approvals": ("submission waits for a decision", "submissions wait for a decision", "/admin/approvals"),
    "events": ("event is parked", "events are parked", "/admin/deliveries?kind=event"),
    "jobs": ("job is dead", "jobs are dead", "/admin/deliveries?kind=job"),
    "encodings": ("video failed to encode", "videos failed to encode", "/admin/encodings?state=failed"),
}


@dataclass(frozen=True)
class Row:
    """One figure of the table: what it stands at, what came in the range; its name leads to its chart."""

    title: str
    service: str
    href: str
    is_chosen: bool
    now: str
    came: str
    points: tuple[float, ...]


@dataclass(frozen=True)
class OverviewView:
    """The page. `chart` is of the chosen figure; None where nobody counts anything."""

    columns: ClassVar[tuple[Column, ...]] = (
        Column("Figure"),
        Column("Stands at", "end"),
        Column("New", "end"),
        Column("Lately"),
    )
    overview: Overview
    stats: tuple[Stat, ...]
    chart: Chart | None
    definition: str
    rows: tuple[Row, ...]
    ranges: tuple[Item, ...]
    waiting: tuple[Item, ...]
    words: Mapping[str, str]
    kinds: Mapping[str, str]

    @property
    def unwell(self) -> int:
        """How many services are not well."""
        return sum(one.state != "well" for one in self.overview.health)


def headlines(figures: tuple[Figure, ...]) -> tuple[Figure, ...]:
    """The tiles: the first figure of each service, then the second ones, as each owner ordered them."""
    by_service: dict[str, list[Figure]] = {}
    for figure in figures:
        by_service.setdefault(figure.service, []).append(figure)
    turns = zip_longest(*by_service.values())
    return tuple(islice((figure for turn in turns for figure in turn if figure), TILES))


def values_of(figure: Figure) -> tuple[float, ...]:
    """The known days in order."""
    return tuple(point.value for point in figure.points)


def stat_of(figure: Figure, days: int) -> Stat:
    """What it stands at, what came in these days; a figure that nobody knows is a dash."""
    values = values_of(figure)
    came, note = sum(values), f"in {days} days"
    if figure.now is None:
        return Stat(figure.title, compact(came) if values else UNKNOWN, note=note, points=_spark(values))
    return Stat(
        figure.title,
        compact(figure.now),
        change=f"+{compact(came)}" if came else "",
        way="good",
        note=(note if came else f"none new {note}") if values else figure.unit,
        points=_spark(values),
    )


def row_of(request: Request, figure: Figure, chosen: Figure | None) -> Row:
    """A line of the table."""
    values = values_of(figure)
    return Row(
        title=figure.title,
        service=figure.service,
        href=same_page(request, figure=figure.key),
        is_chosen=figure is chosen,
        now=UNKNOWN if figure.now is None else compact(figure.now),
        came=compact(sum(values)) if values else UNKNOWN,
        points=_spark(values),
    )


def _spark(values: tuple[float, ...]) -> tuple[float, ...]:
    return values if len(values) >= SPARK_MIN else ()


def chart_of(figure: Figure) -> Chart:
    """One figure by day, in UTC as it is counted."""
    labels = tuple(f"{point.at.day} {point.at:%b}" for point in figure.points)
    return Chart(f"{figure.title} by day", labels, (Series(figure.title, values_of(figure)),))


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
    found = {figure.key: figure for figure in overview.figures}
    tiles = headlines(overview.figures)
    moving = (figure for figure in (*tiles, *overview.figures) if any(values_of(figure)))
    chosen = found.get(query_of(request, "figure")) or next(moving, next(iter(tiles), None))
    return OverviewView(
        overview=overview,
        stats=tuple(stat_of(figure, overview.days) for figure in tiles),
        chart=chart_of(chosen) if chosen else None,
        definition=chosen.definition if chosen else "",
        rows=tuple(row_of(request, figure, chosen) for figure in overview.figures),
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
