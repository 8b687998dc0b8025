"""Outgoing HTTP: one client for everything that is not a port, with a guard against private addresses."""

from suuupra.platform.outgoing.client import KernelHttp

__all__ = ["KernelHttp"]
