"""Unix sockets at any path: the kernel takes 107 bytes, a data folder may lie deeper."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

PATH_MAX_BYTES = 100


@contextlib.contextmanager
def short(path: Path) -> Iterator[str]:
    """A name for this path, short enough to bind or to connect to, good inside the block."""
    if len(os.fsencode(path)) <= PATH_MAX_BYTES or not sys.platform.startswith("linux"):
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
