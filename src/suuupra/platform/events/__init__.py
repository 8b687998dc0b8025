"""Events after the commit: the relay moves them to the log, the dispatcher runs their handlers.

One relay a database, one dispatcher a process; PostgreSQL itself is the bus of a laptop.
"""

from suuupra.platform.events.bell import Bell
from suuupra.platform.events.relay import Relay
from suuupra.platform.handling.dispatcher import Dispatcher

__all__ = ["Bell", "Dispatcher", "Relay"]
