"""The caller's hand on running children: cancel once, pause and resume at will; a clock that can stand."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from suuupra.engines.media.values import Progress


class Control:
    """One serves any number of calls, one after the other or at once. Belongs to one event loop."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Event] = set()
        self._stood_s = 0.0
        self._since: float | None = None
        self.is_cancelled = False

    @property
    def is_paused(self) -> bool:
        return self._since is not None

    @property
    def clock_s(self) -> float:
        """A clock that stands still while paused; only differences mean something."""
        now = time.monotonic() if self._since is None else self._since
        return now - self._stood_s

    def cancel(self) -> None:
        """Final: every running and every later call with this control raises `Cancelled`."""
        self.is_cancelled = True
        self._tell()

    def pause(self) -> None:
        if self._since is None:
            self._since = time.monotonic()
            self._tell()

    def resume(self) -> None:
        if self._since is not None:
            self._stood_s += time.monotonic() - self._since
            self._since = None
            self._tell()

    @contextmanager
    def listener(self) -> Iterator[asyncio.Event]:
        """An event that is set at each change; the one who waits clears it."""
        event = asyncio.Event()
        self._listeners.add(event)
        try:
            yield event
        finally:
            self._listeners.discard(event)

    def _tell(self) -> None:
        for event in self._listeners:
            event.set()


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told and who may interfere. `on_progress` is called on the loop and must return at once."""

    on_progress: Callable[[Progress], None] | None = None
    control: Control | None = None


UNWATCHED = Watch()
