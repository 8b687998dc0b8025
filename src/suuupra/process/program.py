"""What a group is made of: programs, as plain descriptions, and how one of them is started."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from suuupra.process.account import Account, enter
from suuupra.process.environment import LIFELINE_FD, READY_FD
from suuupra.process.logs import warnings

Say = Callable[[str, str], None]
Escalation = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """`after` must be ready (or done) before each start. A task (`once`) ends by itself.

    `stop` lists signals, each with the seconds it is given. `probe` tells readiness from outside, by pid;
    without it the program says so through its pipe. `bury` runs after a death. A `main` program that
    does not get ready ends the group.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    after: tuple[str, ...] = ()
    folder: Path | None = None
    account: Account | None = None
    death_signal: int = 0
    once: bool = False
    main: bool = True
    stop: Escalation = ((signal.SIGTERM, 4.0), (signal.SIGKILL, 1.0))
    ready_within_s: float | None = None
    probe: Callable[[int], bool] | None = None
    bury: Callable[[], None] | None = None
    show: Callable[[str], str | None] = warnings


@dataclass(frozen=True, slots=True)
class Started:
    """A living process and the end of the pipe through which it says that it is ready."""

    process: subprocess.Popen[bytes]
    ready: int


def start(program: Program, output: int, lifeline: int) -> Started:
    """Start it in a process group of its own. Call from the main thread (`account.enter`)."""
    ready, theirs = os.pipe()
    os.set_blocking(ready, False)
    environment = dict(program.environment)
    handed = () if program.probe else (theirs, lifeline)
    if handed:
        environment |= {READY_FD: str(theirs), LIFELINE_FD: str(lifeline)}
    try:
        process = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=handed,
            cwd=program.folder,
            env=environment,
            preexec_fn=enter(program.account, program.death_signal),
        )
    except OSError:
        os.close(ready)
        raise
    finally:
        os.close(theirs)
    return Started(process, ready)


def kill_group(pid: int) -> None:
    """A dead process takes along what it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
