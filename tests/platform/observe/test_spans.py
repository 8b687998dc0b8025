"""Trace ids on the wire, and spans that cost nothing until somebody collects them."""

import subprocess
import sys
import time

from hypothesis import given
from hypothesis import strategies as st

from suuupra.platform.observe.spans import is_tracing, span, trace_of, traceparent_of
from tests.covers import covers

trace_ids = st.text("0123456789abcdef", min_size=32, max_size=32)

COLLECTED = """
from contextlib import contextmanager
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span
from suuupra.platform.observe.spans import is_tracing, span, trace_of, traceparent_of

spans = []

class Tracer(trace.NoOpTracer):
    @contextmanager
    def start_as_current_span(self, name, context=None, attributes=None, **_):
        parent = trace.get_current_span(context).get_span_context()
        number = len(spans) + 1
        spans.append((name, attributes, parent.span_id))
        made = SpanContext(parent.trace_id or 0xabc, number, False, TraceFlags(1))
        with use_span(NonRecordingSpan(made)):
            yield

class Provider(trace.TracerProvider):
    def get_tracer(self, *_, **__):
        return Tracer()

assert not is_tracing()
trace.set_tracer_provider(Provider())
assert is_tracing()
caller = "00-" + "0" * 31 + "7-00000000000000ff-01"
with span("served", traceparent=caller, port="Shelves"):
    with span("port"):
        sent = traceparent_of("")
assert [name for name, _, _ in spans] == ["served", "port"]
assert spans[0][1] == {"port": "Shelves"} and spans[0][2] == 0xff and spans[1][2] == 1
assert trace_of(sent) == "0" * 31 + "7" and sent.split("-")[2].endswith("2"), sent
"""


@covers("PLT-12")
@given(trace_ids)
def test_a_trace_id_travels(trace_id: str) -> None:
    header = traceparent_of(trace_id)
    assert header is not None
    assert trace_of(header) == trace_id
    assert traceparent_of(trace_id) != header


@covers("PLT-12")
@given(st.text(max_size=60))
def test_what_is_no_trace_is_none(text: str) -> None:
    assert trace_of(text) == "" or text.startswith("00-")
    assert traceparent_of(text) is None or len(text) == 32


@covers("PLT-12")
def test_without_a_collector_a_span_costs_next_to_nothing() -> None:
    assert not is_tracing()
    started = time.process_time()
    for _ in range(10_000):
        with span("port", port="x"):
            pass
    assert (time.process_time() - started) / 10_000 < 20e-6


@covers("PLT-12")
def test_with_a_collector_spans_hang_together_across_processes() -> None:
    """In a process of its own, since a tracer provider can be set only once."""
    subprocess.run([sys.executable, "-W", "error", "-c", COLLECTED], check=True, timeout=30)
