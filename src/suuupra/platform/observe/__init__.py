"""Watching: spans, the metrics page, health."""

from suuupra.platform.observe.exposition import exposition, metrics_route
from suuupra.platform.observe.health import Readiness, health_routes, version_route
from suuupra.platform.observe.spans import span

__all__ = ["Readiness", "exposition", "health_routes", "metrics_route", "span", "version_route"]
