"""Which sessions have lost their right while their grants may still be alive; at most a second old."""

import asyncio
from collections.abc import Iterable
from uuid import UUID

from suuupra.services.vod.service.ground import Ground
from suuupra.services.vod.store import playbacks as playback_rows

OLD_S = 0.8


class Revoked:
    """Read from the table by whoever asks first, for all; the database away: nobody is let through."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._known: dict[UUID, str] = {}
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    def add(self, sessions: Iterable[UUID], reason: str) -> None:
        """What this process itself has just ended."""
        self._known.update(dict.fromkeys(sessions, reason))

    async def reason(self, session: UUID) -> str | None:
        """Why a session may not go on; None where it may."""
        if self._is_old():
            async with self._reading:
                if self._is_old():
                    await self._read()
        return self._known.get(session)

    def _is_old(self) -> bool:
        return self._ground.clock.monotonic() - self._read_at > OLD_S

    async def _read(self) -> None:
        started = self._ground.clock.monotonic()
        async with self._ground.work.read() as session:
            self._known = await playback_rows.revoked(session, self._ground.clock.now())
        self._read_at = started
