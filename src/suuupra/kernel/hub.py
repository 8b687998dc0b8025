"""The hub: short messages to open pages, over all processes, best effort.

A `state` topic keeps its latest message alone; a `log` topic is ordered and can be resumed by id. What
must not be lost is in the database: a page that missed something reads it there.
"""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID


class Hub(Protocol):
    """Tells pages what changed."""

    async def announce(self, topic: str, message: Mapping[str, Any], *, kind: str = "state") -> None:
        """To everybody who listens to the topic, in every process."""
        ...

    def ticket(self, topic: str, session: UUID | None, ttl_s: float = 3600) -> str:
        """A signed right to listen to one topic, bound to a session."""
        ...

    async def revoke(self, session: UUID) -> None:
        """Close what that session holds open, and drop it from every cache, within a second."""
        ...

    def is_revoked(self, session: UUID) -> bool:
        """Whether this process has heard that the session ended."""
        ...

    def is_deaf(self) -> bool:
        """True while heartbeats of the other processes are missing: then ask the store each time."""
        ...
