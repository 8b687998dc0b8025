"""The few settings a start needs before the product is imported.

Same order and same `.env` syntax as `kernel.settings`, which cannot be used here: it would bring pydantic
into the supervisor.
"""

from collections.abc import Mapping
from pathlib import Path

HOME = "SUUUPRA_HOME"
ACCOUNT = "SUUUPRA_ACCOUNT"
DATABASE_URL = "SUUUPRA_DATABASE_URL"
HOST = "SUUUPRA_HOST"
PORT = "SUUUPRA_PORT"
CERTIFICATE = "SUUUPRA_TLS_CERTIFICATE"
ENV = "SUUUPRA_ENV"
SLOT = "SUUUPRA_SLOT"
DSN_FILE = "SUUUPRA_DSN_FILE"
READY_FD = "SUUUPRA_READY_FD"
LIFELINE_FD = "SUUUPRA_LIFELINE_FD"


def settings(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Environment, `.env`, `.env.<SUUUPRA_ENV>`; the sample name `DATABASE_URL` counts in `.env` only."""
    found = _read(folder / ".env")
    if "DATABASE_URL" in found:
        found.setdefault(DATABASE_URL, found.pop("DATABASE_URL"))
    found |= environ
    return _read(folder / f".env.{found.get(ENV) or 'dev'}") | found


def has_database(found: Mapping[str, str]) -> bool:
    """Whether somebody named a database of their own, directly or by a secret's file."""
    return bool(found.get(DATABASE_URL) or found.get(f"{DATABASE_URL}_FILE"))


def _read(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    if not path.is_file():
        return found
    for line in path.read_text(encoding="utf-8").splitlines():
        name, sign, value = line.strip().removeprefix("export ").partition("=")
        if not sign or name.startswith("#"):
            continue
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        found[name.strip()] = value
    return found
