"""Where and as whom work is done: the binary, the temp folder, the account; how a result becomes whole.

Children write below `temp`, into a folder of one call; the parent moves what is finished, fsynced, under its
final name. A name that exists is therefore always whole.
"""

import asyncio
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from suuupra.engines.media.binary import Ffmpeg
from suuupra.engines.media.control import Watch
from suuupra.engines.media.formats import DEMUXERS
from suuupra.engines.media.meter import Meter
from suuupra.engines.media.problems import ChildDied
from suuupra.engines.media.run import Account, Cage, run_program

THREADS_MAX = 8
PREFIX = "media-"
KEY_DIGITS = 32
NO_METADATA = ("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact")
HEADROOM = 20  # times what a step is expected to need
QUIET = ("-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-progress", "pipe:1", "-y")


@dataclass(frozen=True, slots=True)
class Workshop:
    """`temp` lies on the file system of the results, writable by `account`. `threads` 0: as many as fit."""

    ffmpeg: Ffmpeg
    temp: Path
    account: Account | None = None
    niceness: int = 15
    threads: int = 0

    @property
    def encoder_threads(self) -> int:
        return self.threads or min(THREADS_MAX, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Need:
    """What a step is expected to take at most; the cage is `HEADROOM` times larger."""

    cpu_s: float
    size_bytes: int


def sweep(temp: Path) -> int:
    """Remove what runs left that died with their parent: once, before the first run. Returns how many."""
    left = [folder for folder in temp.glob(f"{PREFIX}*") if folder.is_dir()]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


@asynccontextmanager
async def bench(shop: Workshop) -> AsyncIterator[Path]:
    """A folder of this call alone, the account's, gone afterwards whatever happens."""
    folder = await asyncio.to_thread(_own_folder, shop)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # not awaited: a cancelled task must clean up as well


def _own_folder(shop: Workshop) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=shop.temp))
    if shop.account:
        os.chown(folder, shop.account.uid, shop.account.gid)
    return folder


async def run_ffmpeg(
    shop: Workshop, arguments: Sequence[str], need: Need, watch: Watch, meter: Meter | None = None
) -> list[str]:
    """Run one ffmpeg command below the cage that `need` calls for; `ChildDied`, `Cancelled`."""
    cage = Cage(
        shop.account,
        cpu_s=round(60 + HEADROOM * need.cpu_s),
        wall_s=60 + HEADROOM * need.cpu_s,
        file_bytes=(64 << 20) + 4 * need.size_bytes,
        niceness=shop.niceness,
    )
    command = [shop.ffmpeg.path, *QUIET, *arguments]
    return await run_program(command, cage, meter.read if meter else _ignore, watch.control)


def reading(container: str, path: Path) -> list[str]:
    """Input arguments under the same lists as the probe's: one demuxer, one protocol."""
    lists = ["-protocol_whitelist", "file,pipe", "-format_whitelist", ",".join(DEMUXERS)]
    return [*lists, "-f", container, "-i", f"file:{path}"]


def _ignore(_line: bytes) -> None:
    pass


def settings_key(*recipe: str) -> str:
    """A short name for all that decides how a result looks."""
    return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:KEY_DIGITS]


async def publish(results: Mapping[Path, Path]) -> None:
    """Move finished files (temp: final), each whole and fsynced with its folder."""
    for made in results:
        await asyncio.to_thread(_settle, made)
    for made, final in results.items():  # no await from here on: all of them, or none by this task
        final.parent.mkdir(parents=True, exist_ok=True)
        made.replace(final)
    for folder in {final.parent for final in results.values()}:
        await asyncio.to_thread(_sync_folder, folder)


def _settle(made: Path) -> None:
    """A regular file of the child's becomes ours and reaches the disk; a link in its place is refused."""
    descriptor = os.open(made, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ChildDied(f"{made.name} is no file", exit=0, lines=[])
        if os.geteuid() == 0:
            os.fchown(descriptor, 0, -1)
        os.fchmod(descriptor, 0o640)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
