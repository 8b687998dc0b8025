"""Errors as operators see them: grouped by where they arise, without anybody's data."""

import hashlib
import traceback
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from suuupra.kernel.clock import Clock, SystemClock
from suuupra.kernel.logs import MAIL, STARS

FRAMES_KEPT = 12
GROUPS_MAX = 200
LINE_MAX = 300


def trace_of(error: BaseException) -> str:
    """Frames, classes and the first line of each message: what a database adds below it are values."""
    lines: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(lines) < 2 * FRAMES_KEPT:
        message = MAIL.sub(STARS, str(seen).splitlines()[0] if str(seen) else "")[:LINE_MAX]
        frames = traceback.extract_tb(seen.__traceback__)[-FRAMES_KEPT:]
        lines += [f"  {short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
        lines.append(f"{type(seen).__qualname__}: {message}")
        seen = seen.__cause__
    return "\n".join(lines)


def short(filename: str) -> str:
    """A path from the package on."""
    _, found, tail = filename.rpartition("/suuupra/")
    return f"suuupra/{tail}" if found else filename.rpartition("/")[2]


def fingerprint(error: BaseException) -> str:
    """The same for errors of one class that arise at one place of our own code."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/suuupra/" in frame.filename] or frames
    where = f"{short(own[-1].filename)}:{own[-1].name}" if own else ""
    return hashlib.sha256(f"{type(error).__qualname__}@{where}".encode()).hexdigest()[:16]


@dataclass
class Seen:
    """One group since the last write."""

    title: str
    sample: str
    first_at: datetime
    last_at: datetime
    count: int = 0


class Errors:
    """Groups of a process, in memory until they are written; beyond `GROUPS_MAX` the oldest is forgotten."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._groups: OrderedDict[tuple[str, str], Seen] = OrderedDict()

    def saw(self, service: str, error: BaseException) -> None:
        """One error of a service; never raises."""
        key, now = (service, fingerprint(error)), self._clock.now()
        group = self._groups.get(key)
        if group is None:
            title = f"{type(error).__qualname__} in {service}"
            group = self._groups[key] = Seen(title, trace_of(error), now, now)
            if len(self._groups) > GROUPS_MAX:
                self._groups.popitem(last=False)
        group.count += 1
        group.last_at = now

    def taken(self) -> dict[tuple[str, str], Seen]:
        """All groups since the last call."""
        taken, self._groups = dict(self._groups), OrderedDict()
        return taken
