"""Inputs made from the OpenAPI files, sent through the door by a teacher: none of them may break anything.

Schemathesis makes the cases (it derives them from each schema, right ones and wrong ones); they are sent
through the same ASGI client as in every other test, so that they meet the door, the session and the token.
"""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample, Unsatisfiable
from schemathesis import GenerationMode

from tests import postgres
from tests.contracts.standing import Standing, standing
from tests.covers import covers

APIS = sorted((Path(__file__).parents[2] / "docs" / "apis").glob("*.json"))
SPARED = frozenset({("delete", "/api/v1/me/sessions"), ("put", "/api/v1/me/password")})
"""They would end the session of whoever sends."""
SENT_HEADERS = frozenset({"content-type", "if-match", "if-none-match", "idempotency-key", "accept"})
PER_OPERATION = 3


@pytest.fixture(scope="module")
async def inside(postgres_server: postgres.Server) -> AsyncIterator[Standing]:
    async with standing(postgres_server) as found:
        yield found


def cases(file: Path) -> Iterator[Any]:
    """A few requests for each operation: first what the schema allows, then what it forbids."""
    schema = schemathesis.openapi.from_dict(json.loads(file.read_text(encoding="utf-8")))
    chosen = settings(
        max_examples=PER_OPERATION,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]  # a broken schema fails the test
        if (operation.method.lower(), operation.path) in SPARED:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            made: list[Any] = []

            def kept(case: Any, made: list[Any] = made) -> bool:
                made.append(case)
                return False

            try:
                find(operation.as_strategy(generation_mode=mode), kept, settings=chosen)
            except (NoSuchExample, Unsatisfiable):
                yield from made


@covers("GW-1", "GW-6", "PLT-15")
@pytest.mark.parametrize("file", APIS, ids=[file.stem for file in APIS])
async def test_nothing_that_a_schema_can_mean_breaks_the_house(inside: Standing, file: Path) -> None:
    teacher = inside.people["teacher"]
    sent, wrong = 0, []
    for case in cases(file):
        wire = case.as_transport_kwargs(base_url="http://suuupra.test")
        headers = {k: str(v) for k, v in (wire["headers"] or {}).items() if k.lower() in SENT_HEADERS}
        headers = {k: v for k, v in headers.items() if v.isascii() and v.isprintable()}
        body = {name: wire[name] for name in ("json", "content") if wire.get(name) is not None}
        if isinstance(wire.get("data"), bytes | str):
            body["content"] = wire["data"]
        answer = await teacher.client.request(
            wire["method"],
            urlsplit(wire["url"]).path,
            params=wire.get("params"),
            headers={"accept": "application/json", **headers, "x-csrf-token": teacher.token},
            **body,
        )
        sent += 1
        if answer.status_code >= 500:
            wrong.append(f"{case.method} {answer.url} {body}: {answer.text[:300]}")
    assert sent > 4
    assert not wrong, "\n".join(wrong[:10])
    await teacher.get("/api/v1/me")
