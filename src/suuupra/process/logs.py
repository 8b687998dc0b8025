"""What the programs of a group write: a file each, of which warnings also reach the terminal.

Children write into their file themselves, so that a dead supervisor breaks nobody's pipe and a busy one
slows nobody down; the supervisor reads along.
"""

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

_SIZE_MAX_BYTES = 64 << 20
_READ_MAX_BYTES = 1 << 20
_TAIL_BYTES = 64 << 10
_SHOWN_MAX_CHARACTERS = 400
_LOUD = frozenset({"warning", "error", "critical"})
_QUIET_KEYS = frozenset({"event", "level", "timestamp", "exception"})


class Log:
    """One program's file, followed from the place where this group began."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = path.stat().st_size if path.exists() else 0
        self._began = self._offset

    def open(self) -> int:
        """A handle that appends; the caller closes it."""
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def news(self) -> list[str]:
        """Whole lines written since the last call; of a flood only the end."""
        size = self.path.stat().st_size if self.path.exists() else 0
        if size <= self._offset:
            self._offset = min(size, self._offset)
            return []
        start = max(self._offset, size - _READ_MAX_BYTES)
        fresh = self._read(start, size)
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._offset = start + len(whole) if whole else self._offset
        if self._offset > _SIZE_MAX_BYTES:
            self._turn_over()
        return whole.decode(errors="replace").splitlines()

    def last(self, count: int) -> list[str]:
        """The newest lines of this group's life, an unfinished one included."""
        size = self.path.stat().st_size if self.path.exists() else 0
        start = max(0, size - _TAIL_BYTES, min(self._began, size))
        return self._read(start, size).decode(errors="replace").splitlines()[-count:]

    def _read(self, start: int, end: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(end - start)

    def _turn_over(self) -> None:
        """Keep one old file. What is written during the copy is lost: a writer cannot be told to reopen."""
        with contextlib.suppress(OSError):  # on a full disk the old lines go
            shutil.copyfile(self.path, self.path.with_suffix(".log.1"))
        os.truncate(self.path, 0)
        self._offset = self._began = 0


def warnings(line: str) -> str | None:
    """Of a Python program: structured lines from warning on, shortened; what is not structured as it is."""
    if not line.startswith("{"):
        return line[:_SHOWN_MAX_CHARACTERS] or None
    try:
        fields: dict[str, Any] = json.loads(line)
    except ValueError:
        return line[:_SHOWN_MAX_CHARACTERS]
    if fields.get("level") not in _LOUD:
        return None
    rest = " ".join(f"{key}={value}" for key, value in fields.items() if key not in _QUIET_KEYS)
    cause = str(fields.get("exception", "")).strip().rpartition("\n")[2]
    words = [fields["level"], str(fields.get("event", "")), rest, cause]
    return " ".join(filter(None, words))[:_SHOWN_MAX_CHARACTERS]


def panics(line: str) -> str | None:
    """Of PostgreSQL: what it cannot go on after. Errors of statements are answered to whoever sent them."""
    return line[:_SHOWN_MAX_CHARACTERS] if " PANIC:" in line else None
