"""Files that survive a power cut: bytes first, then the entry in their folder, and only then we say so.

An object is a blob and a link of the object's name beside it. What is known of the object stands in the
blob's name, so that bytes and facts change places together, in one rename.
"""

import contextlib
import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote

from suuupra.kernel.problems import Conflict, Unavailable

BLOCK_BYTES = 1024 * 1024
TRIES_MAX = 3
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS}


@dataclass(frozen=True)
class Blob:
    """The file behind a name, and what its own name tells."""

    path: Path
    etag: str
    media_type: str
    size_bytes: int
    modified_at: datetime


def blob_of(link: Path) -> Blob | None:
    """What stands behind a name, None where nothing does."""
    try:
        if not link.is_symlink():
            return None  # a folder on the way to other objects, or nothing
        target = link.readlink().name
        found = link.stat()
    except FileNotFoundError:
        return None
    _, _, etag, media_type = target.split("~", 3)
    path, changed_at = link.with_name(target), datetime.fromtimestamp(found.st_mtime, UTC)
    return Blob(path, etag, unquote(media_type), found.st_size, changed_at)


def blob_name(etag: str, media_type: str) -> str:
    """A new name that tells both."""
    return f".~{secrets.token_hex(8)}~{etag}~{quote(media_type, safe='')}"


class Part:
    """A file that becomes a blob, or nothing; hashed while it is written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digest = hashlib.sha256()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)

    def write(self, body: bytes | memoryview) -> None:
        write_all(self._file, body)
        self._digest.update(body)

    def copy_from(self, source: Path) -> None:
        """All bytes of another file."""
        block = memoryview(bytearray(BLOCK_BYTES))
        with source.open("rb", buffering=0) as file:
            while size := file.readinto(block):
                self.write(block[:size])

    def keep_as(self, link: Path, media_type: str, *, only_new: bool) -> None:
        """On disk, under its name."""
        os.fsync(self._file)
        place(self._path, link, blob_name(self._digest.hexdigest(), media_type), only_new=only_new)

    def close(self) -> None:
        """What was not kept is gone."""
        with contextlib.suppress(OSError):
            os.close(self._file)
        self._path.unlink(missing_ok=True)


def write_all(file: int, body: bytes | memoryview) -> None:
    """A system call may take less than it was given."""
    rest = memoryview(body)
    while rest:
        rest = rest[os.write(file, rest) :]


def place(part: Path, link: Path, name: str, *, only_new: bool = False) -> None:
    """Give a finished file its name: all or nothing, and durable. Its old name stays."""
    for _ in range(TRIES_MAX):
        make_folders(link.parent)
        blob, aside = link.with_name(name), link.with_name(f".~{secrets.token_hex(8)}")
        with contextlib.suppress(FileNotFoundError):  # the folder was emptied and pruned meanwhile
            os.link(part, blob)
            before = blob_of(link)
            try:
                if only_new:
                    link.symlink_to(name)
                else:
                    aside.symlink_to(name)
                    aside.replace(link)
            except OSError as error:
                blob.unlink()
                aside.unlink(missing_ok=True)
                if error.errno == errno.EEXIST:
                    raise Conflict("There is an object of this name.") from None
                raise
            sync_folder(link.parent)
            if before is not None:
                before.path.unlink(missing_ok=True)
            return
    raise FileNotFoundError(link.parent)


def remove(link: Path, root: Path) -> None:
    """The name, the blob, and folders that are empty now."""
    blob = blob_of(link)
    if blob is None:
        return
    link.unlink(missing_ok=True)
    blob.path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        for folder in link.parents:
            if folder == root:
                return
            folder.rmdir()


def strays(root: Path, before_s: float) -> Iterator[Path]:
    """Blobs that no name leads to, older than a moment: a writer was killed between two steps."""
    for folder, _, names in os.walk(root):
        at = Path(folder)
        named = {(at / name).readlink().name for name in names if (at / name).is_symlink()}
        for name in names:
            if name.startswith(".~") and name not in named and (at / name).lstat().st_mtime < before_s:
                yield at / name


def make_folders(folder: Path) -> None:
    """A folder and its missing parents, each entry durable."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Its entries on disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def disk_full_is_a_problem() -> Iterator[None]:
    """A disk that takes no more is `Unavailable`; it recovers by itself."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise Unavailable("The disk takes no more at the moment.", retry_after_s=30) from error
