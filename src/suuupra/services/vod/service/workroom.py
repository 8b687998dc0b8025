"""Where encoders work: the binary, a folder of this process alone, and the account they run as."""

import asyncio
import contextlib
import fcntl
import os
import pwd
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from suuupra.engines.media.binary import Ffmpeg
from suuupra.engines.media.problems import Unsupported
from suuupra.engines.media.run import Account
from suuupra.engines.media.workshop import Workshop
from suuupra.services.vod.service.ground import log
from suuupra.services.vod.settings import VodSettings


class Workroom:
    """Opened when the first job needs it; what dead processes left in the folder goes away then."""

    def __init__(self, settings: VodSettings) -> None:
        self._settings = settings
        self._shop: Workshop | None = None
        self._opening = asyncio.Lock()
        self._held: int | None = None

    async def shop(self) -> Workshop:
        """`Unsupported` while there is no ffmpeg, or no account of that name."""
        async with self._opening:
            if self._shop is None:
                ffmpeg = await Ffmpeg.find(self._settings.ffmpeg)
                account = self.account()
                temp = await asyncio.to_thread(self._own_folder)
                self._shop = Workshop(ffmpeg, temp, account, threads=self._settings.encode_threads)
            return self._shop

    def account(self) -> Account | None:
        """Whom children run as; None: as ourselves."""
        name = self._settings.encode_account
        if not name or os.geteuid() != 0:
            return None
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            raise Unsupported(f"There is no account {name} to run encoders as.", feature="account") from None
        return Account(found.pw_uid, found.pw_gid)

    @contextlib.asynccontextmanager
    async def readable(self, path: Path) -> AsyncIterator[Path]:
        """The file where the account may read it: itself, or the same bytes under a second name."""
        shop = await self.shop()
        if shop.account is None or _may_read(shop.account, path):
            yield path
            return
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="source-", dir=shop.temp))
        try:
            yield await asyncio.to_thread(_lend, path, folder, shop.account)
        finally:
            shutil.rmtree(folder, ignore_errors=True)  # not awaited: a cancelled task must clean up as well

    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Path]:
        """A folder for one step's files, gone afterwards."""
        shop = await self.shop()
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="step-", dir=shop.temp))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _own_folder(self) -> Path:
        """Folders are held by a lock, so that one process never sweeps another's work."""
        base = Path(
            self._settings.encode_folder or Path(tempfile.gettempdir(), f"suuupra-encode-{os.getuid()}")
        )
        base.mkdir(mode=0o711, parents=True, exist_ok=True)
        with (base / ".lock").open("w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            for left in base.glob("p-*"):
                if _is_free(left):
                    log.info("encode.swept", folder=left.name)
                    shutil.rmtree(left, ignore_errors=True)
            own = Path(tempfile.mkdtemp(prefix=f"p-{os.getpid()}-", dir=base))
            own.chmod(0o711)
            self._held = os.open(own / ".held", os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return own


def _is_free(folder: Path) -> bool:
    try:
        held = os.open(folder / ".held", os.O_RDWR)
    except OSError:
        return True
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(held)
    return True


def _may_read(account: Account, path: Path) -> bool:
    """Objects belong to the group of their folder, which may be the account's."""
    found = path.stat()
    return found.st_gid == account.gid and bool(found.st_mode & 0o040)


def _lend(path: Path, folder: Path, account: Account) -> Path:
    folder.chmod(0o711)
    lent = folder / "source"
    try:
        os.link(path.resolve(), lent)
        lent.chmod(0o644)
    except OSError:
        shutil.copyfile(path, lent)
        os.chown(lent, account.uid, account.gid)
    return lent
