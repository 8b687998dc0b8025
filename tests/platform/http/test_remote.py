"""The caller's side alone: retries, breaker, bulkhead, and what a broken peer looks like."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.call import Call, calling
from suuupra.kernel.problems import ContractMismatch, Late, OutcomeUnknown, Problem, TooLarge, Unavailable
from suuupra.platform.http import RemoteFault, RemotePorts, serve_port
from suuupra.platform.keys import Seals
from suuupra.platform.peers.shield import CALLS_MIN, IN_FLIGHT_MAX, WAITING_MAX
from tests.covers import covers
from tests.platform.http.small import AWAY, Book, FindBook, LendBook, Librarian, ShelfLocked, Shelves
from tests.platform.serving import serving

GODAN = FindBook(title="Godan")
LEND = LendBook(title="Godan")


@pytest.fixture
def far(ports: RemotePorts, address: str) -> Shelves:
    return ports.bind(Shelves, "library", address, "reader")


@contextlib.asynccontextmanager
async def answering(body: bytes, status: int = 200) -> AsyncIterator[tuple[str, list[str]]]:
    """A peer that answers everything alike; its address, and what it was asked."""
    seen: list[str] = []

    async def answer(request: Request) -> Response:
        seen.append(request.url.path)
        return Response(body, status)

    async with serving(Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])) as address:
        yield address, seen


@contextlib.asynccontextmanager
async def hanging_up(path: Path) -> AsyncIterator[list[int]]:
    """A peer that takes each request and closes the connection; how many there were."""
    seen: list[int] = []

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            seen.append(1)
        writer.close()

    server = await asyncio.start_unix_server(hang_up, path)
    async with server:
        yield seen


@covers("PLT-4")
async def test_a_query_is_tried_again_while_the_owner_is_away(far: Shelves, librarian: Librarian) -> None:
    librarian.failures += [AWAY(), AWAY()]
    assert await far.find(GODAN) == Book(title="Godan", pages=100)
    assert len(librarian.calls) == 3


@covers("PLT-4")
async def test_after_three_tries_the_owner_is_away(far: Shelves, librarian: Librarian) -> None:
    librarian.failures += [AWAY(retry_after_s=7)] * 5
    with pytest.raises(Unavailable) as caught:
        await far.find(GODAN)
    assert (len(librarian.calls), caught.value.retry_after_s) == (3, 7)


@covers("PLT-4")
async def test_a_command_is_tried_again_under_a_key_alone(far: Shelves, librarian: Librarian) -> None:
    librarian.failures += [AWAY()]
    with pytest.raises(Unavailable):
        await far.lend(LEND)
    assert len(librarian.calls) == 1
    librarian.failures += [AWAY()]
    with calling(Call(idempotency_key="k")):
        await far.lend(LEND)
    assert len(librarian.calls) == 3


@covers("PLT-4")
async def test_a_business_no_is_never_tried_again(far: Shelves, librarian: Librarian) -> None:
    librarian.failures += [ShelfLocked()]
    with calling(Call(idempotency_key="k")), pytest.raises(ShelfLocked):
        await far.lend(LEND)
    assert len(librarian.calls) == 1


@covers("PLT-4")
async def test_retries_stay_within_a_fifth_of_all_calls(far: Shelves, librarian: Librarian) -> None:
    for number in range(150):
        librarian.failures += [AWAY()] if number % 3 == 0 else []
        with contextlib.suppress(Unavailable):
            await far.find(GODAN)
        librarian.failures.clear()
    assert 150 + 25 <= len(librarian.calls) <= 150 * 1.2 + 3


@covers("PLT-4")
async def test_nobody_there(ports: RemotePorts, tmp_path: Path) -> None:
    gone = ports.bind(Shelves, "library", f"unix:{tmp_path / 'gone.sock'}", "reader")
    started = time.perf_counter()
    with pytest.raises(Unavailable):
        await gone.lend(LEND)
    assert time.perf_counter() - started < 0.1


@covers("PLT-4", "PLT-17")
async def test_a_connection_lost_after_the_command_left_leaves_its_outcome_open(
    ports: RemotePorts, tmp_path: Path
) -> None:
    async with hanging_up(tmp_path / "bad.sock") as seen:
        bad = ports.bind(Shelves, "library", f"unix:{tmp_path / 'bad.sock'}", "reader")
        with pytest.raises(OutcomeUnknown):
            await bad.lend(LEND)
        assert len(seen) == 1
        with pytest.raises(Unavailable):
            await bad.find(GODAN)
        assert len(seen) == 4


@covers("PLT-4")
async def test_the_callers_clock_ends_a_call(far: Shelves, librarian: Librarian) -> None:
    librarian.delay_s = 30
    started = time.monotonic()
    with calling(Call(deadline=started + 0.15)), pytest.raises(Late):
        await far.find(GODAN)
    assert time.monotonic() - started < 0.5


@covers("PLT-4")
async def test_the_breaker_opens_and_spares_the_sick(ports: RemotePorts) -> None:
    async with answering(b"[]", 500) as (address, seen):
        sick = ports.bind(Shelves, "library", address, "reader")
        for _ in range(CALLS_MIN):
            with pytest.raises(RemoteFault):
                await sick.find(GODAN)
        with pytest.raises(Unavailable) as caught:
            await sick.find(GODAN)
    assert caught.value.retry_after_s is not None
    assert 3 < caught.value.retry_after_s <= 5
    assert len(seen) == CALLS_MIN


@covers("PLT-4")
async def test_sixty_four_in_flight_as_many_waiting_and_no_more(far: Shelves, librarian: Librarian) -> None:
    librarian.delay_s = 0.2
    calls = [far.find(GODAN) for _ in range(IN_FLIGHT_MAX + WAITING_MAX + 5)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Problem)]
    assert [type(answer) for answer in refused] == [Unavailable] * 5
    assert len(librarian.calls) == IN_FLIGHT_MAX + WAITING_MAX


@covers("PLT-4")
async def test_a_place_that_does_not_come_in_time(far: Shelves, librarian: Librarian) -> None:
    librarian.delay_s = 0.3
    busy = [asyncio.create_task(far.find(GODAN)) for _ in range(IN_FLIGHT_MAX)]
    await asyncio.sleep(0.05)
    with calling(Call(deadline=time.monotonic() + 0.1)), pytest.raises(Late):
        await far.find(GODAN)
    await asyncio.gather(*busy)


@covers("PLT-4")
async def test_an_answer_of_a_newer_release_is_a_contract_mismatch(ports: RemotePorts) -> None:
    async with answering(b'{"title": "Godan", "colour": "red"}') as (address, _):
        with pytest.raises(ContractMismatch):
            await ports.bind(Shelves, "library", address, "reader").find(GODAN)


@covers("PLT-4")
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (409, b'{"type": "/problems/cellar/flooded", "title": "Flooded"}'),
        (502, b"<html>Bad gateway</html>"),
        (500, b"[]"),
    ],
)
async def test_what_the_port_does_not_declare_is_a_fault(
    ports: RemotePorts, status: int, body: bytes
) -> None:
    async with answering(body, status) as (address, _):
        with pytest.raises(RemoteFault, match=str(status)):
            await ports.bind(Shelves, "library", address, "reader").find(GODAN)


@covers("PLT-4")
async def test_no_message_of_more_than_a_megabyte_leaves_or_arrives(ports: RemotePorts) -> None:
    async with answering(json.dumps({"title": "x" * 2_000_000}).encode()) as (address, seen):
        far = ports.bind(Shelves, "library", address, "reader")
        with pytest.raises(TooLarge):
            await far.lend(LendBook(title="x" * 2_000_000))
        assert seen == []
        with pytest.raises(OutcomeUnknown):
            await far.lend(LEND)


@covers("PLT-9")
async def test_a_service_that_is_not_admitted_gets_a_fault(ports: RemotePorts, address: str) -> None:
    with pytest.raises(RemoteFault, match="may not call"):
        await ports.bind(Shelves, "library", address, "gossip").find(GODAN)


@covers("PLT-1")
async def test_over_tcp_and_at_the_end_of_a_very_long_path(
    ports: RemotePorts, librarian: Librarian, seals: Seals, tmp_path: Path
) -> None:
    app = Starlette(routes=serve_port(Shelves, lambda: librarian, "library", seals, frozenset({"reader"})))
    deep = tmp_path / ("deep" * 20) / ("deeper" * 10)
    deep.mkdir(parents=True)
    for path in (None, deep / "library.sock"):
        async with serving(app, path) as address:
            assert await ports.bind(Shelves, "library", address, "reader").find(GODAN) is not None
