"""Spans at the seams (ports, units, adapters, requests) over the OpenTelemetry API; trace ids on the wire.

Without a tracer provider a span is nothing at all. With one, it is a single span a seam: the stock
instrumentation makes three a request and halves the throughput.
"""

import re
import secrets
from contextlib import AbstractContextManager, nullcontext

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACE_ID = re.compile(r"[0-9a-f]{32}")
TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

_tracer = trace.get_tracer("suuupra")
_NO_SPAN = nullcontext()
_propagator = TraceContextTextMapPropagator()


def is_tracing() -> bool:
    """Whether somebody collects spans in this process."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def span(name: str, *, traceparent: str | None = None, **attributes: str) -> AbstractContextManager[object]:
    """The block as one span, a child of the present one or of the caller named by `traceparent`."""
    if not is_tracing():
        return _NO_SPAN
    parent = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    return _tracer.start_as_current_span(name, context=parent, attributes=attributes)


def traceparent_of(trace_id: str) -> str | None:
    """The W3C `traceparent` to send on: of the present span, else of the trace alone; None without either."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
    return f"00-{trace_id}-{secrets.token_hex(8)}-01" if TRACE_ID.fullmatch(trace_id) else None


def trace_of(traceparent: str) -> str:
    """The trace id of a `traceparent`, empty where there is none."""
    found = TRACEPARENT.fullmatch(traceparent)
    return found.group(1) if found else ""
