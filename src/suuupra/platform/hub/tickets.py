"""Tickets: a signed right to listen to one topic, for one session, until a moment."""

from uuid import UUID

from suuupra.kernel.clock import Clock
from suuupra.kernel.pagination import Cursors
from suuupra.kernel.problems import Invalid
from suuupra.kernel.stores import Keys

TTL_MAX_S = 24 * 3600


class Tickets:
    """Writes and checks them."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._signatures = Cursors(keys.derive("hub", "tickets"))
        self._clock = clock

    def write(self, topic: str, session: UUID | None, ttl_s: float) -> str:
        if not 0 < ttl_s <= TTL_MAX_S:
            raise ValueError(f"a ticket lives for up to {TTL_MAX_S} s")
        until_s = int(self._clock.now().timestamp() + ttl_s)
        return self._signatures.write("ticket", [topic, str(session or ""), until_s])

    def refusal(self, ticket: str, topic: str, session: UUID | None) -> str:
        """Why this session may not listen, in a few words; empty where it may."""
        try:
            read = self._signatures.read("ticket", ticket)
        except Invalid:
            read = None
        if read is None:
            return "altered"
        named, bound, until_s = read
        if named != topic:
            return "for another topic"
        if until_s <= self._clock.now().timestamp():
            return "expired"
        return "for another session" if bound and bound != str(session or "") else ""
