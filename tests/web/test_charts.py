"""Charts claim no more than the data: laws of scales and curves, and what a screen reader hears."""

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from suuupra.web import charts
from suuupra.web.charts import Chart, Series
from suuupra.web.curves import beziers, path, scale
from tests.covers import covers

FIGURES = st.floats(min_value=-1e9, max_value=1e9, allow_nan=False).map(lambda value: round(value, 3))
COUNTS = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=40)


@covers("ADM-30")
@given(st.lists(FIGURES, min_size=1, max_size=40))
def test_ticks_cover_all_values_and_zero_evenly(values: list[float]) -> None:
    found = scale(values)
    assert found.low <= min(0.0, *values)
    assert found.high >= max(0.0, *values)
    assert any(abs(tick) < 1e-9 * (found.high - found.low) for tick in found.ticks)
    steps = [b - a for a, b in pairwise(found.ticks)]
    assert max(steps) - min(steps) <= 1e-9 * max(steps)
    assert 2 <= len(found.ticks) <= 7


@covers("ADM-30")
@given(st.lists(FIGURES, min_size=2, max_size=30))
def test_the_curve_never_leaves_the_range_of_two_neighbours(values: list[float]) -> None:
    points = [(float(index), value) for index, value in enumerate(values)]
    for (x0, y0), (one, two, (x1, y1)) in zip(points, beziers(points), strict=False):
        low, high = min(y0, y1), max(y0, y1)
        slack = 1e-6 * (1 + abs(low) + abs(high))
        for step in range(21):
            t = step / 20
            y = (1 - t) ** 3 * y0 + 3 * (1 - t) ** 2 * t * one[1] + 3 * (1 - t) * t**2 * two[1] + t**3 * y1
            assert low - slack <= y <= high + slack
        assert x0 <= one[0] <= two[0] <= x1


@covers("ADM-30")
@given(COUNTS)
def test_any_series_is_drawn_within_the_drawing(values: list[int]) -> None:
    labels = tuple(map(str, range(len(values))))
    chart = Chart("Learners", labels, (Series("Now", tuple(map(float, values))),))
    for drawn in (str(charts.area(chart)), str(charts.bars(chart))):
        assert "nan" not in drawn
        assert "inf" not in drawn
        for figure in re.findall(r'\b(?:cy|y|height)="(-?[\d.]+)%"', drawn):
            assert 0 <= float(figure) <= 100


@covers("ADM-30")
def test_a_single_point_and_a_flat_line_are_drawn() -> None:
    assert path([(5.0, 5.0)]) == "M4 5H6"
    flat = Chart("Flat", ("a", "b"), (Series("Now", (0.0, 0.0)),))
    assert "<svg" in charts.area(flat)
    assert "<path" in charts.sparkline([3, 3, 3], "level")


@covers("PORT-33")
def test_a_chart_says_its_highest_and_its_last_figure() -> None:
    chart = Chart("Joined", ("Mon", "Tue", "Wed"), (Series("Now", (3.0, 1500.0, 7.0)),), suffix=" people")
    assert chart.summary == "Joined: highest 1.5 K people (Tue), last 7 people (Wed)"
    assert chart.points == {
        "labels": ["Mon", "Tue", "Wed"],
        "series": [{"name": "Now", "figures": ["3 people", "1.5 K people", "7 people"]}],
    }


@covers("PORT-34")
def test_names_in_a_chart_are_escaped() -> None:
    hostile = '"><script>alert(1)</script>'
    chart = Chart(hostile, (hostile, "b"), (Series(hostile, (1.0, 2.0)),), prefix="<b>")
    for drawn in (charts.area(chart), charts.bars(chart), charts.shares(hostile, [(hostile, 1.0)])):
        assert "<script>" not in drawn
        assert "<b>" not in drawn


@covers("ADM-30")
@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=6))
def test_shares_never_reach_past_the_whole(values: list[float]) -> None:
    drawn = str(charts.shares("Ways", [(str(index), value) for index, value in enumerate(values)]))
    for left, width in re.findall(r'x="([\d.]+)%" width="([\d.]+)%"', drawn):
        assert float(left) + float(width) <= 100.05
