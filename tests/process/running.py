"""`up` as a real process of its own, and the questions tests ask about it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

LAUNCH = Path(__file__).with_name("launch.py")
SOMEBODY_ELSES = "postgresql://nobody@127.0.0.1:1/none"


def eventually(condition: Callable[[], object], within_s: float = 10) -> bool:
    """Poll until it holds; False if it does not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def lives(pid: int) -> bool:
    """Runs, and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def using(home: Path) -> list[int]:
    """Every living process that has to do with this folder."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and int(path.name) != os.getpid() and lives(int(path.name)):
            with contextlib.suppress(OSError):
                told = f"SUUUPRA_HOME={home}\0".encode() in (path / "environ").read_bytes()
                if told or (path / "cwd").readlink().is_relative_to(home):
                    found.append(int(path.name))
    return found


class Up:
    """`with Up(home) as up:` starts it; the end of the block leaves nothing behind."""

    def __init__(
        self, home: Path, *arguments: str, python: Sequence[str] = (sys.executable,), **environment: str
    ) -> None:
        self.home = home
        self.began_at = time.monotonic()
        self._out = home.parent / f"out-{id(self)}"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SUUUPRA_")}
        with self._out.open("wb") as out:
            self.process = subprocess.Popen(
                [*python, str(LAUNCH), "up", "--port", "0", *arguments],
                stdout=out,
                stderr=out,
                env={**kept, "SUUUPRA_HOME": str(home), **environment},
                cwd=home.parent,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
        for pid in {*using(self.home), self.process.pid} if self.process.poll() is None else using(self.home):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(5)

    @property
    def text(self) -> str:
        return self._out.read_text()

    def ready(self) -> Self:
        assert eventually(lambda: "Ready in" in self.text or self.process.poll() is not None, 30), self.text
        assert "Ready in" in self.text, self.text
        return self

    def ended(self, within_s: float = 20) -> int:
        return self.process.wait(within_s)

    def pid(self, name: str) -> int:
        """Of a program, as `run/` has it."""
        path = self.home / "run" / f"{name}.pid"
        assert eventually(lambda: path.exists() and path.read_text()), self.text
        return int(path.read_text().split()[0])

    @property
    def port(self) -> int:
        return int((self.home / "run" / "lock").read_text().split()[1])
