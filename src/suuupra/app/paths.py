"""Which service a public path belongs to, from the manifests alone: a process need not hold it."""

import re
from collections.abc import Sequence

from suuupra.kernel.manifest import Manifest

SEGMENT = "[^/]+"


class PathTable:
    """Literal segments win over named ones, named ones over the rest."""

    def __init__(self, manifests: Sequence[Manifest]) -> None:
        pairs = [(path, manifest.name) for manifest in manifests for path in manifest.paths]
        pairs.sort(key=lambda pair: specificity(pair[0]), reverse=True)
        self._patterns = [(re.compile(pattern_of(path)), name) for path, name in pairs]

    def service_of(self, path: str) -> str | None:
        """The owner, or None for a path that nobody has."""
        return next((name for pattern, name in self._patterns if pattern.fullmatch(path)), None)


def pattern_of(path: str) -> str:
    """`/a/{b}/*` as a regular expression."""
    parts = [
        ".*" if part == "*" else SEGMENT if part.startswith("{") else re.escape(part)
        for part in path.split("/")
    ]
    return "/".join(parts)


def specificity(path: str) -> list[int]:
    """Compared segment by segment: 2 literal, 1 named, 0 the rest."""
    return [0 if part == "*" else 1 if part.startswith("{") else 2 for part in path.split("/")]
