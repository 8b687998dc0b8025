"""What the gateway decides, pure: the form of a path, the class of a request, whose address it is, tokens."""

import hashlib
import hmac
import ipaddress
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, unquote_to_bytes, urlsplit

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
    ("/people/", "picture"),
    ("/api/v1/uploads/tus", "upload"),
    ("/api/v1/playbacks/", "playback"),
    ("/health", "health"),
    ("/realtime", "realtime"),
)
PREFIXES = tuple(prefix for prefix, _ in KINDS)
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
TIDY = re.compile(r"/|(?:/[\w~!$&'()*+,;=:@-][\w.~!$&'()*+,;=:@-]*)+/?", re.ASCII)
PRINTABLE = re.compile(r"/(?:[!-$&-\[\]-~]|%[0-9A-Fa-f]{2})*")
ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
FORBIDDEN = re.compile(r"%(?:[01][0-9A-F]|7F|5C)")
IPV4 = 4
VISITORS_AN_ADDRESS = 20
BEATS_PER_MIN = 60
COOKIE_NAMES = ("__Host-suuupra", "suuupra")


def normalise(path: str) -> str | None:
    """One form for each path as it stands on the wire (RFC 3986, 6.2.2); None: not a path.

    No dot segments, no doubled slash, escapes in capitals and only where they are needed. Idempotent. `%2F`
    inside a segment is not a separator and stays.
    """
    if TIDY.fullmatch(path):
        return path
    if not PRINTABLE.fullmatch(path):
        return None
    one_form = ESCAPE.sub(_escape, path)
    try:
        unquote_to_bytes(one_form).decode()
    except UnicodeDecodeError:
        return None
    if FORBIDDEN.search(one_form):
        return None
    tidy = posixpath.normpath(one_form)
    tidy = "/" + tidy.lstrip("/")
    return tidy + "/" if one_form.endswith("/") and tidy != "/" else tidy


def _escape(found: re.Match[str]) -> str:
    char = chr(int(found.group(1), 16))
    return char if char in UNRESERVED else found.group(0).upper()


def readable(path: str) -> str:
    """The form that routes are matched against: escapes read, except `%2F`."""
    return "%2F".join(unquote(part) for part in path.split("%2F")) if "%" in path else path


def kind_of(path: str, method: str) -> str:
    """The class of a request: each has limits of its own."""
    if path.startswith(PREFIXES):
        return next(kind for prefix, kind in KINDS if path.startswith(prefix))
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

    def key(self, counted: str) -> str:
        """What stands in the store of limits."""
        return f"gateway:{self.name}:{counted}"


def policies(allowed: Allowances) -> Mapping[str, Policy]:
    """The limit of each class; `api-person` is that of the API for somebody signed in. Absent: no limit.

    A media request with a bad grant counts as an anonymous one; with a good grant it has no limit. Beats of a
    film are counted a playback. `address` is what one address may ask for in all, whoever asks.
    """
    anonymous = Rate(allowed.api_anonymous_per_15min, 900, window=True)
    whole = Rate(allowed.api_anonymous_per_15min * VISITORS_AN_ADDRESS, 900, window=True)
    return {
        "api": Policy("api", anonymous),
        "address": Policy("address", whole),
        "playback": Policy("playback", Rate(BEATS_PER_MIN, 60), by="playback"),
        "api-person": Policy("api-person", Rate(allowed.api_person_per_15min, 900), by="person"),
        "page": Policy("pages", Rate(allowed.pages_per_min, 60), by="person"),
        "health": Policy("health", Rate(allowed.health_per_min, 60)),
        "sign_in": Policy("sign-in", Rate(allowed.sign_in_per_min, 60)),
        "media": Policy("bad-grants", anonymous),
    }


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(maxsize=16)
def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Parsed once a setting."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def is_trusted(address: str, trusted: tuple[str, ...]) -> bool:
    """Whether this is one of our own proxies."""
    if not trusted:
        return False
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks(trusted) if network.version == parsed.version)


def client_address(peer: str, forwarded: str, trusted: tuple[str, ...]) -> str:
    """The first address from the right that is not a trusted proxy; what stands left of it may be forged."""
    chain = [part for part in map(_bare, forwarded.split(",")) if part]
    address = peer
    while chain and is_trusted(address, trusted):
        address = chain.pop()
    return address


def _bare(address: str) -> str:
    """An address without brackets and port."""
    text = address.strip()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def prefix_of(address: str) -> str:
    """The /24 or /48 of an address, for what is kept or logged."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == IPV4 else 48), strict=False))


@lru_cache(maxsize=4096)
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


def is_own_origin(headers: Mapping[str, str], own: str, others: tuple[str, ...] = ()) -> bool:
    """Whether a write was started by a page of this site, by one of the named others, or by no page at all.

    `Sec-Fetch-Site` is believed first (a browser sets it, a script cannot), then `Origin`.
    """
    origin = headers.get("origin")
    if origin is not None and origin in others:
        return True
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    host = headers.get("host", "")
    return origin is None or origin == own or (host != "" and urlsplit(origin).netloc == host)


def cookie_of(header: str) -> str:
    """The session secret of a Cookie header, the strict name first; empty without one."""
    pairs = dict(part.strip().partition("=")[::2] for part in header.split(";") if "=" in part)
    return next((pairs[name] for name in COOKIE_NAMES if name in pairs), "")
