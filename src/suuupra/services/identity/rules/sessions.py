"""How long a session lives, what its browser is called, and where somebody goes on after signing in."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

IDLE_MAX = timedelta(days=14)
AGE_MAX = timedelta(days=90)
STAFF_AGE_MAX = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=5)
"""How often the last use is written: a page costs a read, not a write."""

SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
HERE = re.compile(r"/(?![/\\])[^\\\x00-\x1f\x7f]*")
PATH_LENGTH_MAX = 1000


@dataclass(frozen=True)
class Ages:
    """The moments that end a session by themselves."""

    started_at: datetime
    last_seen_at: datetime


def is_alive(ages: Ages, now: datetime, *, is_staff: bool) -> bool:
    """Neither idle too long nor too old; staff sessions are short."""
    age_max = STAFF_AGE_MAX if is_staff else AGE_MAX
    return now - ages.last_seen_at < IDLE_MAX and now - ages.started_at < age_max


def digest(secret: str) -> bytes:
    """What is stored of a 256-bit secret: it needs no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def device_of(agent: str) -> str:
    """`Firefox on Linux`, of a User-Agent; a plain word where it names neither."""
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    browser = next((name for sign, name in BROWSERS if sign in agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown device"


def safe_next(path: str | None, default: str = "/") -> str:
    """A path of this site, or the default: never another host, scheme or line."""
    if path and len(path) <= PATH_LENGTH_MAX and path.isprintable() and HERE.fullmatch(path):
        return path
    return default
