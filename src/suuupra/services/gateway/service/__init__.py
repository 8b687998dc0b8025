"""The gateway as middleware."""

from suuupra.services.gateway.service.door import Gateway

__all__ = ["Gateway"]
