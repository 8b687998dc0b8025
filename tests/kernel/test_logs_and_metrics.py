"""Logs hold no personal data; figures stay bounded."""

import json

import pytest
import structlog

from suuupra.kernel import logs
from suuupra.kernel.metrics import SERIES_MAX, Histogram, Metrics
from tests.covers import covers

CANARY = "canary-4711"


@covers("OPS-21", "PLT-12")
@pytest.mark.parametrize("field", sorted(logs.DENIED))
def test_a_canary_under_a_denied_name_never_reaches_the_log(field: str) -> None:
    shown = logs.redact(None, "info", {"event": "tested", field: CANARY, f"user_{field}": CANARY})
    assert CANARY not in json.dumps(dict(shown))


@covers("OPS-21")
def test_a_mail_address_is_starred_under_any_name_and_facts_stay() -> None:
    shown = logs.redact(None, "info", {"event": "a.b", "note": "for asha@example.org, twice", "ms": 3})
    assert dict(shown) == {"event": "a.b", "note": "for *** twice", "ms": 3}


@covers("OPS-21", "PLT-12")
def test_one_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(as_json=True)
    logs.logger("vod").info("upload.accepted", size_bytes=5, email="a@b.c")
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert line | {"timestamp": ""} == {
        "event": "upload.accepted",
        "service": "vod",
        "size_bytes": 5,
        "email": "***",
        "level": "info",
        "timestamp": "",
    }
    structlog.reset_defaults()


@covers("OPS-20")
def test_labels_beyond_the_cap_fall_together() -> None:
    metrics = Metrics()
    for number in range(SERIES_MAX + 3):
        metrics.count("hits", route=str(number))
    metrics.time("took", 0.02, route="a")
    metrics.time("took", 0.02, route="a")
    assert len(metrics.counters["hits"]) == SERIES_MAX + 1
    assert metrics.overflowed == 3
    assert next(iter(metrics.times["took"].values())).count == 2


@covers("OPS-20")
def test_a_quantile_is_the_bound_of_its_bucket() -> None:
    histogram = Histogram()
    assert histogram.quantile(0.95) == 0
    for _ in range(95):
        histogram.add(0.004)
    for _ in range(5):
        histogram.add(99)
    assert histogram.quantile(0.5) == 0.005
    assert histogram.quantile(0.99) == 20.0
