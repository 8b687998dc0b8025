"""The guard against being sent to the house's own network (SSRF): we look names up, judge, and pin.

A name is looked up by us alone, every address of the answer is judged, and the connection goes to the
addresses that were judged: a second answer of the name server is never asked for.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from suuupra.kernel.problems import Refused

LookUp = Callable[[str, int], Awaitable[list[str]]]

GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")  # all that IANA has given out for the open network
SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.88.99.0/24",  # relays from IPv6 (RFC 7526)
            "2001::/23",  # protocol assignments, Teredo among them (RFC 2928)
            "2002::/16",  # 6to4: an IPv4 address in disguise (RFC 3056)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)


class AddressRefused(OSError):
    """A name that leads to an address which is not on the open network."""


def is_public(text: str) -> bool:
    """Whether an address is on the open network; one in the disguise of another is not."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL_V6:
        return False
    if any(address in network for network in SPECIAL if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def is_named(host: str, port: int | None, allowed: frozenset[str]) -> bool:
    """Whether our own settings name the host, or the host and port."""
    name = host.lower().rstrip(".")
    return name in allowed or f"{name}:{port}" in allowed


def check_url(url: URL, allowed: frozenset[str]) -> None:
    """`Refused` for another scheme, a password inside, and an address that is not on the open network."""
    if url.scheme not in {"http", "https"} or not url.host or url.user or url.password:
        raise Refused("This address cannot be asked.")
    try:
        ipaddress.ip_address(url.host.rstrip("."))
    except ValueError:
        return  # a name: the resolver judges what it leads to
    if not is_named(url.host, url.port, allowed) and not is_public(url.host):
        raise Refused("This address cannot be asked.")


async def system_look_up(host: str, port: int) -> list[str]:
    """What the machine's resolver says."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class JudgingResolver(AbstractResolver):
    """Resolves for one connection; one bad address among the answers refuses the name."""

    def __init__(self, allowed: frozenset[str], look_up: LookUp) -> None:
        self._allowed = allowed
        self._look_up = look_up

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - both kinds are judged and tried
    ) -> list[ResolveResult]:
        addresses = await self._look_up(host, port)
        if not is_named(host, port, self._allowed) and not all(map(is_public, addresses)):
            raise AddressRefused(f"{host} is not on the open network")
        return [_result(host, port, address) for address in addresses]

    async def close(self) -> None:
        """Nothing is held."""


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
