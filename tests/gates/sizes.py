"""Small by law: caps on files, functions and parameters, and the table that `make shape` prints."""

import ast
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.gates.source import Source, Violation, assets, product, sources

FILE_LINES = 400
FUNCTION_LINES = 60
PARAMETERS = 6
ASSET_LINES = 250
TEST_LINES = 40
KERNEL_LINES = 2_500
PLATFORM_FOLDER_LINES = 600
ASSETS = (".html", ".css", ".js", ".mjs")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Sized:
    """Something with a size, and where it stands."""

    source: Source
    node: Function

    @property
    def lines(self) -> int:
        return (self.node.end_lineno or self.node.lineno) - self.node.lineno + 1

    @property
    def parameters(self) -> int:
        """Without `self` and `cls`, and without what `*` and `**` gather."""
        given = self.node.args
        names = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
        return len(names) - (names[:1] in (["self"], ["cls"]))


def check(root: Path) -> Iterator[Violation]:
    yield from _files(root)
    yield from _functions(root)
    yield from _rooms(root)


def functions(files: Iterable[Source]) -> Iterator[Sized]:
    for source in files:
        for node in ast.walk(source.tree):
            if isinstance(node, Function):
                yield Sized(source, node)


def _unmigrated(root: Path) -> list[Source]:
    """Migrations are written once and read never: their sizes follow the tables."""
    return [source for source in product(root) if not source.is_migration]


def _tests(root: Path) -> list[Sized]:
    return [one for one in functions(sources(root, "tests")) if one.node.name.startswith("test_")]


def _height(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")


def _files(root: Path) -> Iterator[Violation]:
    for source in _unmigrated(root):
        if source.lines > FILE_LINES:
            yield source.violation(source.lines, f"{source.lines} lines, {FILE_LINES} at most a file")
    for path in assets(root, *ASSETS):
        lines, name = _height(path), str(path.relative_to(root))
        if lines > ASSET_LINES:
            yield Violation(name, lines, f"{lines} lines, {ASSET_LINES} at most a page, style or script")


def _functions(root: Path) -> Iterator[Violation]:
    for one in functions(_unmigrated(root)):
        name, line = one.node.name, one.node.lineno
        if one.lines > FUNCTION_LINES:
            yield one.source.violation(line, f"{name} has {one.lines} lines, {FUNCTION_LINES} at most")
        if one.parameters > PARAMETERS:
            yield one.source.violation(line, f"{name} has {one.parameters} parameters: from 7 on, a message")
    for one in _tests(root):
        if one.lines > TEST_LINES:
            message = f"{one.node.name} has {one.lines} lines, a test {TEST_LINES} at most"
            yield one.source.violation(one.node.lineno, message)


def _rooms(root: Path) -> Iterator[Violation]:
    """The kernel as a whole, and each folder of the platform."""
    package = root / "src" / "suuupra"
    rooms = [(package / "kernel", KERNEL_LINES)]
    if (package / "platform").is_dir():
        folders = (path for path in sorted((package / "platform").iterdir()) if path.is_dir())
        rooms += [(folder, PLATFORM_FOLDER_LINES) for folder in folders]
    for folder, most in rooms:
        name = str(folder.relative_to(root))
        lines = sum(source.lines for source in sources(root, name))
        if lines > most:
            yield Violation(name, lines, f"{lines} lines, {most} at most in this room")


def table(root: Path) -> str:
    """Median, ninetieth percentile, greatest and cap of each size."""
    files, heads = _unmigrated(root), list(functions(_unmigrated(root)))
    rows = [
        ("Python file", [source.lines for source in files if source.lines > 1], FILE_LINES),
        ("function", [one.lines for one in heads], FUNCTION_LINES),
        ("parameters", [one.parameters for one in heads], PARAMETERS),
        *(
            (f"{kind[1:]} file", [_height(path) for path in assets(root, kind)], ASSET_LINES)
            for kind in ASSETS
        ),
        ("test function", [one.lines for one in _tests(root)], TEST_LINES),
    ]
    lines = [f"{'size':<16}{'count':>7}{'median':>8}{'p90':>6}{'max':>6}{'cap':>6}"]
    lines += [_row(*row) for row in rows if row[1]]
    kernel, tests = (
        sum(one.lines for one in sources(root, name)) for name in ("src/suuupra/kernel", "tests")
    )
    whole = sum(source.lines for source in files)
    return "\n".join([*lines, "", f"kernel {kernel} of {KERNEL_LINES} lines; product {whole}, tests {tests}"])


def _row(name: str, values: list[int], cap: int) -> str:
    ninetieth, median = sorted(values)[int(0.9 * (len(values) - 1))], round(statistics.median(values))
    return f"{name:<16}{len(values):>7}{median:>8}{ninetieth:>6}{max(values):>6}{cap:>6}"
