"""Data folders that the account of PostgreSQL can reach: pytest's own lie in a closed one."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from suuupra.process.folder import LAYOUT
from tests.process.running import Up, using


@pytest.fixture
def room() -> Iterator[Path]:
    """An open folder, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="suuupra-up-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder that a first start has made, and what that start said beside it."""
    folder = Path(tempfile.mkdtemp(prefix="suuupra-made-"))
    folder.chmod(0o755)
    home = folder / "home"
    with Up(home) as up:
        up.ready()
    (folder / "said").write_text(up.text)
    yield home
    shutil.rmtree(folder)


@pytest.fixture
def home(made: Path) -> Path:
    """The same for all who leave it as a folder that a next start can use."""
    assert not using(made)
    return made


@pytest.fixture
def bare(made: Path, room: Path) -> Path:
    """A folder of one's own, so far with nothing but the programs that a start would copy."""
    folder = room / "bare"
    folder.mkdir(mode=0o711)
    (folder / "version").write_text(f"{LAYOUT}\n")
    subprocess.run(["cp", "-al", str(made / "bin"), str(folder)], check=True)
    return folder


@pytest.fixture
def cluster(bare: Path, made: Path) -> Path:
    """Looks like our data and is none: for starts that are refused before they look inside."""
    pg = bare / "pg"
    pg.mkdir(mode=0o700)
    (pg / "suuupra.conf").write_text("")
    (pg / "PG_VERSION").write_text((made / "pg" / "PG_VERSION").read_text())
    shutil.chown(pg, (made / "pg").stat().st_uid)
    return pg


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root has rights to drop")
