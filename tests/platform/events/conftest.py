"""The sample service of `tests.platform.ground`."""

from tests.platform.events.schedule import schedule, writers
from tests.platform.ground import ground, ground_dsn, ground_template, still

__all__ = ["ground", "ground_dsn", "ground_template", "schedule", "still", "writers"]
