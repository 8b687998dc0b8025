#!/bin/sh
# Makes or mends .venv with the packages of a lock file, by hash: deploy/venv.sh requirements.lock
# PYTHON names an interpreter; else the newest of 3.14 to 3.11 that can make environments.
set -eu
cd "$(dirname "$0")/.."
lock=$1

can_run() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
can_make() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

choose() {
  found=
  for candidate in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3}; do
    can_run "$candidate" || continue
    if can_make "$candidate"; then echo "$candidate"; return; fi
    found=$candidate
  done
  if [ -n "$found" ]; then
    echo "$found cannot make virtual environments here. Run: apt install make python3-venv" >&2
  else
    echo "Suuupra needs Python 3.11 or newer; none of ${PYTHON:-python3.14 to python3.11, python3} is." >&2
  fi
  return 1
}

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  python=$(choose)
  echo "Making .venv with $("$python" --version)"
  "$python" -m venv --clear .venv
fi

echo "Installing $(grep -c '^[a-z].*==' "$lock") packages of $lock (only what is missing)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
  --no-deps --require-hashes --only-binary :all: --requirement "$lock"
.venv/bin/python deploy/install.py
