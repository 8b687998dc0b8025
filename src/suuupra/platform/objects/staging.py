"""Objects that arrive piece by piece, over broken lines and restarts: one growing file a key."""

import asyncio
import contextlib
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from suuupra.kernel.problems import Conflict, NotFound
from suuupra.kernel.stores import StoredObject
from suuupra.kernel.work import refuse_open_scope
from suuupra.platform.objects import files


class DiskStaged:
    """Implements the kernel's `Staged`. The file lies outside the store until it is promoted."""

    def __init__(self, folder: Path, link: Path, promoted: Callable[[], StoredObject]) -> None:
        self._path = folder / hashlib.sha256(str(link).encode()).hexdigest()
        self._link = link
        self._promoted = promoted

    async def size_bytes(self) -> int:
        return await asyncio.to_thread(self._size)

    async def append(self, offset: int, body: bytes) -> int:
        refuse_open_scope("an object write")
        with files.disk_full_is_a_problem():
            return await asyncio.to_thread(self._append, offset, body)

    async def promote(self, media_type: str) -> StoredObject:
        refuse_open_scope("an object write")
        with files.disk_full_is_a_problem():
            await asyncio.to_thread(self._promote, media_type)
        return self._promoted()

    async def discard(self) -> None:
        refuse_open_scope("an object write")
        self._path.unlink(missing_ok=True)

    @contextlib.asynccontextmanager
    async def local(self) -> AsyncIterator[Path]:
        if not self._path.is_file():
            raise NotFound
        yield self._path

    def _size(self) -> int:
        """What a killed process wrote and did not sync is synced before it is counted."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return 0
        try:
            os.fsync(file)
            return os.fstat(file).st_size
        finally:
            os.close(file)

    def _append(self, offset: int, body: bytes) -> int:
        with self._only_writer() as file:
            found = os.fstat(file)
            size = found.st_size
            if found.st_nlink != 1:
                raise Conflict("This is being promoted.")
            if size != offset:
                raise Conflict("The next byte is another one.", offset=size)
            os.lseek(file, size, os.SEEK_SET)
            try:
                files.write_all(file, body)
                os.fsync(file)
            except OSError:
                os.ftruncate(file, size)
                raise
            if size == 0:
                files.sync_folder(self._path.parent)
        return size + len(body)

    def _promote(self, media_type: str) -> None:
        """The name is given before the staged file goes: a kill between leaves it to be promoted again."""
        if not self._path.exists():
            return  # done before, and its answer was lost; or never begun, and then the object is not found
        with self._only_writer() as file:
            with self._path.open("rb") as reading:
                etag = hashlib.file_digest(reading, "sha256").hexdigest()
            os.fsync(file)
            files.place(self._path, self._link, files.blob_name(etag, media_type))
            self._path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _only_writer(self) -> Iterator[int]:
        """The file, locked against every other process and thread; `Conflict` where one is writing."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not (self._path.exists() and os.fstat(file).st_ino == self._path.stat().st_ino):
                raise Conflict("This was promoted meanwhile.")  # after we opened it, before our lock
            yield file
        except BlockingIOError:
            raise Conflict("Somebody else is writing here.") from None
        finally:
            os.close(file)
