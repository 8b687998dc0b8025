"""Charts as SVG, drawn by the server and coloured by classes; complete without JavaScript.

The drawing has no fixed width: marks stand at percentages, curves in a stretched inner view with unscaled
strokes, so labels stay readable on a phone. Templates reach these through `web/components/charts.html`.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from suuupra.web.curves import Point, Scale, path, scale
from suuupra.web.filters import compact

_TOP, _BOTTOM = 6.0, 88.0
_LABELS_MAX = 7
_SPARK_WIDTH, _SPARK_HEIGHT, _SPARK_PAD = 96.0, 32.0, 4.0


@dataclass(frozen=True, slots=True)
class Series:
    """One line or bar set; the first of a chart is the one that counts, dashed ones are for comparison."""

    name: str
    values: tuple[float, ...]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Series over the same labels. `prefix` and `suffix` dress every figure: `₹`, ` ms`."""

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    prefix: str = ""
    suffix: str = ""

    def figure(self, value: float) -> str:
        text = compact(value) if abs(value) >= 1000 or float(value).is_integer() else f"{value:.4g}"  # noqa: PLR2004
        return f"{self.prefix}{text}{self.suffix}"

    @property
    def empty(self) -> bool:
        return not self.labels or not any(one.values for one in self.series)

    @property
    def summary(self) -> str:
        """What an eye sees first, as a sentence."""
        values = self.series[0].values
        top = max(range(len(values)), key=values.__getitem__)
        highest = f"highest {self.figure(values[top])} ({self.labels[top]})"
        return f"{self.title}: {highest}, last {self.figure(values[-1])} ({self.labels[-1]})"

    @property
    def points(self) -> dict[str, object]:
        """What the crosshair reads: labels and dressed figures."""
        lines = [{"name": s.name, "figures": [self.figure(v) for v in s.values]} for s in self.series]
        return {"labels": list(self.labels), "series": lines}


def area(chart: Chart) -> Markup:
    """The first series as a filled curve, the others as lines."""
    axis = scale([v for s in chart.series for v in s.values])
    count = len(chart.labels)
    fill = f"fade-{zlib.crc32(repr(chart).encode()):08x}"
    lines = [_curve(series, axis, count, index) for index, series in enumerate(chart.series)]
    values = chart.series[0].values
    inner = Markup(
        '<svg viewBox="0 0 1000 1000" preserveAspectRatio="none">'
        '<defs><linearGradient id="{fill}" x2="0" y2="1">'
        '<stop offset="0" class="chart-from"/><stop offset="1" class="chart-to"/></linearGradient></defs>'
        '<path class="chart-area" fill="url(#{fill})" d="{under}"/>{lines}</svg>'
        '{axis}<circle class="chart-dot" cx="{x}%" cy="{y}%" r="4.5"/>'
    ).format(
        fill=fill,
        under=_under(values, axis, count),
        lines=Markup("").join(reversed(lines)),
        axis=_axis(chart, [_x(i, count) for i in range(count)]),
        x=_n(_x(len(values) - 1, count)),
        y=_n(_y(values[-1], axis)),
    )
    return _framed(chart, axis, inner)


def bars(chart: Chart) -> Markup:
    """The series side by side at each label."""
    axis = scale([v for s in chart.series for v in s.values])
    slot = 100 / len(chart.labels)
    width = slot * 0.64 / len(chart.series)
    zero = _y(0, axis)
    drawn = []
    for number, series in enumerate(chart.series):
        for index, value in enumerate(series.values):
            left = index * slot + slot * 0.18 + number * width
            top = min(zero, _y(value, axis))
            high = abs(zero - _y(value, axis))
            drawn.append(
                Markup(
                    '<rect class="chart-bar" data-series="{}" '
                    'x="{}%" y="{}%" width="{}%" height="{}%" rx="3"/>'
                ).format(number, _n(left), _n(top), _n(width * 0.92), _n(high))
            )
    centres = [(index + 0.5) * slot for index in range(len(chart.labels))]
    return _framed(chart, axis, Markup("").join(drawn) + _axis(chart, centres, inside=True))


