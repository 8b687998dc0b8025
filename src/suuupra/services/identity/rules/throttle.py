"""What tries are counted by: an address, a device that signed in before, a network."""

import ipaddress

V4_PREFIX = 24
V6_PREFIX = 48


def prefix_of(address: str) -> str:
    """The /24 or /48 of an address; a word where it is none (a Unix socket)."""
    try:
        parsed = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    length = V4_PREFIX if parsed.version == 4 else V6_PREFIX  # noqa: PLR2004 - the protocol's version
    return str(ipaddress.ip_network((parsed, length), strict=False))


def guess_bucket(address_key: bytes, device: str) -> str:
    """A browser that signed in before has its own budget, so that a stranger's guesses lock nobody out."""
    return f"identity:device:{device}" if device else f"identity:address:{address_key.hex()}"


def is_unusual(recent: int, usual_per_window: float) -> bool:
    """Whether failures stand out: five times the usual rate, and more than a handful."""
    return recent >= max(50, 5 * usual_per_window)
