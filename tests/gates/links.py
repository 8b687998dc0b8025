"""Links between the pages of the documentation: each leads to a file that exists."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.gates.source import Violation

LINK = re.compile(r"!?\[[^\]]*\]\((?!https?:|mailto:|#|/)([^)#\s]+)[^)]*\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def pages(root: Path) -> Iterator[Path]:
    yield from sorted(root.glob("*.md"))
    yield from sorted((root / "docs").rglob("*.md"))
    yield from sorted((root / ".github").rglob("*.md"))


def check(root: Path) -> Iterator[Violation]:
    for page in pages(root):
        text = CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), page.read_text(encoding="utf-8"))
        for match in LINK.finditer(text):
            if not (page.parent / match[1]).exists():
                line = text.count("\n", 0, match.start()) + 1
                yield Violation(
                    str(page.relative_to(root)), line, f"a link to {match[1]}, which is not there"
                )
