"""`/metrics`: the process's figures in the Prometheus text format (0.0.4), for the internal listener."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.metrics import BUCKETS_S, METRICS, Labels, Metrics

MEDIA_TYPE = "text/plain; version=0.0.4"


def exposition(metrics: Metrics) -> str:
    """Counters as `suuupra_<name>_total`, times as histograms `suuupra_<name>_seconds`."""
    lines: list[str] = []
    for name, series in sorted(metrics.counters.items()):
        full = f"suuupra_{name.removesuffix('_total')}_total"
        lines.append(f"# TYPE {full} counter")
        lines += [f"{full}{_written(labels)} {value:.15g}" for labels, value in series.items()]
    for name, times in sorted(metrics.times.items()):
        full = f"suuupra_{name.removesuffix('_seconds')}_seconds"
        lines.append(f"# TYPE {full} histogram")
        for labels, histogram in times.items():
            seen = 0
            for bound, count in zip((*BUCKETS_S, float("inf")), histogram.counts, strict=True):
                seen += count
                edge = "+Inf" if bound == float("inf") else f"{bound:g}"
                lines.append(f"{full}_bucket{_written((*labels, ('le', edge)))} {seen}")
            lines.append(f"{full}_sum{_written(labels)} {histogram.total_s:.6f}")
            lines.append(f"{full}_count{_written(labels)} {histogram.count}")
    lines += [
        "# TYPE suuupra_label_overflow_total counter",
        f"suuupra_label_overflow_total {metrics.overflowed}",
    ]
    return "\n".join(lines) + "\n"


def _written(labels: Labels) -> str:
    if not labels:
        return ""
    escaped = (
        (name, value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")) for name, value in labels
    )
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped) + "}"


def metrics_route() -> Route:
    """The route."""

    async def show(_: Request) -> Response:
        return Response(exposition(METRICS), media_type=MEDIA_TYPE)

    return Route("/metrics", show)
