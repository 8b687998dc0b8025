"""The remote binding of ports: Starlette routes on the owner's side, lean connections on the caller's."""

from suuupra.platform.http.remote import RemoteFault, RemotePorts
from suuupra.platform.http.serve import serve_port

__all__ = ["RemoteFault", "RemotePorts", "serve_port"]
