"""Each import rule, with a violation planted for it: found, with file and line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.covers import covers
from tests.gates import imports
from tests.gates.planted import house
from tests.gates.source import REPOSITORY

FOUND_BY_TREE = {
    "content/service.py:5: content enters identity past its door": "another service's store",
    "content/service.py:7: only admin may import the gateway": "the gateway's door",
    "gateway/api.py:3: the gateway imports no service": "the gateway looks down",
    "identity/rules.py:3: rules are pure: no sqlalchemy": "a query in the rules",
    "identity/rules.py:4: rules may not import store": "rules look up",
    "identity/store.py:3: sqlalchemy.ext.asyncio is not imported": "a session with a commit",
    "identity/extras.py:3: no service has a room 'extras'": "a file of another name",
    "content/service.py:6: suuupra.platform is imported by suuupra.app only": "a driver's room",
    "process/__init__.py:3: the process room uses the standard library only": "a wheel in the supervisor",
    "app/__init__.py:3: suuupra.process is imported by suuupra.cli only": "the composition starts processes",
    "cli.py:3: the CLI imports suuupra.app inside functions": "a slow --help",
}
FOUND_BY_GRAPH = {
    "suuupra.services.identity is not allowed to import suuupra.services.content": "tier 2 calls tier 3",
    "suuupra.services.vod is not allowed to import suuupra.services.identity": "siblings",
    "suuupra.services.content.service -> asyncpg (l.3)": "a driver",
    "suuupra.services is not allowed to import suuupra.platform": "rooms side by side",
    "suuupra.kernel is not allowed to import suuupra.web": "the kernel looks up",
    "suuupra.app is not allowed to import suuupra.process": "process stands apart",
    "suuupra.services.identity.extras": "a file of another name",
    "suuupra.kernel.work": "a cycle",
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return house(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def tree_report(planted: Path) -> str:
    return "\n".join(str(violation) for violation in imports.check(planted))


@pytest.fixture(scope="module")
def graph_report(planted: Path) -> str:
    """What import-linter says of it under this repository's contracts."""
    shutil.copy(REPOSITORY / ".importlinter", planted)
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=planted,
        env=os.environ | {"PYTHONPATH": str(planted / "src"), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@covers("OPS-14")
@pytest.mark.parametrize("said", FOUND_BY_TREE, ids=FOUND_BY_TREE.values())
def test_a_planted_import_is_found_in_the_tree(said: str, tree_report: str) -> None:
    assert f"src/suuupra/{said}" in tree_report or f"src/suuupra/services/{said}" in tree_report


@covers("OPS-14")
@pytest.mark.parametrize("said", FOUND_BY_GRAPH, ids=FOUND_BY_GRAPH.values())
def test_a_planted_import_is_found_in_the_graph(said: str, graph_report: str) -> None:
    assert said in graph_report


@covers("OPS-14")
def test_every_contract_has_a_violation_planted(graph_report: str) -> None:
    assert "0 kept, 5 broken" in graph_report


@covers("OPS-14", "PLT-1")
def test_every_service_stands_in_the_tiers() -> None:
    services = REPOSITORY / "src" / "suuupra" / "services"
    contracts = (REPOSITORY / ".importlinter").read_text()
    names = [path.name for path in sorted(services.iterdir()) if (path / "__init__.py").exists()]
    assert [name for name in names if f"(suuupra.services.{name})" not in contracts] == []
