"""Puts the clone itself into its .venv, without network or build: a path to `src`, a command, a name."""

import stat
import sys
import sysconfig
import tomllib
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = """#!/bin/sh
exec "{python}" -c 'import sys; sys.argv[0] = "{name}"; from {module} import {call}; sys.exit({call}())' "$@"
"""


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"], project["version"]
    packages = Path(sysconfig.get_path("purelib"))
    if any(found.metadata["Name"] == name and not _is_ours(found) for found in metadata.distributions()):
        return  # installed by pip: leave it as it is
    (packages / f"{name}.pth").write_text(f"{ROOT / 'src'}\n", encoding="utf-8")
    for old in packages.glob(f"{name}-*.dist-info"):
        for file in old.iterdir():
            file.unlink()
        old.rmdir()
    facts = packages / f"{name}-{version}.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8"
    )
    (facts / "INSTALLER").write_text("make\n", encoding="utf-8")
    (facts / "RECORD").write_text("", encoding="utf-8")
    for command, target in project["scripts"].items():
        module, call = target.split(":")
        path = Path(sysconfig.get_path("scripts")) / command
        text = COMMAND.format(python=sys.executable, name=command, module=module, call=call)
        path.write_text(text, encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def _is_ours(found: metadata.Distribution) -> bool:
    return (found.read_text("INSTALLER") or "").strip() == "make"


main()
