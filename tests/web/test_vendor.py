"""What others wrote is exactly what the lock says, with its licence beside it."""

import hashlib
import tomllib

import pytest

from suuupra.web.assets import STATIC
from tests.covers import covers

VENDOR = STATIC / "vendor"
LOCK = tomllib.loads((VENDOR / "vendor.lock").read_text())["file"]


@covers("PORT-34")
@pytest.mark.parametrize("entry", LOCK, ids=lambda entry: str(entry["path"]))
def test_each_vendored_file_has_the_hash_of_the_lock(entry: dict[str, str]) -> None:
    assert hashlib.sha256((VENDOR / entry["path"]).read_bytes()).hexdigest() == entry["sha256"]
    assert len((VENDOR / entry["licence_text"]).read_text()) > 300
    assert entry["version"]
    assert entry["licence"] in {"0BSD", "Apache-2.0", "ISC", "MIT", "OFL-1.1"}


@covers("PORT-34")
def test_nothing_lies_in_the_vendor_folder_that_the_lock_does_not_name() -> None:
    named = {entry["path"] for entry in LOCK} | {entry["licence_text"] for entry in LOCK} | {"vendor.lock"}
    found = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert found == named


@covers("PORT-34")
def test_htmx_is_version_four() -> None:
    (htmx,) = [entry for entry in LOCK if entry["package"] == "htmx.org"]
    assert htmx["version"].startswith("4.")
    assert htmx["version"] in (VENDOR / htmx["path"]).read_text()


@covers("PORT-34")
def test_the_recipe_builds_the_versions_of_the_lock() -> None:
    recipe = (STATIC.parents[3] / "deploy" / "vendor.sh").read_text()
    names = (STATIC.parents[3] / "deploy" / "icons.txt").read_text().splitlines()
    for entry in LOCK:
        assert f"={entry['version']}" in recipe, entry["package"]
    sprite = (VENDOR / "icons.svg").read_text()
    assert all(f'<symbol id="{line.split()[0]}"' in sprite for line in names)
