"""What the gateway decides, pure: the form of a path, the class of a request, whose address it is, tokens."""

import hashlib
import hmac
import ipaddress
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from suuupra.kernel.stores import Rate

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
URL_MAX_BYTES = 8 * 1024
HEADERS_MAX_BYTES = 32 * 1024
HEADERS_MAX = 100
SIGN_IN_PATHS = frozenset(
    {
        *("/sign-in", "/sign-up", "/reset", "/challenge", "/api/v1/sessions"),
        *("/api/v1/sessions/magic-links", "/api/v1/registrations", "/api/v1/password-resets"),
    }
)
KINDS = (
    ("/static/", "static"),
    ("/media/", "media"),
    ("/objects/", "media"),
    ("/api/v1/uploads", "upload"),
    ("/health", "health"),
    ("/realtime", "realtime"),
)
FIRST_PRINTABLE = 0x20
IPV4 = 4
COOKIE_NAMES = ("__Host-suuupra", "suuupra")


def normalise(path: str) -> str | None:
    """One form for each path (RFC 3986, 5.2.4): no dot segments, no doubled slash. None: not a path.

    Idempotent. `%2F` inside a segment is not a separator and stays as it came.
    """
    if not path.startswith("/") or any(ord(char) < FIRST_PRINTABLE or char in "\\\x7f" for char in path):
        return None
    tidy = posixpath.normpath(path)
    while tidy.startswith("//"):
        tidy = tidy[1:]
    return tidy + "/" if path.endswith("/") and tidy != "/" else tidy


def kind_of(path: str, method: str) -> str:
    """The class of a request: each has limits of its own."""
    for prefix, kind in KINDS:
        if path.startswith(prefix):
            return kind
    if path in SIGN_IN_PATHS and method not in SAFE:
        return "sign_in"
    return "api" if path.startswith("/api/") else "page"


@dataclass(frozen=True)
class Allowances:
    """How many requests each class may make, in its period."""

    api_anonymous_per_15min: int = 100
    api_person_per_15min: int = 1000
    pages_per_min: int = 300
    health_per_min: int = 30
    sign_in_per_min: int = 10


@dataclass(frozen=True)
class Policy:
    """One limit: how much, and by whom it is counted (`person` falls back to the address)."""

    name: str
    rate: Rate
    by: str = "address"


def policy_of(kind: str, person: str, allowed: Allowances) -> Policy | None:
    """The limit that a request of this class must pass; `person` is empty for nobody. None: no limit."""
    policies = {
        "api": Policy("api", Rate(allowed.api_anonymous_per_15min, 900, window=True)),
        "page": Policy("pages", Rate(allowed.pages_per_min, 60), by="person"),
        "health": Policy("health", Rate(allowed.health_per_min, 60)),
        "sign_in": Policy("sign-in", Rate(allowed.sign_in_per_min, 60)),
    }
    if kind == "api" and person:
        return Policy("api-person", Rate(allowed.api_person_per_15min, 900), by="person")
    return policies.get(kind)


def client_address(peer: str, forwarded: str, trusted: Iterable[str]) -> str:
    """The first address from the right that is not a trusted proxy; what stands left of it may be forged."""
    networks = [ipaddress.ip_network(network) for network in trusted]
    chain = [part.strip() for part in forwarded.split(",") if part.strip()]
    address = peer
    while chain and _is_in(address, networks):
        address = chain.pop()
    return address


def _is_in(address: str, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks if network.version == parsed.version)


def prefix_of(address: str) -> str:
    """The /24 or /48 of an address, for what is kept or logged."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == IPV4 else 48), strict=False))


def limit_key(address: str) -> str:
    """IPv4 counts by address, IPv6 by /56, since a household owns one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == IPV4 else str(ipaddress.ip_network((parsed, 56), strict=False))


def csrf_token(secret: str) -> str:
    """The token that a page of this session carries."""
    return hmac.new(secret.encode(), b"suuupra csrf", hashlib.sha256).hexdigest()[:43]


def is_token(secret: str, given: str) -> bool:
    """Compared in constant time."""
    return bool(secret) and hmac.compare_digest(csrf_token(secret), given)


def is_own_origin(headers: Mapping[str, str], own: str) -> bool:
    """Whether a write was started by a page of this site, or by no page at all.

    `Sec-Fetch-Site` is believed first (a browser sets it, a script cannot), then `Origin`.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc == headers.get("host", "") or origin == own


def cookie_of(header: str) -> str:
    """The session secret of a Cookie header, the strict name first; empty without one."""
    pairs = dict(part.strip().partition("=")[::2] for part in header.split(";") if "=" in part)
    return next((pairs[name] for name in COOKIE_NAMES if name in pairs), "")
