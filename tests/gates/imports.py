"""Imports that import-linter cannot see: doors, exact rooms of a service, paths in external packages."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.gates.source import Source, Violation, product

SERVICES = "suuupra.services"

# Room of a service -> the rooms of its own service that it may import; `settings` are plain values.
INSIDE: dict[str, set[str]] = {
    "api": set(),
    "rules": {"api"},
    "tables": {"api"},
    "store": {"tables", "rules", "api"},
    "service": {"store", "rules", "api", "settings"},
    "adapters": {"rules", "api", "settings"},
    "routes": {"service", "api", "settings"},
    "pages": {"service", "api", "settings"},
    "handlers": {"service", "api"},
    "jobs": {"service", "api", "settings"},
    "settings": set(),
    "migrations": set(),
}
INSIDE["module"] = set(INSIDE) - {"migrations"}

# Where -> what is not imported there, with the reason.
BARRED: list[tuple[str, str, str]] = [
    (SERVICES, "sqlalchemy.ext.asyncio", "the kernel's Session has no commit"),
    ("suuupra.kernel", "sqlalchemy.ext.asyncio", "sessions are made in the platform"),
    ("suuupra.web", "sqlalchemy", "pages are drawn from view models"),
]
PURE = ("asyncio", "random", "socket", "sqlalchemy", "subprocess", "time")
PURE_KERNEL = ("clock", "hub", "session", "work")


@dataclass(frozen=True)
class Import:
    """One imported name: `target` is the module or `module.name`."""

    target: str
    line: int
    at_top: bool


def imports(source: Source) -> Iterator[Import]:
    """All of them, also inside functions and under TYPE_CHECKING."""
    top = {id(node) for node in source.tree.body}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, id(node) in top)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield Import(f"{node.module}.{alias.name}", node.lineno, id(node) in top)


def check(root: Path) -> Iterator[Violation]:
    for source in product(root):
        for found in imports(source):
            for message in _faults(source, found):
                yield source.violation(found.line, message)


def _faults(source: Source, found: Import) -> Iterator[str]:
    yield from _door(source.module, found.target)
    yield from _inside(source, found.target)
    yield from _barred(source.module, found.target)
    yield from _rooms(source.module, found)


def _is_below(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def _service(module: str) -> tuple[str, str]:
    """Name and room: `suuupra.services.vod.store.rows` is `("vod", "store")`."""
    name, _, rest = module.removeprefix(SERVICES + ".").partition(".")
    return name, rest.partition(".")[0]


def _door(module: str, target: str) -> Iterator[str]:
    """Of another service only its `api`; of the gateway nothing, unless one is the admin."""
    if not (_is_below(module, SERVICES) and _is_below(target, SERVICES)) or target == SERVICES:
        return
    name, (other, room) = _service(module)[0], _service(target)
    if name == other:
        return
    if room != "api":
        yield f"{name} enters {other} past its door: import {SERVICES}.{other}.api"
    if name == "gateway":
        yield f"the gateway imports no service: its routes come from the manifests, not from {other}"
    if other == "gateway" and name != "admin":
        yield f"only admin may import the gateway, not {name}"


def _inside(source: Source, target: str) -> Iterator[str]:
    """Rooms of one service know each other as the table says; the floor between them is `__init__`, empty."""
    if not (_is_below(source.module, SERVICES + "." + _service(source.module)[0]) and "." in source.module):
        return
    name, room = _service(source.module)
    if not _is_below(target, f"{SERVICES}.{name}") or room == "":
        return
    wanted = _service(target)[1]
    if wanted in {room, ""}:
        return
    if room not in INSIDE:
        yield f"no service has a room {room!r}: see the table of files in the architecture"
    elif wanted not in INSIDE[room]:
        yield f"{room} may not import {wanted} of its own service, only {sorted(INSIDE[room]) or 'nothing'}"


def _barred(module: str, target: str) -> Iterator[str]:
    for where, what, why in BARRED:
        if _is_below(module, where) and _is_below(target, what):
            yield f"{what} is not imported in {where}: {why}"
    if _is_below(module, SERVICES) and _service(module)[1] == "rules":
        kernel = tuple(f"suuupra.kernel.{name}" for name in PURE_KERNEL)
        for what in (*PURE, *kernel):
            if _is_below(target, what):
                yield f"rules are pure: no {what}"


def _rooms(module: str, found: Import) -> Iterator[str]:
    """What runs is known to one file each, and the supervisor starts with the standard library alone."""
    for room, door in (("process", "suuupra.cli"), ("platform", "suuupra.app")):
        package = f"suuupra.{room}"
        known = _is_below(module, door) or _is_below(module, package)
        if _is_below(found.target, package) and not known:
            yield f"{package} is imported by {door} only"
    outside = found.target.partition(".")[0] not in sys.stdlib_module_names
    if _is_below(module, "suuupra.process") and outside and not _is_below(found.target, "suuupra.process"):
        yield f"the process room uses the standard library only, not {found.target}"
    if _is_below(module, "suuupra.cli") and found.at_top and _is_below(found.target, "suuupra.app"):
        yield "the CLI imports suuupra.app inside functions: --help must be quick"
