"""Grants: `kid.exp.session.scope.mac`, a signed and short-lived right to one revision of one asset.

HMAC-SHA-256 cut to 128 bits over the grant's own words and the path prefix. Every word is compared as text,
so that no other spelling of the same bytes passes. Keys change each day; the day follows from the expiry.
"""

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

DAY_S = 86_400
MAC_BYTES = 16
LIFE_MAX_S = 6 * 3600
WORDS = 5
EVERY_HEIGHT = "a"


class GrantInvalid(Exception):
    """`code` is `forged`, `expired` or `other` (of another asset or revision)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Grant:
    """What a grant says once it is believed."""

    session: UUID
    expires_s: int
    height_max: int | None = None

    def allows(self, height_px: int) -> bool:
        """Whether a rung of this height may be read."""
        return self.height_max is None or height_px <= self.height_max


KeyOf = Callable[[str], bytes]


def write(key_of: KeyOf, grant: Grant, prefix: str) -> str:
    """The grant as one path segment, for everything below `prefix` (`<asset>/<revision>`)."""
    session = base64.urlsafe_b64encode(grant.session.bytes).decode().rstrip("=")
    scope = EVERY_HEIGHT if grant.height_max is None else str(grant.height_max)
    words = f"{grant.expires_s // DAY_S}.{grant.expires_s}.{session}.{scope}"
    return f"{words}.{_mac(key_of, words, prefix)}"


def read(key_of: KeyOf, text: str, prefix: str, now_s: float) -> Grant:
    """The grant, or `GrantInvalid`. Costs one MAC, whatever the text."""
    words = text.split(".")
    if len(words) != WORDS or not text.isascii():
        raise GrantInvalid("forged")
    kid, exp, session, scope, mac = words
    expires_s = _number(exp)
    if kid != str(expires_s // DAY_S) or expires_s > now_s + LIFE_MAX_S:
        raise GrantInvalid("forged")
    if not hmac.compare_digest(mac, _mac(key_of, text.rpartition(".")[0], prefix)):
        raise GrantInvalid("forged")
    if expires_s <= now_s:
        raise GrantInvalid("expired")
    height_max = None if scope == EVERY_HEIGHT else _number(scope)
    try:
        return Grant(UUID(bytes=base64.urlsafe_b64decode(session + "==")), expires_s, height_max)
    except (ValueError, binascii.Error):
        raise GrantInvalid("forged") from None


def _number(text: str) -> int:
    if not text.isdigit() or len(text) > len(str(1 << 40)):
        raise GrantInvalid("forged")
    return int(text)


def _mac(key_of: KeyOf, words: str, prefix: str) -> str:
    key = key_of(words.partition(".")[0])
    mac = hmac.digest(key, f"{words}|{prefix}".encode(), sha256)[:MAC_BYTES]
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")
