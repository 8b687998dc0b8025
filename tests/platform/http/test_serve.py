"""The owner's side alone: what is refused before anything runs, and what leaves the house."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import structlog
from starlette.applications import Starlette
from structlog.testing import LogCapture

from suuupra.kernel.auth import Principal
from suuupra.kernel.clock import FrozenClock
from suuupra.platform.http import serve, serve_port
from suuupra.platform.http.wire import PRINCIPAL, SERVICE
from suuupra.platform.keys import Seals
from suuupra.platform.peers import MESSAGE_MAX_BYTES
from tests.covers import covers
from tests.platform.http.small import UNDECLARED, Librarian, Shelves

FIND = "/ports/library/Shelves/find"


@pytest.fixture
async def client(librarian: Librarian, seals: Seals) -> AsyncIterator[httpx2.AsyncClient]:
    routes = serve_port(Shelves, lambda: librarian, "library", seals, frozenset({"reader"}))
    transport = httpx2.ASGITransport(app=Starlette(routes=routes))
    headers = {SERVICE: seals.write("reader", "library", SERVICE)}
    async with httpx2.AsyncClient(transport=transport, base_url="http://house", headers=headers) as made:
        yield made


@covers("PLT-1")
@pytest.mark.parametrize(
    ("message", "status", "pointer"),
    [
        ({"title": "Godan", "weight": "NaN"}, 422, "/weight"),
        ({"title": "Godan", "at": "2026-11-24T12:00:00"}, 422, "/at"),
        ({"title": 7}, 422, "/title"),
        ({}, 422, "/title"),
        ({"title": "Godan", "colour": "red"}, 503, "/colour"),
    ],
)
async def test_a_message_that_does_not_fit_is_refused_with_its_pointer(
    client: httpx2.AsyncClient, librarian: Librarian, message: dict[str, Any], status: int, pointer: str
) -> None:
    answer = await client.post(FIND, content=json.dumps(message))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert librarian.calls == []


@covers("PLT-1")
@pytest.mark.parametrize("body", [b'{"title": "Godan", "weight": NaN}', b"{", b"\xff", b"[]"])
async def test_what_is_no_message_is_refused(client: httpx2.AsyncClient, body: bytes) -> None:
    assert (await client.post(FIND, content=body)).status_code == 422


@covers("PLT-4")
async def test_an_unknown_field_means_another_release(client: httpx2.AsyncClient) -> None:
    answer = await client.post(FIND, content=b'{"title": "Godan", "colour": "red"}')
    assert answer.json()["type"] == "/problems/kernel/contract-mismatch"


@covers("PLT-4")
async def test_more_than_a_megabyte_is_too_large(client: httpx2.AsyncClient, librarian: Librarian) -> None:
    body = b'{"title": "' + b"x" * MESSAGE_MAX_BYTES + b'"}'
    assert (await client.post(FIND, content=body)).status_code == 413

    async def dripping() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    assert (await client.post(FIND, content=dripping())).status_code == 413
    assert librarian.calls == []


@covers("PLT-4")
@pytest.mark.parametrize(("left", "status"), [("0", 504), ("-5", 504), ("nan", 504), ("soon", 422)])
async def test_a_late_arrival_is_not_run(
    client: httpx2.AsyncClient, librarian: Librarian, left: str, status: int
) -> None:
    answer = await client.post(FIND, content=b'{"title": "Godan"}', headers={"Suuupra-Deadline-Ms": left})
    assert answer.status_code == status
    assert librarian.calls == []


@covers("PLT-4")
async def test_work_is_stopped_at_the_callers_deadline(
    client: httpx2.AsyncClient, librarian: Librarian
) -> None:
    librarian.delay_s = 30
    answer = await client.post(FIND, content=b'{"title": "Godan"}', headers={"Suuupra-Deadline-Ms": "20"})
    assert (answer.status_code, answer.json()["type"]) == (504, "/problems/kernel/late")


@covers("PLT-9")
@pytest.mark.parametrize("case", ["missing", "forged", "other audience", "other purpose", "expired"])
async def test_a_caller_that_proves_nothing_is_turned_away(
    client: httpx2.AsyncClient, librarian: Librarian, seals: Seals, clock: FrozenClock, case: str
) -> None:
    good = seals.write("reader", "library", SERVICE)
    token = {
        "missing": "",
        "forged": good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"),
        "other audience": seals.write("reader", "archive", SERVICE),
        "other purpose": seals.write("reader", "library", PRINCIPAL),
        "expired": good,
    }[case]
    clock.advance(61 if case == "expired" else 0)
    answer = await client.post(FIND, content=b'{"title": "Godan"}', headers={SERVICE: token})
    assert answer.status_code == 401
    assert librarian.calls == []


@covers("PLT-9")
async def test_a_service_whose_manifest_does_not_name_the_port_is_refused(
    client: httpx2.AsyncClient, librarian: Librarian, seals: Seals
) -> None:
    headers = {SERVICE: seals.write("gossip", "library", SERVICE)}
    answer = await client.post(FIND, content=b'{"title": "Godan"}', headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/platform/caller-refused")
    assert librarian.calls == []


@covers("PLT-9")
async def test_a_principal_counts_only_under_the_seal_of_the_caller(
    client: httpx2.AsyncClient, librarian: Librarian, seals: Seals
) -> None:
    owner = Principal(kind="service", service="admin").to_wire().decode()
    stolen = seals.write("admin", "library", PRINCIPAL, owner)
    answer = await client.post(FIND, content=b'{"title": "Godan"}', headers={PRINCIPAL: stolen})
    assert answer.status_code == 403
    assert librarian.calls == []


@covers("PLT-1", "PLT-12")
@pytest.mark.parametrize("bug", [KeyError("mira@example.org"), UNDECLARED("mira@example.org")])
async def test_a_bug_is_logged_once_and_leaves_its_title_alone(
    client: httpx2.AsyncClient, librarian: Librarian, bug: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    captured = LogCapture()
    monkeypatch.setattr(serve, "log", structlog.wrap_logger(None, [captured]))
    librarian.failures.append(bug)
    answer = await client.post(FIND, content=b'{"title": "Godan"}')
    errors = [line["event"] for line in captured.entries if line["log_level"] in {"error", "exception"}]
    assert errors == ["port.failed"]
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "/problems/kernel/problem",
        "title": "Something went wrong",
        "status": 500,
    }


@covers("PLT-4")
async def test_fields_at_their_default_are_not_sent(client: httpx2.AsyncClient) -> None:
    answer = await client.post(FIND, content=b'{"title": "Godan"}')
    assert answer.json() == {"title": "Godan", "pages": 100}
