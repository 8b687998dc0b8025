"""All outgoing HTTP that is not a port: one client, which asks nobody on a private network."""

from suuupra.platform.outgoing.client import KernelHttp

__all__ = ["KernelHttp"]
