"""A fragmented file on disk: its header, then its fragments one by one, without holding it in memory."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from suuupra.engines.media.boxes import Defaults, Fragment, damaged, read_fragment, unpack
from suuupra.engines.media.codecs import Header, read_header

METADATA_MAX = 64 << 20
COPY_BYTES = 1 << 20
HEAD_BYTES = 16


@dataclass(frozen=True, slots=True)
class Placed:
    """A fragment, its moof, and where the bytes of its mdat lie in the file."""

    fragment: Fragment
    moof: bytes
    mdat_start: int
    content_start: int
    end: int


def read_init(file: BinaryIO) -> tuple[bytes, Header]:
    """(ftyp and moov as they are, what they say)."""
    parts: list[bytes] = []
    for kind, start, end in _boxes_of(file):
        if kind in {b"ftyp", b"moov"}:
            parts.append(_read(file, start, end))
        if kind == b"moov":
            whole = b"".join(parts)
            return whole, read_header(whole)
    raise damaged("moov is missing")


def fragments(file: BinaryIO, defaults: Defaults) -> Iterator[Placed]:
    """Each moof with the mdat right behind it; what stands between is passed over."""
    pending: bytes | None = None
    for kind, start, end in _boxes_of(file):
        if kind == b"moof":
            pending = _read(file, start, end)
        elif kind == b"mdat" and pending is not None:
            content = start + _header_bytes(file, start)
            fragment = read_fragment(pending, defaults)
            if sum(fragment.samples.sizes) > end - content:
                raise damaged("a fragment is shorter than its samples")
            yield Placed(fragment, pending, start, content, end)
            pending = None


def copy_range(source: BinaryIO, target: BinaryIO, start: int, end: int) -> None:
    source.seek(start)
    while start < end:
        piece = source.read(min(COPY_BYTES, end - start))
        if not piece:
            raise damaged("the file ends in the middle of its content")
        target.write(piece)
        start += len(piece)


def init_of(path: Path) -> tuple[bytes, Header]:
    with path.open("rb") as file:
        return read_init(file)


def _boxes_of(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start, end) of the top-level boxes, by reading sixteen bytes of each."""
    end_of_file = os.fstat(file.fileno()).st_size
    start = 0
    while start < end_of_file:
        head = os.pread(file.fileno(), HEAD_BYTES, start)
        size, kind = unpack(">II", head, 0, len(head))
        least = 8
        if size == 1:
            (size,) = unpack(">Q", head, 8, len(head))
            least = 16
        elif size == 0:
            size = end_of_file - start
        if size < least or start + size > end_of_file:
            raise damaged("a box reaches past the end of the file")
        yield kind.to_bytes(4, "big"), start, start + size
        start += size


def _header_bytes(file: BinaryIO, start: int) -> int:
    return 16 if os.pread(file.fileno(), 4, start) == b"\0\0\0\1" else 8


def _read(file: BinaryIO, start: int, end: int) -> bytes:
    if end - start > METADATA_MAX:
        raise damaged("its tables are too large")
    return os.pread(file.fileno(), end - start, start)
