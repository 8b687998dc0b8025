"""PostgreSQL: connections, units of work, leases and migrations.

Apart from the services, which see `Work`, `Unit` and `Session` only. `Database` is the way in.
"""

from suuupra.platform.connections.leases import PostgresLeases
from suuupra.platform.migrations.runner import MigrationRefused, MigrationStep, differences, migrate
from suuupra.platform.postgres.database import Database
from suuupra.platform.postgres.minutes import MetricMinutes

__all__ = [
    "Database",
    "MetricMinutes",
    "MigrationRefused",
    "MigrationStep",
    "PostgresLeases",
    "differences",
    "migrate",
]
