"""Signed paths: what may be done to which object, until when, of which type and size."""

import base64
import hmac
import json
from dataclasses import dataclass

from suuupra.kernel.clock import Clock
from suuupra.kernel.problems import Forbidden
from suuupra.kernel.stores import SIGNED_TTL_MAX_S, Keys

KEY_CLASS = "objects"
MAC_BYTES = 16


@dataclass(frozen=True)
class Signed:
    """The right that a path carries."""

    method: str
    key: str
    expires_s: int
    media_type: str = ""
    size_max: int = 0


class Signer:
    """Writes and reads signed paths."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def sign(self, method: str, key: str, media_type: str, size_max: int, ttl_s: int) -> str:
        if not 0 < ttl_s <= SIGNED_TTL_MAX_S:
            raise ValueError(f"a signed path lives at most {SIGNED_TTL_MAX_S} s")
        expires_s = int(self._clock.now().timestamp()) + ttl_s
        body = json.dumps([method, key, expires_s, media_type, size_max], separators=(",", ":")).encode()
        mac = self._keys.mac(KEY_CLASS, body)[:MAC_BYTES]
        return "/objects/" + base64.urlsafe_b64encode(mac + body).decode().rstrip("=")

    def read(self, token: str, method: str) -> Signed:
        """`Forbidden` for an altered, expired or other-purpose path."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise Forbidden("This address was altered.") from None
        mac, body = raw[:MAC_BYTES], raw[MAC_BYTES:]
        if not hmac.compare_digest(mac, self._keys.mac(KEY_CLASS, body)[:MAC_BYTES]):
            raise Forbidden("This address was altered.")
        found = Signed(*json.loads(body))
        if found.expires_s <= self._clock.now().timestamp():
            raise Forbidden("This address has expired.")
        if found.method != ("GET" if method == "HEAD" else method):
            raise Forbidden("This address is for another purpose.")
        return found
