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
        self.is_cancelled = False
        self.is_paused = False

    def cancel(self) -> None:
        """Final: every running and every later call with this control raises `Cancelled`."""
        self.is_cancelled = True
        self._tell()

    def pause(self) -> None:
        self.is_paused = True
        self._tell()

    def resume(self) -> None:
        self.is_paused = False
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


class Stopwatch:
    """Seconds since the start, without those between `stop` and `go`."""

    def __init__(self) -> None:
        self._counted_s = 0.0
        self._since: float | None = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        running_s = 0.0 if self._since is None else time.monotonic() - self._since
        return self._counted_s + running_s

    def stop(self) -> None:
        self._counted_s, self._since = self.elapsed_s, None

    def go(self) -> None:
        if self._since is None:
            self._since = time.monotonic()
