"""Runs one child process: caged, watched, and gone before this returns.

The child starts through `launch.py`: own session and process group, no environment, parent-death signal,
limits on memory, processor, file size and time. Its output is always drained, the last
lines of stderr kept.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suuupra.engines.media import launch
from suuupra.engines.media.control import Control
from suuupra.engines.media.problems import Cancelled, ChildDied

LAST_LINES = 50
LINE_BYTES_MAX = 65_536
GRACE_S = 5.0
LAUNCHER = str(Path(launch.__file__).resolve())


@dataclass(frozen=True, slots=True)
class Account:
    """Who children run as; the folders they write to must be its."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Cage:
    """What a child may use. `wall_s` counts only time not paused."""

    account: Account | None = None
    memory_bytes: int = 3 << 30
    cpu_s: int = 3600
    wall_s: float = 3600.0
    file_bytes: int = 64 << 30
    niceness: int = 15

    def orders(self) -> list[str]:
        """The words `launch.py` and `probe_child.py` understand."""
        orders = {
            "parent": os.getpid(),
            "nice": self.niceness,
            "as": self.memory_bytes,
            "cpu": self.cpu_s,
            "fsize": self.file_bytes,
            "nofile": 256,
        }
        if self.account:
            orders |= {"uid": self.account.uid, "gid": self.account.gid}
        return [f"{name}={value}" for name, value in orders.items()]


DEFAULT_CAGE = Cage()
FREE = Control()  # nobody's hand: never cancelled, never paused


async def run_program(
    command: Sequence[str],
    cage: Cage = DEFAULT_CAGE,
    on_line: Callable[[bytes], None] = lambda _line: None,
    control: Control | None = None,
) -> list[str]:
    """Run a program to its good end and return its last lines of stderr; `ChildDied`, `Cancelled`."""
    launched = [sys.executable, "-I", "-S", LAUNCHER, *cage.orders(), "--", *command]
    return await run_child(launched, Path(command[0]).name, cage.wall_s, on_line, control)


async def run_child(
    command: Sequence[str],
    name: str,
    wall_s: float,
    on_line: Callable[[bytes], None],
    control: Control | None = None,
) -> list[str]:
    """The same for a command that confines itself. `on_line` gets each whole line of stdout."""
    control = control or FREE
    if control.is_cancelled:
        raise Cancelled
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        cwd="/",
        env={"PATH": os.environ.get("PATH", os.defpath)},
    )
    child = _Child(process, on_line)
    try:
        ending = await child.supervise(wall_s, control)
    except BaseException:
        await child.kill()
        raise
    if ending == "cancelled":
        raise Cancelled
    lines = list(child.lines)
    if ending == "late":
        raise ChildDied.of(name, -signal.SIGKILL, [*lines, f"stopped after {wall_s:.0f} s"])
    if process.returncode:
        raise ChildDied.of(name, process.returncode, lines)
    return lines


class _Child:
    """A started process with its two drains."""

    def __init__(self, process: asyncio.subprocess.Process, on_line: Callable[[bytes], None]) -> None:
        self.process = process
        self.lines: deque[str] = deque(maxlen=LAST_LINES)
        self._exit = asyncio.ensure_future(process.wait())
        self._drains = [
            asyncio.ensure_future(_drain(process.stdout, on_line)),
            asyncio.ensure_future(_drain(process.stderr, self._keep)),
        ]

    def _keep(self, line: bytes) -> None:
        self.lines.append(line[:500].decode("utf-8", "replace"))

    async def supervise(self, wall_s: float, control: Control) -> str:
        """Wait for the end, obeying `control` and the clock: "ended", "cancelled" or "late"."""
        late_s = control.clock_s + wall_s
        ending = "ended"
        with control.listener() as changed:
            while not self._exit.done():
                if control.is_cancelled or control.clock_s > late_s:
                    ending = "cancelled" if control.is_cancelled else "late"
                    await self.stop()
                    break
                self.signal(signal.SIGSTOP if control.is_paused else signal.SIGCONT)
                timeout_s = None if control.is_paused else max(0.01, late_s - control.clock_s)
                await _first_of(self._exit, changed, timeout_s)
        await asyncio.gather(self._exit, *self._drains)
        return ending

    async def stop(self) -> None:
        """Ask, wait `GRACE_S`, then insist."""
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)
        await asyncio.wait([self._exit], timeout=GRACE_S)
        self.signal(signal.SIGKILL)
        await self._exit

    async def kill(self) -> None:
        """At once, also out of a cancelled task; nothing is left to collect."""
        self.signal(signal.SIGKILL)
        for drain in self._drains:
            drain.cancel()
        await asyncio.gather(*self._drains, return_exceptions=True)
        await asyncio.wait([self._exit])

    def signal(self, number: signal.Signals) -> None:
        """To the whole group, only while its leader is not collected: until then the number is its own."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


async def _first_of(ended: "asyncio.Future[int]", changed: asyncio.Event, timeout_s: float | None) -> None:
    change = asyncio.ensure_future(changed.wait())
    both: list[asyncio.Future[Any]] = [ended, change]
    await asyncio.wait(both, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    if not change.done():
        change.cancel()
    changed.clear()


async def _drain(pipe: asyncio.StreamReader | None, on_line: Callable[[bytes], None]) -> None:
    """Hand on whole lines; what never ends in one is dropped, never kept."""
    rest = b""
    while pipe and (piece := await pipe.read(LINE_BYTES_MAX)):
        *whole, rest = (rest + piece).replace(b"\r", b"\n").split(b"\n")
        for line in whole:
            if line:
                on_line(line)
        rest = rest if len(rest) <= LINE_BYTES_MAX else b""
    if rest:
        on_line(rest)
