"""Servers that sit in `pg/` when a group starts: ours are stopped, never adopted, others left alone."""

import contextlib
import os
import signal
from pathlib import Path

from suuupra.process import proc
from suuupra.process.refusal import Refused

_FAST_WITHIN_S = 30
_IMMEDIATE_WITHIN_S = 10


def clear(pg: Path, sockets: Path, binaries: Path) -> int | None:
    """Leave `pg` without a server: stop our own of an earlier life (its pid), refuse a foreign one."""
    living = holder(pg)
    for pid in dict.fromkeys([*([living] if living else []), *_crew(pg)]):
        if not proc.program(pid).startswith(f"{binaries}/"):
            raise Refused(
                f"A PostgreSQL that Suuupra did not start (process {pid}) runs in {pg}. Nothing was touched: "
                f"stop it with 'kill -INT {pid}', or choose another folder with SUUUPRA_HOME."
            )
    if living is not None:
        _stop(living, pg)
    bury(pg, sockets)
    return living


def bury(pg: Path, sockets: Path) -> None:
    """After a server's death: end the backends that outlived it (they hold its memory), drop its pid files.

    Left there they would refuse the next server as long as that number means any process, or a zombie.
    """
    for pid in _crew(pg):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    proc.wait_until(lambda: not _crew(pg), 2)
    for path in (pg / "postmaster.pid", *sockets.glob(".s.PGSQL.*")):
        path.unlink(missing_ok=True)


def pid_in(pg: Path) -> int | None:
    """Line 1 of `postmaster.pid`, true or stale."""
    try:
        return int((pg / "postmaster.pid").read_text(encoding="utf-8").split(maxsplit=1)[0])
    except (OSError, ValueError, IndexError):
        return None


def holder(pg: Path) -> int | None:
    """The living server that the pid file names; a pid that means another process by now is nobody."""
    pid = pid_in(pg)
    if pid is None or proc.born_at(pid) is None or proc.name(pid) != "postgres":
        return None
    return pid if proc.folder(pid) in {str(pg), ""} else None


def _crew(pg: Path) -> list[int]:
    """Every living process of a server in `pg`: all of them work in that folder."""
    here = str(pg)
    return [pid for pid in proc.pids() if proc.folder(pid) == here and proc.name(pid) == "postgres"]


def _stop(pid: int, pg: Path) -> None:
    for number, within_s in ((signal.SIGINT, _FAST_WITHIN_S), (signal.SIGQUIT, _IMMEDIATE_WITHIN_S)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        if proc.wait_until(lambda: proc.born_at(pid) is None, within_s):
            return
    raise Refused(
        f"Our PostgreSQL of an earlier start (process {pid}) in {pg} does not stop. End it, then start again."
    )
