"""The SSRF guard: we look names up, judge every answer, and the judged address is the one used."""

import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from suuupra.kernel.problems import Refused

NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(OSError):
    """A name that leads to a network which is not the open one."""


def is_public(text: str) -> bool:
    """Whether an address may be asked: globally routed, and not a private one in an IPv6 coat."""
    try:
        address = ipaddress.ip_address(text.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return address.is_global and not address.is_multicast and not address.is_reserved


class PinnedResolver(AbstractResolver):
    """Resolves once and refuses a name any of whose answers is not public: a second answer cannot differ."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = frozenset(allowed)
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not is_allowed(host, port, self._allowed) and not all(is_public(item["host"]) for item in found):
            raise AddressRefused(f"{host} is not on the open network")
        return found

    async def close(self) -> None:
        await self._resolver.close()


def is_allowed(host: str, port: int, allowed: Iterable[str]) -> bool:
    """Whether a host is named in our own settings."""
    return bool({host, f"{host}:{port}"} & set(allowed))


def check_url(url: Any, allowed: frozenset[str]) -> None:
    """`Refused` for another scheme, for user info, and for a literal address that is not public."""
    if url.scheme not in {"http", "https"} or not url.host or url.user is not None:
        raise Refused("This address cannot be asked.")
    literal = url.host.strip("[]")
    try:
        ipaddress.ip_address(literal)
    except ValueError:
        return
    if not is_public(literal) and not is_allowed(url.host, url.port, allowed):
        raise Refused("This address cannot be asked.")
