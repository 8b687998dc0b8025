"""Sending a visitor's request on to the process where its service lives."""

from suuupra.platform.forward.forwarder import Forwarder
from suuupra.platform.forward.statement import Forwarded, read_forwarded

__all__ = ["Forwarded", "Forwarder", "read_forwarded"]
