"""The object store on a disk."""

import asyncio
import contextlib
import hashlib
import json
import os
import re
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

from suuupra.kernel.clock import Clock
from suuupra.kernel.problems import Conflict, NotFound, Unavailable
from suuupra.kernel.stores import Keys, Staged, StoredObject
from suuupra.kernel.work import refuse_open_scope
from suuupra.platform.objects.files import BLOCK_BYTES, Writing, facts_of, free_bytes, settle, sync_folder
from suuupra.platform.objects.signing import Signer

KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


class DiskObjects:
    """Implements the kernel's `ObjectStore` below a folder."""

    def __init__(self, folder: Path, keys: Keys, clock: Clock) -> None:
        self._root = folder / "kept"
        self._temp = folder / "temp"
        self._stage = folder / "staged"
        for path in (self._root, self._temp, self._stage):
            path.mkdir(parents=True, exist_ok=True)
        self._signer = Signer(keys, clock)

    @property
    def signer(self) -> Signer:
        """For the routes."""
        return self._signer

    def path_of(self, key: str) -> Path:
        """Where a key lies; a key that could leave the folder is a mistake of ours."""
        if not KEY.fullmatch(key):
            raise ValueError(f"{key!r} is not an object key")
        return self._root / key

    async def put(
        self, key: str, body: bytes | Path | AsyncIterable[bytes], media_type: str, *, only_new: bool = False
    ) -> StoredObject:
        refuse_open_scope("an object write")
        target = self.path_of(key)
        if only_new and target.exists():
            raise Conflict("There is an object of this name.")
        with disk_errors():
            writing = Writing(self._temp)
            try:
                if isinstance(body, bytes):
                    await asyncio.to_thread(writing.write, body)
                elif isinstance(body, Path):
                    await asyncio.to_thread(writing.copy_from, body)
                else:
                    async for block in body:
                        await asyncio.to_thread(writing.write, block)
                etag = await asyncio.to_thread(writing.close)
                await asyncio.to_thread(self._keep, writing.path, target, etag, media_type)
            except BaseException:
                writing.abandon()
                raise
        return self._stored(key)

    def _keep(self, part: Path, target: Path, etag: str, media_type: str) -> None:
        settle(part, target, {"etag": etag, "media_type": media_type}, self._root)

    async def get(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        try:
            file = await asyncio.to_thread(self.path_of(key).open, "rb")
        except FileNotFoundError:
            raise NotFound from None
        with file:
            await asyncio.to_thread(file.seek, start)
            left = None if end is None else end - start
            while left is None or left > 0:
                block = await asyncio.to_thread(
                    file.read, BLOCK_BYTES if left is None else min(BLOCK_BYTES, left)
                )
                if not block:
                    return
                left = None if left is None else left - len(block)
                yield block

    async def head(self, key: str) -> StoredObject | None:
        return self._stored(key) if self.path_of(key).is_file() else None

    def _stored(self, key: str) -> StoredObject:
        path = self.path_of(key)
        found = path.stat()
        facts = json.loads(facts_of(path).read_text(encoding="utf-8"))
        changed = datetime.fromtimestamp(found.st_mtime, UTC)
        return StoredObject(key, found.st_size, facts["etag"], facts["media_type"], changed)

    async def delete(self, key: str) -> None:
        refuse_open_scope("an object write")
        path = self.path_of(key)
        path.unlink(missing_ok=True)
        facts_of(path).unlink(missing_ok=True)

    async def page(self, prefix: str, after: str = "", limit: int = 1000) -> list[StoredObject]:
        return await asyncio.to_thread(self._page, prefix, after, limit)

    def _page(self, prefix: str, after: str, limit: int) -> list[StoredObject]:
        start = self._root / prefix.rpartition("/")[0] if "/" in prefix else self._root
        keys = sorted(
            key
            for path in start.rglob("*")
            if path.is_file()
            and not path.name.startswith(".")
            and (key := str(path.relative_to(self._root))).startswith(prefix)
            and key > after
        )
        return [self._stored(key) for key in keys[:limit]]

    async def copy(self, source: str, target: str) -> StoredObject:
        found = await self.head(source)
        if found is None:
            raise NotFound
        return await self.put(target, self.path_of(source), found.media_type)

    def staged(self, key: str) -> Staged:
        name = hashlib.sha256(key.encode()).hexdigest()
        return DiskStaged(self, self._stage / name, key)

    @contextlib.asynccontextmanager
    async def local(self, key: str) -> AsyncIterator[Path]:
        path = self.path_of(key)
        if not path.is_file():
            raise NotFound
        yield path

    def sign(
        self, method: str, key: str, *, media_type: str = "", size_max: int = 0, ttl_s: int = 900
    ) -> str:
        self.path_of(key)
        return self._signer.sign(method, key, media_type, size_max, ttl_s)

    async def free_bytes(self) -> tuple[int, int]:
        return free_bytes(self._root)

    async def sweep(self, older_than_s: float = 3600) -> int:
        """Remove what killed writers left; how many files."""
        return await asyncio.to_thread(self._sweep, time.time() - older_than_s)

    def _sweep(self, before_s: float) -> int:
        old = [path for path in self._temp.iterdir() if path.stat().st_mtime < before_s]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    async def adopt(self, part: Path, key: str, media_type: str) -> StoredObject:
        """Make a finished file below our own folder the object of a key, without copying it."""
        refuse_open_scope("an object write")

        def keep() -> None:
            with part.open("rb") as file:
                etag = hashlib.file_digest(file, "sha256").hexdigest()
            self._keep(part, self.path_of(key), etag, media_type)

        with disk_errors():
            await asyncio.to_thread(keep)
        return self._stored(key)


class DiskStaged:
    """Implements the kernel's `Staged` by one file that grows."""

    def __init__(self, store: DiskObjects, path: Path, key: str) -> None:
        self._store = store
        self._path = path
        self._key = key

    async def size_bytes(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0

    async def append(self, offset: int, body: bytes) -> int:
        refuse_open_scope("an object write")
        with disk_errors():
            return await asyncio.to_thread(self._append, offset, body)

    def _append(self, offset: int, body: bytes) -> int:
        is_new = not self._path.exists()
        with self._path.open("ab" if is_new else "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            if size != offset:
                raise Conflict("The file goes on elsewhere.", offset_bytes=size)
            try:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                file.truncate(size)
                raise
        if is_new:
            sync_folder(self._path.parent)
        return offset + len(body)

    async def promote(self, media_type: str) -> StoredObject:
        if not self._path.exists():
            found = await self._store.head(self._key)
            if found is None:
                raise NotFound
            return found
        return await self._store.adopt(self._path, self._key, media_type)

    async def discard(self) -> None:
        refuse_open_scope("an object write")
        self._path.unlink(missing_ok=True)

    @contextlib.asynccontextmanager
    async def local(self) -> AsyncIterator[Path]:
        if not self._path.exists():
            raise NotFound
        yield self._path


@contextlib.contextmanager
def disk_errors() -> Iterator[None]:
    """A full or failing disk is `Unavailable`: no half object stays, and it recovers by itself."""
    try:
        yield
    except OSError as error:
        raise Unavailable("The disk does not take more at the moment.", retry_after_s=30) from error
