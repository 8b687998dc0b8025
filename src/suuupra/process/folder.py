"""The data folder: where it lies, what is in it, who may enter which part."""

import errno
import os
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from suuupra.process import environment
from suuupra.process.account import Account, choose, closed_part
from suuupra.process.refusal import Refused

LAYOUT = 1
PACKAGE = Path(__file__).resolve().parents[1]
SYSTEM = Path("/var/lib/suuupra")
_PARTS = {
    "bin": 0o755,
    "objects": 0o750,
    "index": 0o700,
    "events": 0o700,
    "mail": 0o700,
    "keys": 0o700,
    "log": 0o700,
    "run": 0o711,
    "run/pg": 0o700,
    "run/encode": 0o700,
    "backup": 0o700,
}
_OF_THE_ACCOUNT = ("run/pg", "run/encode")
_SET_ASIDE = ("pg", "objects", "index", "events", "mail", "keys", "log")


@dataclass(frozen=True, slots=True)
class Folder:
    """A place for data and the account that owns `pg/`. `note` says why it is not where one would look."""

    home: Path
    account: Account
    note: str = ""

    @property
    def bin(self) -> Path:
        return self.home / "bin"

    @property
    def pg(self) -> Path:
        return self.home / "pg"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def sockets(self) -> Path:
        return self.home / "run" / "pg"

    @property
    def dsn(self) -> Path:
        return self.home / "run" / "dsn"

    def prepare(self) -> None:
        """Make what is missing; parts that exist keep their modes. Refuses what a newer release laid out."""
        try:
            self._refuse_strangers()
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.account.is_ours:
                self.home.chmod(stat.S_IMODE(self.home.stat().st_mode) | 0o711)
            for name, mode in _PARTS.items():
                self._make(name, mode)
            if not os.access(self.run, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            if not self._layout():
                self._version.write_text(f"{LAYOUT}\n", encoding="ascii")
        except OSError as error:
            raise self._unusable(error) from error

    def set_aside(self) -> Path | None:
        """Move the data of this site into `backup/`; nothing is ever deleted. None if there was none."""
        found = [self.home / name for name in _SET_ASIDE if (self.home / name).exists()]
        if self.home / "pg" not in found:
            return None
        target = self.home / "backup" / time.strftime("before-fresh-%Y%m%dT%H%M%SZ", time.gmtime())
        target.mkdir(mode=0o700)
        for path in found:
            path.rename(target / path.name)
        self.prepare()
        return target

    @property
    def _version(self) -> Path:
        return self.home / "version"

    def _layout(self) -> str:
        """What the folder says of itself; empty also where a start died while it wrote that."""
        return self._version.read_text(encoding="ascii").strip() if self._version.exists() else ""

    def _make(self, name: str, mode: int) -> None:
        path = self.home / name
        try:
            path.mkdir(mode=mode)
        except FileExistsError:  # from before, or by a process that starts beside us
            if not path.is_dir():
                raise
        else:
            path.chmod(mode)  # whatever the umask was
        if self.account.is_ours or name not in {*_OF_THE_ACCOUNT, "objects"}:
            return
        uid = self.account.uid if name in _OF_THE_ACCOUNT else path.stat().st_uid
        if (path.stat().st_uid, path.stat().st_gid) != (uid, self.account.gid):
            os.chown(path, uid, self.account.gid)

    def _refuse_strangers(self) -> None:
        layout = self._layout()
        if layout:
            if layout != str(LAYOUT):
                raise Refused(
                    f"The data folder {self.home} was laid out by a newer release (layout {layout}, this one "
                    f"knows {LAYOUT}). Start it with that release, or choose another with SUUUPRA_HOME."
                )
        elif (self.home / "pg").exists():
            raise Refused(
                f"{self.home / 'pg'} holds data that Suuupra did not make. Nothing was touched: "
                "move it away, or choose another folder with SUUUPRA_HOME."
            )

    def _unusable(self, error: OSError) -> Refused:
        if error.errno in {errno.EACCES, errno.EPERM} and self.home.exists():
            way_out = "Start as its owner, or choose another with SUUUPRA_HOME."
        else:
            way_out = "Make room or rights there, or choose another with SUUUPRA_HOME."
        return Refused(f"The data folder {self.home} cannot be used: {error.strerror}. {way_out}")


def find(settings: Mapping[str, str], package: Path = PACKAGE) -> Folder:
    """`SUUUPRA_HOME`; else `var` in a clone, `/var/lib/suuupra` for root, a folder in the home of others.

    Never taken from the working directory: `./var` is the system's own when that is `/`.
    """
    wanted, given = settings.get(environment.ACCOUNT), settings.get(environment.HOME)
    clone = _clone(package)
    if given:
        home = Path(given).expanduser().resolve()  # /proc knows no links
    elif clone is not None:
        home = clone / "var"
    elif os.geteuid() == 0:
        home = SYSTEM
    else:
        home = Path.home() / ".local" / "share" / "suuupra"
    account = choose(home / "pg", wanted)
    closed = closed_part(account, home.parent)
    if closed is None:
        return Folder(home, account)
    if given or clone is None or (home / "version").exists():
        raise Refused(
            f"The account '{account.name}', which runs PostgreSQL, cannot enter {closed}. Choose a folder "
            "within its reach with SUUUPRA_HOME (data that is already here moves along with mv)."
        )
    return Folder(
        SYSTEM,
        choose(SYSTEM / "pg", wanted),
        f"{closed} is closed to the account '{account.name}', which runs PostgreSQL",
    )


def _clone(package: Path) -> Path | None:
    root = package.parent.parent
    return root if package.parent.name == "src" and (root / "pyproject.toml").is_file() else None