def sparkline(values: Sequence[float], label: str) -> Markup:
    """A word-sized curve with its last point marked."""
    low, span = min(values), (max(values) - min(values)) or 1.0
    inner, tall = _SPARK_WIDTH - 2 * _SPARK_PAD, _SPARK_HEIGHT - 2 * _SPARK_PAD
    step = inner / max(1, len(values) - 1)
    points: list[Point] = [
        (_SPARK_PAD + i * step, _SPARK_PAD + tall * (1 - (v - low) / span)) for i, v in enumerate(values)
    ]
    x, y = points[-1]
    return Markup(
        '<svg class="spark" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}"><path d="{}"/>'
        '<circle cx="{}" cy="{}" r="2.6"/></svg>'
    ).format(_SPARK_WIDTH, _SPARK_HEIGHT, label, path(points), _n(x), _n(y))


def shares(title: str, rows: Sequence[tuple[str, float]]) -> Markup:
    """Parts of a whole as one segmented bar; the legend beside it carries the figures."""
    total = sum(value for _, value in rows) or 1.0
    left, drawn = 0.0, []
    for index, (_, value) in enumerate(rows):
        width = value / total * 100
        drawn.append(
            Markup(
                '<rect class="chart-share" data-series="{}" x="{}%" width="{}%" height="100%" rx="4"/>'
            ).format(index, _n(left), _n(max(0.0, width - 0.8)))
        )
        left += width
    words = ", ".join(f"{name} {value / total * 100:.0f}%" for name, value in rows)
    return Markup('<svg class="shares" role="img" aria-label="{}: {}">{}</svg>').format(
        title, words, Markup("").join(drawn)
    )


def _curve(series: Series, axis: Scale, count: int, index: int) -> Markup:
    kind = "chart-line is-dashed" if series.dashed else "chart-line"
    drawn = path(_points(series.values, axis, count))
    return Markup('<path class="{}" data-series="{}" d="{}"/>').format(kind, index, drawn)


def _under(values: Sequence[float], axis: Scale, count: int) -> str:
    points = _points(values, axis, count)
    zero = _n(_y(0, axis) * 10)
    return f"{path(points)}L{_n(points[-1][0])} {zero}L{_n(points[0][0])} {zero}Z"


def _points(values: Sequence[float], axis: Scale, count: int) -> list[Point]:
    return [(_x(i, count) * 10, _y(v, axis) * 10) for i, v in enumerate(values)]


def _framed(chart: Chart, axis: Scale, inner: Markup) -> Markup:
    """The drawing beside its scale; the scale is text, so that it keeps its size."""
    ticks = Markup("").join(Markup("<li>{}</li>").format(chart.figure(tick)) for tick in reversed(axis.ticks))
    grid = Markup("").join(
        Markup('<line class="chart-grid" x1="0" x2="100%" y1="{0}%" y2="{0}%"/>').format(_n(_y(tick, axis)))
        for tick in axis.ticks
    )
    return Markup(
        '<div class="chart-frame"><ul class="chart-ticks num" aria-hidden="true">{}</ul>'
        '<svg class="chart" role="img" aria-label="{}">{}{}</svg></div>'
    ).format(ticks, chart.summary, grid, inner)


def _axis(chart: Chart, places: Sequence[float], *, inside: bool = False) -> Markup:
    """Some of the labels, evenly spaced; the outermost stay within the drawing."""
    count = len(places)
    every = -(-count // _LABELS_MAX)
    drawn = []
    for index in range((every - 1) // 2, count, every):
        place = places[index]
        anchor = "middle" if inside or 4 < place < 96 else "start" if place <= 4 else "end"  # noqa: PLR2004
        drawn.append(
            Markup('<text class="chart-axis" x="{}%" y="100%" dy="-4" text-anchor="{}">{}</text>').format(
                _n(place), anchor, escape(chart.labels[index])
            )
        )
    return Markup("").join(drawn)


def _x(index: int, count: int) -> float:
    return 100.0 if count == 1 else index * 100 / (count - 1)


def _y(value: float, axis: Scale) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * axis.at(value)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
