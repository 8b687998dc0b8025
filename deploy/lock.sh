#!/bin/sh
# Writes requirements.lock and requirements-dev.lock from pyproject.toml: exact versions with the hashes of every
# wheel, valid for all Python versions and both processors. Needs uv; raises versions when called with --upgrade.
set -eu
cd "$(dirname "$0")/.."
command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
common='--quiet --universal --python-version 3.11 --generate-hashes --no-header'
uv pip compile pyproject.toml $common -o requirements.lock "$@"
uv pip compile pyproject.toml --group dev $common -o requirements-dev.lock "$@"
echo "Both lock files are written; make notices brings THIRD_PARTY.md up to date."
