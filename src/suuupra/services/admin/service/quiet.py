"""Panels that fail quietly: each is asked beside the others, and one that is silent says since when."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from suuupra.kernel.clock import Clock
from suuupra.kernel.logs import logger
from suuupra.kernel.problems import Invalid

PANEL_LIMIT_S = 1.5
T = TypeVar("T")
A_co = TypeVar("A_co", covariant=True)
log = logger("admin")


@dataclass(frozen=True)
class Heard(Generic[A_co]):
    """An answer, or since when this process has been waiting for one."""

    value: A_co | None = None
    silent_since: datetime | None = None


class Quiet:
    """Remembers who is silent."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._silent: dict[str, datetime] = {}

    async def ask(self, name: str, question: Awaitable[T]) -> Heard[T]:
        """The answer in time, else silence, so that the page stands. A wrong question is said at once."""
        try:
            async with asyncio.timeout(PANEL_LIMIT_S):
                value = await question
        except Invalid:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a neighbour does, the other panels are drawn
            since = self._silent.setdefault(name, self._clock.now())
            log.warning("panel.silent", panel=name, reason=type(error).__name__)
            return Heard(None, since)
        self._silent.pop(name, None)
        return Heard(value)
