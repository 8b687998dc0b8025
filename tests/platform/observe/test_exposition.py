"""`/metrics`, read by the parser of the Prometheus client itself."""

import math
from typing import Any

import httpx2
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from suuupra.kernel.metrics import BUCKETS_S, METRICS, SERIES_MAX, Metrics
from suuupra.platform.observe import exposition, metrics_route
from tests.covers import covers


def parsed(metrics: Metrics) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(exposition(metrics))}


@covers("PLT-12", "OPS-20")
@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 20), st.text(max_size=12)), min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(1, 9), st.text(max_size=12)), max_size=30),
)
def test_a_foreign_reader_finds_what_was_counted(
    times: list[tuple[float, str]], counts: list[tuple[int, str]]
) -> None:
    metrics = Metrics()
    for seconds, route in times:
        metrics.time("http_request", seconds, route=route, method="GET")
    for amount, kind in counts:
        metrics.count("jobs", amount, kind=kind)
    found = parsed(metrics)
    samples = found["suuupra_http_request_seconds"].samples
    total = sum(sample.value for sample in samples if sample.name.endswith("_count"))
    assert total == len(times)
    for label in {route for _, route in times}:
        own = [s for s in samples if s.labels["route"] == label and s.name.endswith("_bucket")]
        assert [float(sample.labels["le"]) for sample in own] == [*BUCKETS_S, math.inf]
        for sample in own:
            bound = float(sample.labels["le"])
            assert sample.value == sum(1 for seconds, route in times if route == label and seconds <= bound)
    jobs = found["suuupra_jobs"].samples if counts else []
    assert sum(sample.value for sample in jobs) == sum(amount for amount, _ in counts)


@covers("OPS-20")
def test_a_name_says_its_unit_once() -> None:
    metrics = Metrics()
    metrics.time("start_up_seconds", 1)
    metrics.count("mails_total", 2)
    assert {"suuupra_start_up_seconds", "suuupra_mails"} <= parsed(metrics).keys()


@covers("PLT-12", "OPS-20")
def test_a_wild_label_cannot_fill_the_memory_and_is_seen() -> None:
    metrics = Metrics()
    for number in range(SERIES_MAX + 40):
        metrics.count("searches", word=f"word {number}")
    found = parsed(metrics)
    assert len(found["suuupra_searches"].samples) == SERIES_MAX + 1
    (overflow,) = (s for s in found["suuupra_searches"].samples if "overflow" in s.labels)
    assert overflow.value == 40
    assert found["suuupra_label_overflow"].samples[0].value == 40


@covers("OPS-20")
async def test_the_route_speaks_the_text_format() -> None:
    METRICS.count("tests_seen")
    transport = httpx2.ASGITransport(app=Starlette(routes=[metrics_route()]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://house") as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "suuupra_tests_seen_total" in answer.text
