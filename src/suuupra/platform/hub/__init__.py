"""The hub: short messages to open pages over WebSocket and SSE, fanned out to every process of a machine."""

from suuupra.platform.hub.server import HubServer

__all__ = ["HubServer"]
