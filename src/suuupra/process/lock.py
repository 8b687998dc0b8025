"""What only one group may hold: a data folder's lock and an address to listen on."""

import contextlib
import errno
import fcntl
import os
import signal
import socket
from pathlib import Path

from suuupra.process import proc
from suuupra.process.refusal import Refused

_LISTENING = "0A"


class Lock:
    """`run/lock`, held as long as this process lives; the kernel lets go of it even after kill -9."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self) -> None:
        """`Refused` names the process and the address of the group that has it."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid, _, port = os.read(handle, 100).decode().strip().partition(" ")
            os.close(handle)
            where = f", port {port}" if port else ""
            raise Refused(
                f"Suuupra already runs from {self._path.parent.parent} (process {pid or 'unknown'}{where}). "
                f"Use that one, stop it with 'kill {pid or 'PID'}', or choose another with SUUUPRA_HOME."
            ) from None
        self._handle = handle
        self.note("")

    def note(self, port: str) -> None:
        """Write down who holds it, for those who are refused."""
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, f"{os.getpid()} {port}".strip().encode(), 0)

    def release(self) -> None:
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None


def end_leftovers(run: Path) -> list[str]:
    """End programs of a killed group that are still about, by the notes in `run/`; names of those found."""
    found = []
    for path in sorted(run.glob("*.pid")):
        pid = proc.noted(path)
        # PostgreSQL is spoken to in its own way (`postmaster.clear`).
        if path.stem != "postgres" and pid is not None:
            found.append(path.stem)
            _end(pid)
        path.unlink(missing_ok=True)
    return found


def free_port(host: str, port: int) -> int:
    """The port, once nobody else listens on it; 0 finds one. `Refused` names who does."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except (OSError, OverflowError) as error:
        raise Refused(_why_not(host, port, error)) from error


def listener(port: int) -> int | None:
    """Process that listens on the port, as far as we may see."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if Path(table).exists():
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    return next((pid for pid in proc.pids() if inodes & proc.handles(pid)), None) if inodes else None


def _why_not(host: str, port: int, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        pid = listener(port)
        who = f"process {pid} ({proc.name(pid)})" if pid else "another process"
        return f"Port {port} is taken by {who}. Stop it, or choose another: suuupra up --port {port + 1}"
    if number == errno.EACCES:
        return f"Port {port} needs root's rights. Choose one from 1024 on: suuupra up --port 8000"
    return f"Nobody can listen on {host}, port {port}, here ({error}). Choose another --host or --port."


def _end(pid: int) -> None:
    """It is draining already, since its lifeline has ended; give it the time for that."""
    born = proc.born_at(pid)
    for send, number, within_s in ((os.kill, signal.SIGTERM, 5.0), (os.killpg, signal.SIGKILL, 2.0)):
        with contextlib.suppress(ProcessLookupError):
            send(pid, number)
        if proc.wait_until(lambda: proc.born_at(pid) != born, within_s):
            return
