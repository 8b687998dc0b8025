"""Which requirement is shown by which test: docs/requirements.toml against the marks in the tests."""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.gates.source import Source, Violation, sources

LIST = "docs/requirements.toml"
PAGE = "docs/status.md"


@dataclass(frozen=True)
class Area:
    """One part of the product with its ids: what stands now, what waits."""

    title: str
    now: dict[str, str] = field(default_factory=dict)
    later: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mark:
    """One id in one `@covers`."""

    id: str
    source: Source
    line: int


def areas(root: Path) -> list[Area]:
    parts = tomllib.loads((root / LIST).read_text(encoding="utf-8")).values()
    return [Area(part["title"], part.get("now", {}), tuple(part.get("later", ()))) for part in parts]


def marks(root: Path) -> Iterator[Mark]:
    for folder in ("tests", "benchmarks"):
        for source in sources(root, folder):
            for node in ast.walk(source.tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    yield from _marks_of(source, node)


def _marks_of(source: Source, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[Mark]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "covers":
            for argument in decorator.args:
                if isinstance(argument, ast.Constant):
                    yield Mark(str(argument.value), source, argument.lineno)


def check(root: Path) -> Iterator[Violation]:
    """Marks with an id that nobody asked for."""
    known = {id_ for area in areas(root) for id_ in (*area.now, *area.later)}
    for mark in marks(root):
        if mark.id not in known:
            yield mark.source.violation(mark.line, f"{mark.id} stands in no list of {LIST}")


def proofs(root: Path) -> dict[str, list[str]]:
    """Id -> the files that show it, each once."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for mark in marks(root):
        found[mark.id].add(str(mark.source.path.relative_to(root)))
    return {id_: sorted(files) for id_, files in found.items()}


def missing(root: Path) -> list[str]:
    shown = proofs(root)
    return [id_ for area in areas(root) for id_ in area.now if id_ not in shown]


def table(root: Path) -> str:
    """For the terminal: each part with its count, then the ids without a test."""
    shown, lines = proofs(root), []
    for area in areas(root):
        if area.now:
            covered = sum(id_ in shown for id_ in area.now)
            lines.append(f"{area.title:<22}{covered:>4} of {len(area.now):<4}{len(area.later):>4} later")
            lines += [f"    no test: {id_:<8} {title}" for id_, title in area.now.items() if id_ not in shown]
    return "\n".join(lines)


def page(root: Path) -> str:
    """The status matrix, as Markdown."""
    shown = proofs(root)
    lines = [
        "# Status",
        "",
        "Written by `make requirements`: requirements and the tests that show them.",
        "",
    ]
    for area in areas(root):
        lines += [f"## {area.title}", ""]
        if area.now:
            lines += ["| id | what | shown by |", "|---|---|---|"]
            for id_, title in area.now.items():
                lines.append(f"| {id_} | {title} | {_links(shown.get(id_, []))} |")
            lines.append("")
        if area.later:
            lines += [f"Later: {', '.join(area.later)}", ""]
    return "\n".join(lines)


def _links(files: list[str]) -> str:
    return ", ".join(f"[{file.removeprefix('tests/')}](../{file})" for file in files) or "no test yet"
