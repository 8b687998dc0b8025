"""Keeps the tests on this machine: only loopback and Unix sockets are reached from the suite's process."""

import contextlib
import ipaddress
import socket
import sys


class OutsideWorldError(RuntimeError):
    """A test spoke to another machine. No `OSError`: code that expects faults must not swallow it."""


def stay_inside() -> None:
    """Install the guard for the life of the process; names resolve as on a machine without a network."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        if isinstance(address, tuple) and not is_local(address[0]):
            raise OutsideWorldError(f"a test reached for {address[0]}:{address[1]}, outside this machine")
    elif event == "socket.getaddrinfo" and not is_local(arguments[0]):
        raise socket.gaierror(socket.EAI_NONAME, f"the tests do not resolve {arguments[0]!r}")


def is_local(host: object) -> bool:
    """Loopback, by address or by name."""
    if host is None:
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in {"", "localhost", "0.0.0.0", "::"} or name.endswith(".localhost"):
        return True
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(name.split("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        return bool(mapped.is_loopback)
    return False
