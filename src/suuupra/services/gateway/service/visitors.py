"""The visitor's cookie: tells apart the people behind one address, so that a school is not one caller.

It holds a random number and the hour of its birth under a seal, says nothing about anybody and is kept
nowhere; whoever throws it away is counted with their address alone.
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256

from suuupra.kernel.clock import Clock

NAME = "suuupra_visitor"
LIFE_S = 180 * 24 * 3600
RIPE_S = 600
SEAL_CHARS = 22


@dataclass(frozen=True)
class Visitors:
    """Gives cookies out and knows its own again. A fresh one counts for nothing: it cost nothing to fetch."""

    key: bytes
    clock: Clock

    def cookie(self, *, is_secure: bool) -> bytes:
        """A `Set-Cookie` value with a number of its own."""
        body = f"{secrets.token_urlsafe(12)}.{int(self.clock.now().timestamp()):x}"
        attributes = f"Path=/; Max-Age={LIFE_S}; HttpOnly; SameSite=Lax{'; Secure' if is_secure else ''}"
        return f"{NAME}={body}.{self._seal(body)}; {attributes}".encode()

    def ripe(self, header: str) -> str:
        """The visitor's number if their cookie is ours and older than ten minutes; else empty."""
        given = next((part for part in header.split("; ") if part.startswith(f"{NAME}=")), "")
        body, _, seal = given.partition("=")[2].rpartition(".")
        if not body or not hmac.compare_digest(self._seal(body).encode(), seal.encode()):
            return ""
        number, _, born = body.partition(".")
        age_s = self.clock.now().timestamp() - int(born, 16)
        return number if RIPE_S <= age_s <= LIFE_S else ""

    def _seal(self, body: str) -> str:
        return hmac.new(self.key, body.encode(), sha256).hexdigest()[:SEAL_CHARS]
