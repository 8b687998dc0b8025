"""Files that survive a power cut: bytes, then the entry in their folder, are on disk before we say so."""

import hashlib
import json
import os
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO

BLOCK_BYTES = 1024 * 1024


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folders(folder: Path, root: Path) -> None:
    """Make a folder and its missing parents below `root`, each entry durable."""
    missing = []
    while folder != root and not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


class Writing:
    """A temporary file that becomes an object, or nothing."""

    def __init__(self, temp: Path) -> None:
        self.path = temp / f"{secrets.token_hex(12)}.part"
        self._digest = hashlib.sha256()
        self._file: BinaryIO = self.path.open("xb")
        self.size_bytes = 0

    def write(self, body: bytes) -> None:
        self._file.write(body)
        self._digest.update(body)
        self.size_bytes += len(body)

    def copy_from(self, source: Path) -> None:
        """Take over a file's bytes."""
        with source.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                self.write(block)

    def close(self) -> str:
        """Bytes on disk; the hash in hex."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return self._digest.hexdigest()

    def abandon(self) -> None:
        """Nothing remains."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def settle(part: Path, target: Path, facts: dict[str, object], root: Path) -> None:
    """Put a finished part at its place: facts first, so that an object never stands without them."""
    make_folders(target.parent, root)
    notes = facts_of(target)
    partial = part.with_suffix(".facts")
    with partial.open("w", encoding="utf-8") as file:
        json.dump(facts, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(notes)
    part.replace(target)
    sync_folder(target.parent)


def facts_of(target: Path) -> Path:
    """Where the facts of an object lie."""
    return target.with_name(f".{target.name}.facts")


def free_bytes(folder: Path) -> tuple[int, int]:
    """Free and total bytes of the disk under a folder."""
    found = shutil.disk_usage(folder)
    return found.free, found.total
