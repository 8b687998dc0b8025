"""Disk store against a plain copy of the same file with SHA-256 and fsync, one run, turn by turn.

Claim (platform, section 11): at least half the speed, although the store also makes the name, its facts
and its folder durable. Of several passes the first is thrown away and the median counts: on a virtual machine
memory that nobody used lately is brought by the host page by page, which makes either side slower by chance.
"""

import asyncio
import hashlib
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from suuupra.kernel.clock import SystemClock
from suuupra.platform.keys import FileKeys
from suuupra.platform.objects import DiskObjects

BAR = 0.5
PASSES, ROUNDS, SIZE_BYTES = 4, 12, 16 * 1024 * 1024


def plain(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        hashlib.file_digest(file, "sha256")
        os.fsync(file.fileno())


async def measure(folder: Path) -> tuple[float, float]:
    store = DiskObjects(folder / "objects", FileKeys(folder / "keys"), SystemClock())
    source = folder / "source"
    source.write_bytes(os.urandom(SIZE_BYTES))
    plain_s, store_s = [], []
    for number in range(ROUNDS):
        started = time.perf_counter()
        await asyncio.to_thread(plain, source, folder / f"copy-{number}")
        between = time.perf_counter()
        await store.put(f"films/{number}.mp4", source, "video/mp4")
        plain_s.append(between - started)
        store_s.append(time.perf_counter() - between)
    return statistics.median(plain_s), statistics.median(store_s)


def main() -> int:
    passes = []
    for _ in range(PASSES):
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
            passes.append(asyncio.run(measure(Path(folder))))
    plain_s, store_s = sorted(passes[1:], key=lambda one: one[0] / one[1])[PASSES // 2 - 1]
    ratio, size_mb = plain_s / store_s, SIZE_BYTES / 1e6
    print(
        f"platform_objects: plain {size_mb / plain_s:.0f} MB/s, store {size_mb / store_s:.0f} MB/s, "
        f"ratio {ratio:.2f} (bar {BAR})"
    )
    return 0 if ratio >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
