"""Tickets: a signed right to listen to one topic, for one session, until a moment."""

import base64
import hmac
import json
from uuid import UUID

from suuupra.kernel.clock import Clock
from suuupra.kernel.stores import Keys

KEY_CLASS = "hub"
MAC_BYTES = 16


class Tickets:
    """Writes and checks them."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def write(self, topic: str, session: UUID | None, ttl_s: float) -> str:
        until_s = int(self._clock.now().timestamp() + ttl_s)
        body = json.dumps([topic, str(session) if session else "", until_s], separators=(",", ":")).encode()
        mac = self._keys.mac(KEY_CLASS, body)[:MAC_BYTES]
        return base64.urlsafe_b64encode(mac + body).decode().rstrip("=")

    def refusal(self, ticket: str, topic: str, session: UUID | None) -> str:
        """Why not, as a word; empty where it may listen."""
        try:
            raw = base64.urlsafe_b64decode(ticket + "=" * (-len(ticket) % 4))
            mac, body = raw[:MAC_BYTES], raw[MAC_BYTES:]
            if not hmac.compare_digest(mac, self._keys.mac(KEY_CLASS, body)[:MAC_BYTES]):
                return "altered"
            named, bound, until_s = json.loads(body)
        except ValueError:
            return "altered"
        if named != topic:
            return "another topic"
        if until_s <= self._clock.now().timestamp():
            return "expired"
        return "another session" if bound and bound != str(session or "") else ""
