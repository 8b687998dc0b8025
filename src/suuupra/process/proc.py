"""What /proc tells of processes that we did not start in this life: alive, same one, whose, where."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_PROC = Path("/proc")
_START_TICKS = 19  # of the fields behind the command's name in /proc/<pid>/stat


def born_at(pid: int) -> str | None:
    """When the process began, in ticks since boot; None if there is none or only its zombie."""
    try:
        fields = (
            (_PROC / str(pid) / "stat")
            .read_text(encoding="utf-8", errors="replace")
            .rpartition(")")[2]
            .split()
        )
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else fields[_START_TICKS]


def note(path: Path, pid: int) -> None:
    """Write down which process this is, so that a later life knows it again."""
    path.write_text(f"{pid} {born_at(pid)}", encoding="ascii")


def noted(path: Path) -> int | None:
    """The process that was written down, if it still is that one."""
    try:
        pid, _, born = path.read_text(encoding="ascii").strip().partition(" ")
        return int(pid) if born_at(int(pid)) == born else None
    except (OSError, ValueError):
        return None


def name(pid: int) -> str:
    with contextlib.suppress(OSError):
        return (_PROC / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    return ""


def program(pid: int) -> str:
    """Path of its executable, empty where we may not see it."""
    return _link(pid, "exe")


def folder(pid: int) -> str:
    """Its working directory, empty where we may not see it."""
    return _link(pid, "cwd")


def pids() -> Iterator[int]:
    for entry in os.listdir(_PROC):  # noqa: PTH208  # a Path for each of hundreds of processes is waste
        if entry.isdigit():
            yield int(entry)


def wait_until(condition: Callable[[], bool], within_s: float) -> bool:
    """Poll until it holds; False if it does not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _link(pid: int, what: str) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(f"{_PROC}/{pid}/{what}")  # noqa: PTH115  # a text: it may end in " (deleted)"
    return ""


def handles(pid: int) -> set[str]:
    """What its open handles lead to, empty where we may not see it."""
    try:
        numbers = os.listdir(f"{_PROC}/{pid}/fd")  # noqa: PTH208  # as above
    except OSError:
        return set()
    return {_link(pid, f"fd/{number}") for number in numbers}
