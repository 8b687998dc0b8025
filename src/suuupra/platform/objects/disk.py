"""The object store on a disk: writes in threads, each whole and fsynced before anybody hears of it."""

import asyncio
import contextlib
import heapq
import os
import re
import secrets
import time
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from suuupra.kernel.clock import Clock
from suuupra.kernel.pagination import Cursors
from suuupra.kernel.problems import Forbidden, Invalid, NotFound
from suuupra.kernel.stores import SIGNED_TTL_MAX_S, Keys, StoredObject
from suuupra.kernel.work import refuse_open_scope
from suuupra.platform.objects import files
from suuupra.platform.objects.staging import DiskStaged

KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99})*")
KEY_LENGTH_MAX = 500


@dataclass(frozen=True)
class Signed:
    """The right that a path carries."""

    method: str
    key: str
    expires_s: int
    media_type: str
    size_max: int


class DiskObjects:
    """Implements the kernel's `ObjectStore` below a folder."""

    def __init__(self, folder: Path, keys: Keys, clock: Clock) -> None:
        self._kept, self._parts, self._staged = (folder / name for name in ("kept", "parts", "staged"))
        for path in (self._kept, self._parts, self._staged):
            path.mkdir(parents=True, exist_ok=True)
            os.chown(path, -1, folder.stat().st_gid)  # encoders read as members of the folder's group:
            path.chmod(0o2750)  # everything below inherits it
        self._clock = clock
        self._signatures = Cursors(keys.derive("objects", "signed paths"))

    async def put(
        self, key: str, body: bytes | Path | AsyncIterable[bytes], media_type: str, *, only_new: bool = False
    ) -> StoredObject:
        refuse_open_scope("an object write")
        link = self._link(key)
        with files.disk_full_is_a_problem():
            part = await asyncio.to_thread(files.Part, self._parts / secrets.token_hex(12))
            try:
                if isinstance(body, Path):
                    await asyncio.to_thread(part.copy_from, body)
                elif isinstance(body, bytes):
                    await asyncio.to_thread(part.write, body)
                else:
                    async for block in _in_blocks(body):
                        await asyncio.to_thread(part.write, block)
                await asyncio.to_thread(part.keep_as, link, media_type, only_new=only_new)
            finally:
                part.close()
        return self._found(key)

    async def get(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        file = await asyncio.to_thread(self._open, key)
        try:
            while end is None or start < end:
                size = files.BLOCK_BYTES if end is None else min(files.BLOCK_BYTES, end - start)
                block = await asyncio.to_thread(os.pread, file, size, start)
                if not block:
                    return
                start += len(block)
                yield block
        finally:
            os.close(file)

    def _open(self, key: str) -> int:
        """Twice, since an overwrite may take the blob away between its name and itself."""
        for _ in range(2):
            blob = files.blob_of(self._link(key))
            if blob is None:
                break
            with contextlib.suppress(FileNotFoundError):
                return os.open(blob.path, os.O_RDONLY | os.O_CLOEXEC)
        raise NotFound

    async def head(self, key: str) -> StoredObject | None:
        blob = files.blob_of(self._link(key))
        return None if blob is None else _described(key, blob)

    async def delete(self, key: str) -> None:
        refuse_open_scope("an object write")
        await asyncio.to_thread(files.remove, self._link(key), self._kept)

    async def page(self, prefix: str, after: str = "", limit: int = 1000) -> list[StoredObject]:
        return await asyncio.to_thread(self._page, prefix, after, limit)

    def _page(self, prefix: str, after: str, limit: int) -> list[StoredObject]:
        if ".." in prefix:
            raise ValueError(f"{prefix!r} is not the beginning of object keys")
        root = str(self._kept)
        below = os.path.join(root, prefix.rpartition("/")[0])  # noqa: PTH118 - a prefix may be empty
        keys = (
            key
            for folder, _, names in os.walk(below)
            for name in names
            if not name.startswith(".~")
            and (key := f"{folder[len(root) + 1 :]}/{name}".lstrip("/")).startswith(prefix)
            and key > after
        )
        found = ((key, files.blob_of(self._kept / key)) for key in heapq.nsmallest(limit, keys))
        return [_described(key, blob) for key, blob in found if blob is not None]

    async def copy(self, source: str, target: str) -> StoredObject:
        refuse_open_scope("an object write")
        blob, link = files.blob_of(self._link(source)), self._link(target)
        if blob is None:
            raise NotFound
        with files.disk_full_is_a_problem():  # a blob never changes: both names may lead to the same bytes
            await asyncio.to_thread(files.place, blob.path, link, files.blob_name(blob.etag, blob.media_type))
        return self._found(target)

    def staged(self, key: str) -> DiskStaged:
        return DiskStaged(self._staged, self._link(key), lambda: self._found(key))

    @contextlib.asynccontextmanager
    async def local(self, key: str) -> AsyncIterator[Path]:
        self._found(key)
        yield self._link(key)

    def sign(
        self, method: str, key: str, *, media_type: str = "", size_max: int = 0, ttl_s: int = 900
    ) -> str:
        self._link(key)
        if not 0 < ttl_s <= SIGNED_TTL_MAX_S:
            raise ValueError(f"a signed path lives for 1 to {SIGNED_TTL_MAX_S} s")
        if method != "GET" and not (method == "PUT" and media_type and size_max > 0):
            raise ValueError("a signed path is for GET, or for PUT with its type and greatest size")
        expires_s = int(self._clock.now().timestamp()) + ttl_s
        return "/objects/" + self._signatures.write("objects", [method, key, expires_s, media_type, size_max])

    def read_signed(self, token: str, method: str) -> tuple[Signed, int]:
        """The right that a path carries and its seconds left; `Forbidden`."""
        try:
            signed = Signed(*(self._signatures.read("objects", token) or ()))
        except (Invalid, TypeError):
            raise Forbidden("This address was altered.") from None
        left_s = signed.expires_s - int(self._clock.now().timestamp())
        if left_s <= 0:
            raise Forbidden("This address has expired.")
        if signed.method != ("GET" if method == "HEAD" else method):
            raise Forbidden("This address is for another purpose.")
        return signed, left_s

    async def free_bytes(self) -> tuple[int, int]:
        found = os.statvfs(self._kept)
        return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize

    async def sweep(self, older_than_s: float = 3600) -> int:
        """Remove what killed writers left behind; how many files."""
        return await asyncio.to_thread(self._sweep, time.time() - older_than_s)

    def _sweep(self, before_s: float) -> int:
        parts = [path for path in self._parts.iterdir() if path.stat().st_mtime < before_s]
        left = [*parts, *files.strays(self._kept, before_s)]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _link(self, key: str) -> Path:
        """Where the name of an object stands; a key that could lead elsewhere is a mistake of ours."""
        if len(key) > KEY_LENGTH_MAX or not KEY.fullmatch(key):
            raise ValueError(f"{key!r} is not an object key")
        return self._kept / key

    def _found(self, key: str) -> StoredObject:
        blob = files.blob_of(self._link(key))
        if blob is None:
            raise NotFound
        return _described(key, blob)


def _described(key: str, blob: files.Blob) -> StoredObject:
    return StoredObject(key, blob.size_bytes, blob.etag, blob.media_type, blob.modified_at)


async def _in_blocks(body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Small pieces gathered, so that a thread is not started for each."""
    gathered = bytearray()
    async for piece in body:
        gathered += piece
        if len(gathered) >= files.BLOCK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)
