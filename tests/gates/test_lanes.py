"""What runs when: lanes only when named, both Python versions in CI, each chore under its word."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.covers import covers
from tests.gates.source import REPOSITORY
from tests.lanes import TESTS, is_left_out

WORKFLOW = (REPOSITORY / ".github" / "workflows" / "checks.yml").read_text()


@covers("OPS-3")
@pytest.mark.parametrize(
    ("path", "asked", "left_out"),
    [
        ("foreign/test_tus.py", ["."], True),
        ("foreign/test_tus.py", ["foreign"], False),
        ("slow/kernel/test_kills.py", ["foreign"], True),
        ("slow/kernel/test_kills.py", ["slow/kernel/test_kills.py"], False),
        ("kernel/test_work.py", ["."], False),
    ],
)
def test_a_lane_runs_only_when_named(path: str, asked: list[str], *, left_out: bool) -> None:
    assert is_left_out(TESTS / path, [TESTS / one for one in asked]) is left_out


@covers("OPS-8", "OPS-14")
def test_ci_runs_the_lowest_and_the_highest_python() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    lowest = project["requires-python"].removeprefix(">=")
    versions = re.findall(r'"(3\.\d+)"', WORKFLOW.split("python: [")[1].split("]")[0])
    assert versions == [lowest, "3.14"]


@covers("OPS-14")
@pytest.mark.parametrize("lane", ["make test", "make test-foreign"])
def test_ci_runs_what_one_runs_at_home(lane: str) -> None:
    assert f"run: {lane}\n" in WORKFLOW
    assert f"\n{lane} </dev/null" in (REPOSITORY / ".ci" / "run").read_text()


@covers("OPS-3", "OPS-8")
@pytest.mark.parametrize(
    ("interpreter", "said"),
    [
        ("#!/bin/sh\nexit 1\n", "Suuupra needs Python 3.11 or newer"),
        ('#!/bin/sh\ncase "$*" in *ensurepip*) exit 1;; esac\n', "Run: apt install make python3-venv"),
    ],
)
def test_a_machine_without_the_means_is_told_the_way_out(interpreter: str, said: str, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(interpreter)
    python.chmod(0o755)
    done = _run_venv_script(tmp_path, "requirements.lock", {"PYTHON": str(python)})
    assert done.returncode == 1
    assert said in done.stderr


@covers("OPS-1")
def test_a_wheel_of_another_hash_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "tide-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tide.py", "height_m = 3")
        wheel.writestr("tide-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tide\nVersion: 1.0\n")
        wheel.writestr("tide-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("tide-1.0.dist-info/RECORD", "")
    (tmp_path / "lock").write_text(f"tide==1.0 --hash=sha256:{'0' * 64}\n")
    bin_folder = tmp_path / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (bin_folder / "python").chmod(0o755)
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_TARGET": str(tmp_path / "site")}
    done = _run_venv_script(tmp_path, "lock", offline)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (tmp_path / "site").exists()


def _run_venv_script(clone: Path, lock: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`deploy/venv.sh` in a clone that holds nothing else."""
    (clone / "deploy").mkdir()
    (clone / "deploy" / "venv.sh").write_text((REPOSITORY / "deploy" / "venv.sh").read_text())
    return subprocess.run(
        ["sh", "deploy/venv.sh", lock],
        cwd=clone,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
