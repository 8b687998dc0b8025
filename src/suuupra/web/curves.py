"""Arithmetic of charts: round scales and curves that never claim more than the data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """Round ticks from `low` to `high`, both included; zero always lies between."""

    ticks: tuple[float, ...]

    @property
    def low(self) -> float:
        return self.ticks[0]

    @property
    def high(self) -> float:
        return self.ticks[-1]

    def at(self, value: float) -> float:
        """0 at the lowest tick, 1 at the highest."""
        return (value - self.low) / (self.high - self.low)


def scale(values: Sequence[float], count: int = 4) -> Scale:
    """About `count` round steps (1, 2, 2.5, 5 x 10^n) over zero and all values."""
    low, high = min(0.0, *values), max(0.0, *values)
    if high == low:
        high = low + 1.0
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(one * power for one in _STEPS if one * power >= raw * (1 - 1e-12))
    first, last = math.floor(low / step), math.ceil(high / step)
    return Scale(tuple(step * index for index in range(first, last + 1)))


def tangents(points: Sequence[Point]) -> list[float]:
    """Slopes of a monotone cubic (Fritsch and Butland 1984): between two points it stays in their range."""
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(points)]
    inner = [0.0 if a * b <= 0 else 2 * a * b / (a + b) for a, b in pairwise(slopes)]
    return [slopes[0], *inner, slopes[-1]]


def beziers(points: Sequence[Point]) -> list[tuple[Point, Point, Point]]:
    """The curve as cubic segments: two handles and an end each."""
    slopes = tangents(points)
    parts = []
    for index, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        third = (x1 - x0) / 3
        start = (x0 + third, y0 + slopes[index] * third)
        end = (x1 - third, y1 - slopes[index + 1] * third)
        parts.append((start, end, (x1, y1)))
    return parts


def path(points: Sequence[Point]) -> str:
    """SVG path data through all points; a single one is a short flat line."""
    if len(points) == 1:
        (x, y) = points[0]
        return f"M{_n(x - 1)} {_n(y)}H{_n(x + 1)}"
    drawn = "".join(
        f"C{_n(a[0])} {_n(a[1])} {_n(b[0])} {_n(b[1])} {_n(c[0])} {_n(c[1])}" for a, b, c in beziers(points)
    )
    return f"M{_n(points[0][0])} {_n(points[0][1])}{drawn}"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
