"""Words that must not stand in the product: a second commit, hidden imports, vague names, inline code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.gates.source import Source, Violation, assets, product

VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "data", "info", "misc"}
HIDDEN_IMPORTS = {"import_module", "__import__"}
TEMPLATE_FAULTS = {
    r"<script(?![^>]*\b(src=|type=.application/\S*json))": "inline script: the policy is script-src 'self'",
    r"<style\b": "inline style sheet: the policy is style-src 'self'",
    r"<[a-z][^>]*\sstyle\s*=": "inline style: a number reaches CSS by a data attribute",
    r"<[a-z][^>]*\son[a-z]+\s*=": "inline handler: listen in a module",
    r"\|\s*safe\b": "unescaped output: build Markup in Python",
}
SCRIPT_FAULTS = {
    r"\b(inner|outer)HTML\b|\binsertAdjacentHTML\b|\bdocument\.write\b": "markup from text: build nodes",
    r"\beval\(|\bnew Function\b": "code from text",
    r"\bsetAttribute\(\s*['\"]style['\"]": "an inline style: set it through CSSOM",
}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")


def check(root: Path) -> Iterator[Violation]:
    yield from _commits(root)
    for source in product(root):
        yield from _hidden(source)
        yield from _vague(source)
    yield from _lines(root, TEMPLATE_FAULTS, ".html", ".jinja", ".svg")
    yield from _lines(root, SCRIPT_FAULTS, ".js", ".mjs")
    yield from _lines(root, {UNFINISHED.pattern: "unfinished"}, ".html", ".css", ".js", ".sql")


def _calls(source: Source) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            function = node.func
            yield str(getattr(function, "attr", getattr(function, "id", ""))), node


def _commits(root: Path) -> Iterator[Violation]:
    """`.commit(` stands once: in the unit of work."""
    found = [
        source.violation(node.lineno, "a second commit: one use case is one unit of work")
        for source in product(root)
        for name, node in _calls(source)
        if name == "commit" and isinstance(node.func, ast.Attribute)
    ]
    if len(found) > 1:
        yield from found


def _hidden(source: Source) -> Iterator[Violation]:
    for name, node in _calls(source):
        if name in HIDDEN_IMPORTS:
            yield source.violation(node.lineno, f"{name}() hides an import: write it")


def _vague(source: Source) -> Iterator[Violation]:
    for part in source.module.split("."):
        if part in VAGUE:
            yield source.violation(1, f"{part!r} says nothing: name the file for what it holds")


def _lines(root: Path, faults: dict[str, str], *suffixes: str) -> Iterator[Violation]:
    patterns = [(re.compile(pattern, re.IGNORECASE), message) for pattern, message in faults.items()]
    for path in assets(root, *suffixes):
        text = _without_comments(path.read_text(encoding="utf-8"), path.suffix)
        for pattern, message in patterns:
            for match in pattern.finditer(text):
                yield Violation(str(path.relative_to(root)), text.count("\n", 0, match.start()) + 1, message)


def _without_comments(text: str, suffix: str) -> str:
    """Blanks, so that the lines keep their numbers."""
    comment = r"\{#.*?#\}|<!--.*?-->" if suffix in {".html", ".jinja", ".svg"} else r"/\*.*?\*/"
    return re.sub(comment, lambda match: re.sub(r"[^\n]", " ", match.group()), text, flags=re.DOTALL)
