"""RED figures: counters and time histograms by name and a few labels, kept in the process.

`/metrics` writes them in the Prometheus text format. Labels are capped, so that a wild value cannot eat
the memory.
"""

from bisect import bisect_left
from dataclasses import dataclass, field

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0)
SERIES_MAX = 500
Labels = tuple[tuple[str, str], ...]
OVERFLOW: Labels = (("overflow", "true"),)


@dataclass
class Histogram:
    """Counts by bucket, and the sum, in seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    total_s: float = 0.0
    count: int = 0

    def add(self, seconds: float) -> None:
        """One observation."""
        self.counts[bisect_left(BUCKETS_S, seconds)] += 1
        self.total_s += seconds
        self.count += 1

    def quantile(self, q: float) -> float:
        """The upper bound of the bucket that holds the quantile, in seconds; 0 without observations."""
        wanted, seen = q * self.count, 0
        for bound, count in zip((*BUCKETS_S, BUCKETS_S[-1] * 2), self.counts, strict=True):
            seen += count
            if seen >= wanted and self.count:
                return bound
        return 0.0


class Metrics:
    """All figures of a process."""

    def __init__(self) -> None:
        self.counters: dict[str, dict[Labels, float]] = {}
        self.times: dict[str, dict[Labels, Histogram]] = {}
        self.overflowed = 0

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        series = self.counters.setdefault(name, {})
        key = self._room(series, tuple(sorted(labels.items())))
        series[key] = series.get(key, 0) + amount

    def time(self, name: str, seconds: float, **labels: str) -> None:
        """Add to a time histogram."""
        self.time_at(name, seconds, tuple(sorted(labels.items())))

    def time_at(self, name: str, seconds: float, labels: Labels) -> None:
        """The same where the labels are at hand as pairs, sorted by name."""
        series = self.times.setdefault(name, {})
        histogram = series.get(labels)
        if histogram is None:
            histogram = series.setdefault(self._room(series, labels), Histogram())
        histogram.add(seconds)

    def _room(self, series: dict[Labels, float] | dict[Labels, Histogram], labels: Labels) -> Labels:
        if labels in series or len(series) < SERIES_MAX:
            return labels
        self.overflowed += 1
        return OVERFLOW


METRICS = Metrics()
"""The figures of this process."""
