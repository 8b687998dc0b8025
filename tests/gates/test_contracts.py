"""A change of an API that takes something away is named; one that adds passes."""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.covers import covers
from tests.gates.contracts import breaks, since

Json = dict[str, Any]
AUTHOR = ("-c", "user.name=A", "-c", "user.email=a@example.org")
COURSE = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "level": {"type": "string", "enum": ["first", "second"]}},
    "required": ["title"],
}
API: Json = {
    "openapi": "3.1.0",
    "paths": {
        "/courses": {
            "post": {
                "parameters": [{"in": "query", "name": "dry", "required": False}],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/C"}}}
                },
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/C"}}}}
                },
            }
        }
    },
    "components": {"schemas": {"C": COURSE}},
}


def schema(api: Json) -> Json:
    found: Json = api["components"]["schemas"]["C"]
    return found


def post(api: Json) -> Json:
    found: Json = api["paths"]["/courses"]["post"]
    return found


TAKEN: dict[str, tuple[Callable[[Json], object], str]] = {
    "a path": (lambda api: api["paths"].pop("/courses"), "POST /courses is gone"),
    "a field": (lambda api: schema(api)["properties"].pop("title"), ".title is gone"),
    "a type": (
        lambda api: schema(api)["properties"]["title"].update(type="integer"),
        "string became integer",
    ),
    "a value": (lambda api: schema(api)["properties"]["level"].update(enum=["first"]), "no longer accepted"),
    "freedom": (lambda api: schema(api)["required"].append("level"), ".level is newly required"),
    "certainty": (lambda api: schema(api)["required"].clear(), ".title is no longer always sent"),
    "an answer": (lambda api: post(api)["responses"].pop("201"), "201 is no longer answered"),
    "a parameter": (lambda api: post(api)["parameters"].clear(), "parameter query dry is gone"),
    "a choice": (lambda api: post(api)["parameters"][0].update(required=True), "dry is newly required"),
    "a bodiless call": (
        lambda api: post(api)["requestBody"].update(required=True),
        "a body is newly required",
    ),
}


@covers("OPS-54", "PLT-15")
@pytest.mark.parametrize("what", TAKEN)
def test_what_is_taken_away_is_named(what: str) -> None:
    take, message = TAKEN[what]
    changed = copy.deepcopy(API)
    take(changed)
    assert any(message in line for line in breaks(API, changed))


@covers("OPS-54", "PLT-15")
def test_what_is_added_passes() -> None:
    changed = copy.deepcopy(API)
    schema(changed)["properties"]["language"] = {"type": "string"}
    changed["paths"]["/categories"] = {"get": {"responses": {"200": {}}}}
    assert breaks(API, changed) == []
    assert breaks(API, API) == []


@covers("OPS-54", "PLT-15")
def test_an_event_may_not_lose_a_field() -> None:
    assert breaks(COURSE, {"type": "object", "properties": {"title": {"type": "string"}}}) == [
        "event.level is gone",
        "event.title is no longer always sent",
    ]


@covers("OPS-54")
def test_the_files_of_a_tree_are_compared_with_those_of_a_commit(tmp_path: Path) -> None:
    folder = tmp_path / "docs" / "contracts"
    folder.mkdir(parents=True)
    (folder / "event.json").write_text(json.dumps(COURSE))
    (folder / "old.json").write_text("{}")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Before"]):
        subprocess.run(["git", *AUTHOR, *words], cwd=tmp_path, check=True)
    (folder / "event.json").write_text("{}")
    (folder / "old.json").unlink()
    assert "docs/contracts/event.json: event.title is gone" in list(since("HEAD", tmp_path))
    assert "docs/contracts/old.json is gone" in list(since("HEAD", tmp_path))
