"""Time. Moments are aware UTC and come from a `Clock`; durations come from its monotonic side."""

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Protocol

from pydantic import AfterValidator, AwareDatetime


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("this moment lies outside of time") from None


Moment = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware time, kept in UTC; a naive one is refused with its pointer."""


class Clock(Protocol):
    """What the time is, and how long something took."""

    def now(self) -> datetime:
        """Aware, UTC, microseconds."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards; only differences mean anything."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - this is the Clock

    def monotonic(self) -> float:
        return time.monotonic()


class FrozenClock:
    """Stands still until it is moved. For tests, seeds and replays."""

    def __init__(self, at: datetime) -> None:
        self._now = _to_utc(at)
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Move both sides forward."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds
