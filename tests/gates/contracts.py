"""What was public stays public: the built OpenAPI and event files of a commit, against those of an older one.

`python -m tests.gates.contracts COMMIT`. What we send may only grow, what we accept may only widen.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.gates.source import REPOSITORY

FOLDERS = ("docs/contracts", "docs/apis")
Json = dict[str, Any]
Way = Literal["sent", "accepted"]


@dataclass(frozen=True)
class Pair:
    """Two whole files, in which references are looked up, and how deep a comparison may go."""

    old: Json
    new: Json
    depth_max: int = 12

    def schemas(self, old: Json, new: Json, way: Way, where: str, depth: int = 0) -> Iterator[str]:
        old, new = _resolved(self.old, old), _resolved(self.new, new)
        if depth > self.depth_max:
            return
        if old.get("type") and new.get("type") and old["type"] != new["type"]:
            yield f"{where}: {old['type']} became {new['type']}"
            return
        yield from self._properties(old, new, way, where, depth)
        if way == "accepted" and "enum" in new:
            for value in _missing(old.get("enum", []), new["enum"]):
                yield f"{where}: {value!r} is no longer accepted"
        if "items" in old and "items" in new:
            yield from self.schemas(old["items"], new["items"], way, f"{where}[]", depth + 1)
        for before, after in zip(old.get("anyOf", []), new.get("anyOf", []), strict=False):
            yield from self.schemas(before, after, way, where, depth + 1)

    def _properties(self, old: Json, new: Json, way: Way, where: str, depth: int) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            if name not in after:
                yield f"{where}.{name} is gone"
            else:
                yield from self.schemas(schema, after[name], way, f"{where}.{name}", depth + 1)
        required_before, required_after = old.get("required", []), new.get("required", [])
        if way == "accepted":
            for name in _missing(required_after, required_before):
                yield f"{where}.{name} is newly required"
        else:
            for name in _missing(required_before, required_after):
                yield f"{where}.{name} is no longer always sent"

    def operations(self) -> Iterator[str]:
        """Every path and method of the old OpenAPI file."""
        for path, methods in self.old.get("paths", {}).items():
            for method, before in methods.items():
                where = f"{method.upper()} {path}"
                after = self.new.get("paths", {}).get(path, {}).get(method)
                if after is None:
                    yield f"{where} is gone"
                elif isinstance(before, dict) and isinstance(after, dict):
                    yield from self._operation(before, after, where)

    def _operation(self, old: Json, new: Json, where: str) -> Iterator[str]:
        before, after = _parameters(old), _parameters(new)
        for name, parameter in after.items():
            if parameter.get("required") and not before.get(name, {}).get("required"):
                yield f"{where}: parameter {name} is newly required"
        for name in _missing(list(before), list(after)):
            yield f"{where}: parameter {name} is gone"
        if new.get("requestBody", {}).get("required") and not old.get("requestBody", {}).get("required"):
            yield f"{where}: a body is newly required"
        yield from self._bodies(old.get("requestBody", {}), new.get("requestBody", {}), "accepted", where)
        for status, answer in old.get("responses", {}).items():
            if status not in new.get("responses", {}):
                yield f"{where}: {status} is no longer answered"
            else:
                yield from self._bodies(answer, new["responses"][status], "sent", f"{where} {status}")

    def _bodies(self, old: Json, new: Json, way: Way, where: str) -> Iterator[str]:
        after = new.get("content", {})
        for kind, body in old.get("content", {}).items():
            if kind not in after:
                yield f"{where}: {kind} is gone"
            else:
                yield from self.schemas(body.get("schema", {}), after[kind].get("schema", {}), way, where)


def breaks(old: Json, new: Json) -> list[str]:
    """What a client or a subscriber of `old` would miss in `new`."""
    pair = Pair(old, new)
    return [*pair.operations()] if "openapi" in old else [*pair.schemas(old, new, "sent", "event")]


def _resolved(whole: Json, schema: Json) -> Json:
    while "$ref" in schema:
        found = whole
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found.get(part, {})
        schema = found
    return schema


def _parameters(operation: Json) -> dict[str, Json]:
    return {f"{given.get('in')} {given.get('name')}": given for given in operation.get("parameters", [])}


def _missing(these: list[Any], those: list[Any]) -> list[Any]:
    return [one for one in these if one not in those]


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout


def since(commit: str, root: Path = REPOSITORY) -> Iterator[str]:
    for name in _git(root, "ls-tree", "-r", "--name-only", commit, "--", *FOLDERS).splitlines():
        if name.endswith(".json"):
            if not (root / name).exists():
                yield f"{name} is gone"
                continue
            old, new = (
                json.loads(_git(root, "show", f"{commit}:{name}")),
                json.loads((root / name).read_text()),
            )
            yield from (f"{name}: {line}" for line in breaks(old, new))


if __name__ == "__main__":
    found = list(since(sys.argv[1]))
    print("\n".join(found) or "What was public stays public.")
    sys.exit(bool(found))
