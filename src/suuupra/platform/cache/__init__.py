"""Cache and rate limits in the memory of one process: the embedded twins of Redis."""

from suuupra.platform.cache.limits import ProcessLimits
from suuupra.platform.cache.memory import ProcessCache

__all__ = ["ProcessCache", "ProcessLimits"]
