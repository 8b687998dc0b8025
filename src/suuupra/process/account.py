"""The account that runs what must not run as root, and the one way in which rights are given up.

PostgreSQL, encoders and the sandbox never run as root. No account is ever created and no folder above
ours is ever opened: what the account cannot reach is refused with a sentence.
"""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from suuupra.process.refusal import Refused

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_OUT_OF_REACH, _MAY_NOT_DROP = 1, 2


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int

    @property
    def is_ours(self) -> bool:
        """Nothing to drop: we are this account."""
        return self.uid == os.geteuid()


def choose(pg: Path, setting: str | None) -> Account:
    """Ourselves; for root the owner of existing data, else the setting, else `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return _by_uid(os.geteuid())
    if pg.exists():
        return _without_rights(_by_uid(pg.stat().st_uid))
    for name in [setting] if setting else ["postgres", "nobody"]:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return _without_rights(Account(name, entry.pw_uid, entry.pw_gid))
    wanted = f"account '{setting}'" if setting else "account 'postgres' or 'nobody'"
    raise Refused(
        f"PostgreSQL must not run as root and this machine has no {wanted}. "
        "Name an existing account with SUUUPRA_ACCOUNT, or start as an ordinary user."
    )


def reaches(account: Account, path: Path) -> bool:
    """Whether the account may execute or traverse `path`: asked in a child that has dropped its rights.

    Execute, not read: `initdb` itself asks access(2).
    """
    if account.is_ours:
        return os.access(path, os.X_OK)
    pid = os.fork()
    if pid == 0:
        code = _MAY_NOT_DROP
        try:
            drop(account)
            code = 0 if os.access(path, os.X_OK) else _OUT_OF_REACH
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code == _MAY_NOT_DROP:
        raise Refused(
            f"Root may not become '{account.name}' here (a container without SETUID and SETGID). "
            "Allow both, or start as an ordinary user."
        )
    return code == 0


def closed_part(account: Account, path: Path) -> Path | None:
    """The topmost existing folder on the way to `path` that the account cannot pass; None if it arrives."""
    way = [folder for folder in [*reversed(path.parents), path] if folder.exists()]
    if reaches(account, way[-1]):
        return None
    return next(folder for folder in way if not reaches(account, folder))


def drop(account: Account) -> None:
    """Give up root's rights for good, in the only order that leaves none behind."""
    os.setgroups([])
    os.setresgid(account.gid, account.gid, account.gid)
    os.setresuid(account.uid, account.uid, account.uid)
    os.umask(0o077)


def enter(account: Account | None, death_signal: int = 0) -> Callable[[], None]:
    """What a child does between fork and exec: drop rights, follow its parent into death, lead its own group.

    Called from the main thread: the parent-death signal follows the thread that forked.
    """
    parent = os.getpid()

    def prepare() -> None:
        if account is not None and not account.is_ours:
            drop(account)
        if death_signal:
            _follow(parent, death_signal)
        os.setpgid(0, 0)

    return prepare


def _follow(parent: int, death_signal: int) -> None:
    """After the change of uid, which clears it; a parent that died just before is found out by getppid."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _by_uid(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise Refused(
            f"User id {uid} has no name on this machine, and PostgreSQL refuses to run without one. "
            "Add a line for it to /etc/passwd, or start as another user."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _without_rights(account: Account) -> Account:
    if account.uid == 0:
        raise Refused(
            "PostgreSQL must not run as root, but its data belongs to root or SUUUPRA_ACCOUNT names root. "
            "Hand the data to another account with chown -R, or name another account."
        )
    return account
