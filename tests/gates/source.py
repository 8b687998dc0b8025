"""The parsed tree that every gate reads, and what a gate reports."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, order=True)
class Violation:
    """One line that breaks a rule."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Source:
    """A Python file of the tree; `module` is its dotted name from `src/` or the repository."""

    path: Path
    module: str
    root: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def lines(self) -> int:
        return self.text.count("\n")

    def violation(self, line: int, message: str) -> Violation:
        return Violation(str(self.path.relative_to(self.root)), line, message)

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.path.parts


def sources(root: Path, folder: str) -> Iterator[Source]:
    """Every Python file below `root/folder`, in order of its path."""
    base = root / "src" if folder.startswith("src") else root
    for path in sorted((root / folder).rglob("*.py")):
        parts = path.relative_to(base).with_suffix("").parts
        yield Source(path, ".".join(parts[:-1] if parts[-1] == "__init__" else parts), root)


def product(root: Path) -> Iterator[Source]:
    return sources(root, "src/suuupra")


def assets(root: Path, *suffixes: str) -> Iterator[Path]:
    """Templates, styles and scripts that are ours: what is vendored is judged by its hash alone."""
    for path in sorted((root / "src" / "suuupra").rglob("*")):
        if path.suffix in suffixes and "vendor" not in path.parts:
            yield path
