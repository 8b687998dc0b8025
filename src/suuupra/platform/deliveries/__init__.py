"""What operators see of a service, read from the kernel's tables: parked events, jobs, error groups."""

from suuupra.platform.deliveries.health import TableHealth
from suuupra.platform.deliveries.tables import TableDeliveries

__all__ = ["TableDeliveries", "TableHealth"]
