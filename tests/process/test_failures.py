"""What goes wrong while a group runs or starts."""

import os
import re
import signal
from pathlib import Path

import asyncpg

from suuupra.process import postgres
from tests.covers import covers
from tests.process.running import SOMEBODY_ELSES, Up, eventually, lives


@covers("PLT-13", "OPS-25")
def test_five_starts_that_never_became_ready_stop_all_with_the_last_lines(bare: Path) -> None:
    with Up(bare, FAKE_WORK="fail", SUUUPRA_DATABASE_URL=SOMEBODY_ELSES) as up:
        assert up.ended(20) == 1
    assert "5 starts within 2 minutes never became ready" in up.text
    assert re.findall(r"starts again in ([\d.]+) s", up.text) == ["0.5", "1", "2", "4"]
    after = up.text.partition("The last lines of")[2]
    assert after.count("work  this cannot work") == 5
    assert re.findall(r"(\w+)  stopped", after) == ["web"]


@covers("OPS-3")
def test_a_failed_migration_stops_all_and_shows_what_it_said(bare: Path) -> None:
    with Up(bare, FAKE_MIGRATE="fail", SUUUPRA_DATABASE_URL=SOMEBODY_ELSES) as up:
        assert up.ended() == 1
    assert "migrate ended with exit code 1. Everything stops." in up.text
    assert "migrate  this cannot work" in up.text
    assert "web  ready" not in up.text


@covers("OPS-1")
def test_a_failed_seed_is_said_and_the_rest_goes_on(bare: Path) -> None:
    with Up(bare, "--seed", "demo", FAKE_SEED="fail", SUUUPRA_DATABASE_URL=SOMEBODY_ELSES) as up:
        assert eventually(lambda: "seed  ended with exit code 1; the rest goes on" in up.text)
        assert lives(up.pid("web"))


@covers("OPS-21")
def test_warnings_reach_the_terminal_and_everything_its_file(bare: Path) -> None:
    with Up(bare, SUUUPRA_DATABASE_URL=SOMEBODY_ELSES) as up:
        up.ready()
        assert eventually(lambda: "work  warning work.odd slot=work-0" in up.text)
        assert "work.began" not in up.text
        assert "work.began" in (bare / "log" / "work.log").read_text()
        assert (bare / "log" / "work.log").stat().st_mode & 0o077 == 0


@covers("PLT-17")
def test_strangers_are_reaped_where_orphans_come_to_us(bare: Path) -> None:
    told = {"FAKE_WORK": "stranger", "TEST_ADOPTS_ORPHANS": "yes", "SUUUPRA_DATABASE_URL": SOMEBODY_ELSES}
    with Up(bare, **told) as up:
        up.ready()
        stranger = int((bare / "stranger").read_text())
        assert eventually(lambda: not Path(f"/proc/{stranger}").exists())
        assert up.process.poll() is None


@covers("PLT-17")
async def test_a_killed_server_is_back_with_what_it_had_acknowledged(home: Path) -> None:
    with Up(home) as up:
        dsn = (up.ready().home / "run" / "dsn").read_text().strip()
        connection = await asyncpg.connect(dsn)
        busy = await asyncpg.connect(dsn)
        await connection.execute(
            "drop table if exists kept; create table kept as select generate_series(1, 1000) as n"
        )
        server, backend = up.pid("postgres"), await busy.fetchval("select pg_backend_pid()")
        os.kill(backend, signal.SIGSTOP)  # one that would hold the shared memory for ever
        os.kill(server, signal.SIGKILL)
        assert eventually(lambda: up.text.count("postgres  ready") == 2, 20), up.text
        assert not lives(backend)
        busy.terminate()
        connection.terminate()
        connection = await asyncpg.connect(dsn)
        assert await connection.fetchval("select count(*) from kept") == 1000
        await connection.close()


@covers("OPS-1")
def test_a_start_killed_half_way_leaves_nothing_that_looks_like_data(bare: Path) -> None:
    (bare / "pg.partial" / "base").mkdir(parents=True)
    with Up(bare) as up:
        assert "made the database cluster" in up.ready().text
        assert not (bare / "pg.partial").exists()


@covers("PLT-6")
async def test_a_folder_too_deep_for_a_socket_address_works(bare: Path, room: Path) -> None:
    deep = room.joinpath(*(["a-long-name-for-a-folder"] * 5))
    deep.mkdir(parents=True)
    bare.rename(deep / "home")
    with Up(deep / "home") as up:
        up.ready()
        dsn = postgres.attach(deep / "home" / "run" / "dsn", trusting=False)
        assert dsn is not None
        connection = await asyncpg.connect(dsn)
        assert await connection.fetchval("select current_user") == "suuupra"
        await connection.close()
    assert postgres.attach(deep / "home" / "run" / "dsn", trusting=False) is None
