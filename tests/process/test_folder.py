"""Where data goes, by whom it is started from where."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from suuupra.process import environment
from suuupra.process.account import choose, closed_part, reaches
from suuupra.process.folder import SYSTEM, Folder, find
from suuupra.process.refusal import Refused
from tests.covers import covers


@pytest.fixture
def clone(room: Path) -> Path:
    """What a package inside a clone looks like."""
    package = room / "clone" / "src" / "suuupra"
    package.mkdir(parents=True)
    (room / "clone" / "pyproject.toml").touch()
    return package


@covers("OPS-1", "PLT-11")
def test_a_named_folder_wins_and_its_links_are_followed(room: Path, clone: Path) -> None:
    (room / "link").symlink_to(room / "clone")
    given = {"SUUUPRA_HOME": str(room / "link" / "data")}
    assert find(given, clone).home == room / "clone" / "data"


@covers("OPS-1")
def test_in_a_clone_data_lies_beside_the_source_wherever_one_stands(
    clone: Path, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    assert find({}, clone).home == room / "clone" / "var"


@covers("OPS-1")
def test_outside_a_clone_root_and_others_have_their_places(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = room / "lib" / "site-packages" / "suuupra"
    monkeypatch.setenv("HOME", str(room))
    expected = SYSTEM if os.geteuid() == 0 else room / ".local" / "share" / "suuupra"
    assert find({}, installed).home == expected


@covers("OPS-1")
def test_the_account_is_the_owner_of_the_data_else_the_setting(room: Path, as_root: None) -> None:
    assert choose(room / "pg", "nobody").name == "nobody"
    (room / "pg").mkdir()
    os.chown(room / "pg", 1, 1)
    assert choose(room / "pg", "nobody").uid == 1


@pytest.mark.parametrize(("owner", "setting"), [(0, None), (0, "root"), (4_000_000, None)])
@covers("OPS-1")
def test_root_and_the_nameless_are_no_account(
    room: Path, as_root: None, owner: int, setting: str | None
) -> None:
    (room / "pg").mkdir()
    os.chown(room / "pg", owner, owner)
    with pytest.raises(Refused, match=r"must not run as root|has no name on this machine"):
        choose(room / "pg", setting)


@covers("OPS-1")
def test_what_is_closed_on_the_way_is_named(room: Path, as_root: None) -> None:
    nobody = choose(room / "pg", "nobody")
    (room / "open" / "closed" / "inner").mkdir(parents=True)
    (room / "open" / "closed").chmod(0o700)
    assert reaches(nobody, room / "open")
    assert closed_part(nobody, room / "open" / "closed" / "inner" / "not-yet") == room / "open" / "closed"
    (room / "open" / "closed").chmod(0o711)
    assert closed_part(nobody, room / "open" / "closed" / "inner") is None


@covers("OPS-1")
def test_data_that_went_out_of_reach_is_refused_and_not_begun_anew_elsewhere(
    room: Path, clone: Path, as_root: None
) -> None:
    (room / "clone" / "var").mkdir()
    (room / "clone" / "var" / "version").write_text("1\n")
    room.chmod(0o700)
    with pytest.raises(Refused, match=f"cannot enter {room}"):
        find({}, clone)


@covers("OPS-1")
def test_preparing_makes_what_is_missing_and_leaves_modes_alone(room: Path) -> None:
    folder = Folder(room / "home", choose(room / "pg", None))
    folder.prepare()
    (folder.home / "mail").chmod(0o750)
    (folder.home / "index").rmdir()
    folder.prepare()
    assert (folder.home / "mail").stat().st_mode & 0o777 == 0o750
    assert (folder.home / "index").is_dir()


@covers("OPS-1")
def test_a_file_where_the_folder_should_be_is_refused_with_a_way_out(room: Path) -> None:
    (room / "home").touch()
    with pytest.raises(Refused, match=r"cannot be used: .* choose another with SUUUPRA_HOME"):
        Folder(room / "home", choose(room / "pg", None)).prepare()


@covers("OPS-2", "PLT-11")
def test_settings_of_a_start_come_in_the_order_of_all_settings(room: Path) -> None:
    (room / ".env").write_text(
        "# ours\nexport SUUUPRA_PORT='8100'\nDATABASE_URL=postgresql://x/y\nodd line\n"
    )
    (room / ".env.dev").write_text("SUUUPRA_PORT=1\nSUUUPRA_HOST=::1\nSUUUPRA_ACCOUNT=two\n")
    found = environment.settings({"SUUUPRA_ACCOUNT": "one", "DATABASE_URL": "never"}, room)
    assert (found["SUUUPRA_PORT"], found["SUUUPRA_HOST"], found["SUUUPRA_ACCOUNT"]) == ("8100", "::1", "one")
    assert found[environment.DATABASE_URL] == "postgresql://x/y"
    assert environment.has_database(found)
    assert not environment.has_database(environment.settings({"DATABASE_URL": "x"}, room / "none"))
    assert environment.has_database({"SUUUPRA_DATABASE_URL_FILE": "/run/secret"})


@covers("OPS-3")
def test_processes_that_start_together_prepare_one_folder(room: Path) -> None:
    account = choose(room / "pg", None) if os.geteuid() else choose(room / "pg", "nobody")
    for turn in range(20):
        folder, together = Folder(room / f"data-{turn}", account), threading.Barrier(8)

        def prepare(folder: Folder = folder, together: threading.Barrier = together) -> None:
            together.wait()
            folder.prepare()

        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(prepare) for _ in range(8)]:
                done.result()
        assert (folder.home / "version").read_text() == "1\n"
