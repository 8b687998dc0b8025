"""`suuupra up` as people meet it: a real PostgreSQL, a real supervisor, a fake product."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import asyncpg

from tests.covers import covers
from tests.process.running import SOMEBODY_ELSES, Up, eventually, lives, using

RSS_MAX_KB = 30 * 1024


@covers("OPS-1")
def test_a_first_start_says_what_it_does_and_where_to_look(made: Path) -> None:
    said = (made.parent / "said").read_text()
    order = ["Data folder", "copied its programs", "made the database cluster", "migrate  done", "Ready in"]
    assert sorted(order, key=said.index) == order
    assert re.search(r"Open http://127\.0\.0\.1:\d+", said)
    assert "the owner's first password is xyzzy" in said
    assert "xyzzy" not in (made / "log" / "migrate.log").read_text()


@covers("OPS-1")
def test_the_data_folder_is_closed_to_all_but_those_who_need_a_part(made: Path) -> None:
    modes = {
        p: stat.S_IMODE((made / p).stat().st_mode) for p in ("keys", "log", "mail", "backup", "objects", "pg")
    }
    assert modes == {
        "keys": 0o700,
        "log": 0o700,
        "mail": 0o700,
        "backup": 0o700,
        "objects": 0o750,
        "pg": 0o700,
    }
    if os.geteuid() == 0:
        assert stat.S_IMODE(made.stat().st_mode) == 0o711
        owners = {(made / part).owner() for part in ("pg", "run/pg", "run/encode")}
        assert owners.isdisjoint({"root"})
        assert (made / "bin" / "ffmpeg").stat().st_mode & 0o005 == 0o005


@covers("OPS-1", "PLT-6")
async def test_a_warm_start_keeps_the_data_and_its_dsn_file_leads_to_it(home: Path) -> None:
    with Up(home) as up:
        dsn = (up.ready().home / "run" / "dsn").read_text().strip()
        assert stat.S_IMODE((home / "run" / "dsn").stat().st_mode) == 0o600
        connection = await asyncpg.connect(dsn)
        await connection.execute("drop table if exists seven; create table seven as select 7 as seven")
        assert await connection.fetchval("show data_checksums") == "on"
        assert await connection.fetchval("show listen_addresses") == ""
        await connection.close()
    assert not (home / "run" / "dsn").exists()
    with Up(home) as up:
        connection = await asyncpg.connect((up.ready().home / "run" / "dsn").read_text().strip())
        assert await connection.fetchval("select seven from seven") == 7
        await connection.close()
        assert "made the database cluster" not in up.text


@covers("OPS-1")
def test_the_supervisor_stays_small_and_nothing_runs_as_root_that_need_not(home: Path) -> None:
    with Up(home) as up:
        up.ready()
        status = Path(f"/proc/{up.process.pid}/status").read_text()
        assert int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) < RSS_MAX_KB
        server = Path(f"/proc/{up.pid('postgres')}/status").read_text()
        assert "0" not in re.findall(r"Uid:\s+(.+)", server)[0].split()


@covers("PLT-17", "OPS-25")
def test_whoever_is_killed_is_back_its_children_are_gone_and_the_others_stay(home: Path) -> None:
    names = ("postgres", "web", "work")
    with Up(home, FAKE_SERVE="child", FAKE_WORK="child") as up:
        up.ready()
        children = {"web": home / "serve-child", "work": home / "work-child"}
        for name in names:
            before = {one: up.pid(one) for one in names}
            child = int(children[name].read_text()) if name in children else before[name]
            os.kill(before[name], signal.SIGKILL)
            assert eventually(partial(_was_ready, up, name, 2), 5), up.text
            after = {one: up.pid(one) for one in names}
            assert not lives(child)
            assert {one for one in names if before[one] != after[one]} == {name}


@covers("PLT-17")
def test_a_process_killed_again_and_again_after_it_was_ready_comes_back_each_time(bare: Path) -> None:
    with Up(bare, SUUUPRA_DATABASE_URL=SOMEBODY_ELSES) as up:
        up.ready()
        for life in range(1, 7):
            os.kill(up.pid("work"), signal.SIGKILL)
            assert eventually(partial(_was_ready, up, "work", life + 1)), up.text
        assert up.text.count("starts again in 0.5 s") == 6


@covers("PLT-17")
def test_nothing_outlives_a_killed_supervisor_and_the_next_start_works(home: Path) -> None:
    with Up(home, FAKE_WORK="bound") as up:
        port = up.ready().port
        up.process.kill()
        with Up(home, "--port", str(port)) as after:
            assert after.ready().port == port
            assert not lives(int((home / "work-child").read_text()))
            mine = {after.process.pid, *(after.pid(name) for name in ("postgres", "web", "work"))}
            assert set(using(home)) >= mine
    assert eventually(lambda: not using(home))


@covers("PLT-17")
def test_all_are_gone_soon_after_the_supervisor_was_killed(home: Path) -> None:
    with Up(home, FAKE_SERVE="bound") as up:
        up.ready().process.kill()
        assert eventually(lambda: not using(home), 5)


@covers("PLT-17")
def test_a_start_after_everything_was_killed_at_once_recovers(home: Path) -> None:
    with Up(home) as up:
        server = up.ready().pid("postgres")
        for pid in (up.process.pid, server):
            os.kill(pid, signal.SIGKILL)
        assert (home / "pg" / "postmaster.pid").exists()
        with Up(home) as after:
            assert after.ready().pid("postgres") != server
            assert "starts again" not in after.text


@covers("OPS-3", "OPS-25")
def test_a_stop_goes_in_order_within_ten_seconds_with_a_stream_open(home: Path) -> None:
    with Up(home) as up, socket.create_connection(("127.0.0.1", up.ready().port)) as stream:
        stream.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert stream.recv(100).startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        up.process.send_signal(signal.SIGTERM)
        assert up.ended(10) == 0
        assert time.monotonic() - began < 10
    assert re.findall(r"(\w+)  stopped", up.text) == ["web", "work", "postgres"]
    assert using(home) == []
    assert not list((home / "run").glob("*.pid"))


@covers("OPS-3")
def test_a_program_that_will_not_stop_is_ended_in_time_and_a_second_signal_waits_for_nobody(
    home: Path,
) -> None:
    with Up(home, FAKE_SERVE="deaf") as up:
        up.ready().process.send_signal(signal.SIGINT)
        assert up.ended(10) == 0
    with Up(home, FAKE_SERVE="deaf", FAKE_WORK="deaf") as up:
        up.ready().process.send_signal(signal.SIGINT)
        assert eventually(lambda: "Once more stops at once" in up.text)
        up.process.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert up.ended(10) == 0
        assert time.monotonic() - began < 2


@covers("OPS-5", "OPS-3")
def test_other_verbs_find_the_running_group_and_are_told_where(home: Path) -> None:
    program = (
        "import os, sys, types\n"
        "product = types.ModuleType('suuupra.app')\n"
        "product.command = lambda verb, options: print(verb, options.names, options.supervised is not None,\n"
        "    os.environ['SUUUPRA_DATABASE_URL'], os.environ['SUUUPRA_HOME']) or 3\n"
        "sys.modules['suuupra.app'] = product\n"
        "from suuupra import cli\n"
        "sys.exit(cli.main(sys.argv[1:]))\n"
    )
    with Up(home, "--only", "postgres,work") as up:
        up.ready()
        command = [sys.executable, "-c", program, "serve", "identity", "--port", "8101"]
        environment = {**os.environ, "SUUUPRA_HOME": str(home)}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    dsn = f"postgresql://suuupra@/suuupra?host={home}/run/pg"
    assert done.stdout == f"serve ['identity'] True {dsn} {home}\n", done.stderr
    assert done.returncode == 3


@covers("OPS-1")
def test_a_fresh_start_begins_anew_and_keeps_what_was_there(bare: Path, cluster: Path) -> None:
    (bare / "objects").mkdir()
    (bare / "objects" / "film").write_text("a film")
    with Up(bare, "--fresh") as up:
        assert "made the database cluster" in up.ready().text
        assert not (bare / "objects" / "film").exists()
        kept = next((bare / "backup").iterdir())
        assert (kept / "objects" / "film").read_text() == "a film"
        assert (kept / "pg" / "PG_VERSION").exists()


@covers("OPS-1")
def test_parts_alone_a_named_database_one_process_and_a_seed(home: Path) -> None:
    with Up(home, "--only", "postgres,work") as up:
        assert "web" not in up.ready().text
        assert "postgres, work" in up.text
    with Up(home, "--single", "--seed", "demo", SUUUPRA_DATABASE_URL=SOMEBODY_ELSES) as up:
        assert eventually(lambda: "seed  done" in up.text), up.text
        assert "postgres" not in up.text
        assert "work" not in up.text


def _was_ready(up: Up, name: str, times: int) -> bool:
    return up.text.count(f"{name}  ready") == times
