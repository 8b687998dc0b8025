"""Whether the embedded database stands where this release wants it: then a start need not ask the product.

Asking costs an import of the whole product. The mark lies beside the data, so that data made anew have none.
"""

import hashlib
from pathlib import Path

PACKAGE = Path(__file__).parent.parent
MARK = "suuupra-migrated"


def fingerprint() -> str:
    """Changes with every migration, with what runs them, and with the list of services."""
    files = [
        path for path in PACKAGE.rglob("*.py") if "migrations" in path.parts or path.name == "registry.py"
    ]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(str(path.relative_to(PACKAGE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def is_current(data: Path) -> bool:
    """Whether the last complete migration of these data was of this very release."""
    try:
        return (data / MARK).read_text(encoding="ascii") == fingerprint()
    except OSError:
        return False


def note(data: Path) -> None:
    """Remember a complete migration; a folder that is not there has nothing to remember."""
    if data.is_dir():
        (data / MARK).write_text(fingerprint(), encoding="ascii")


def forget(data: Path) -> None:
    """A step down: ask again."""
    (data / MARK).unlink(missing_ok=True)
