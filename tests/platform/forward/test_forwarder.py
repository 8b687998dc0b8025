"""Two real processes' worth of HTTP: a door that forwards, and a service behind it."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from suuupra.kernel.auth import Identified, Principal
from suuupra.kernel.call import Call, calling
from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.problems import Problem, Unavailable
from suuupra.platform.forward import Forwarder, read_forwarded
from suuupra.platform.keys import FileKeys, Seals
from tests.covers import covers
from tests.platform.serving import serving

MIRA = Identified(principal=Principal(subject=UUID(int=7), kind="person"), name="Mira", csrf_secret="s")
ALL = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"]


class Service:
    """What stands behind the door; remembers what it saw."""

    def __init__(self, seals: Seals) -> None:
        self.seals, self.seen, self.left = seals, list[dict[str, Any]](), asyncio.Event()

    async def echo(self, request: Request) -> Response:
        body = await request.body()
        stated = read_forwarded(self.seals, request.headers, "vod")
        self.seen.append({"stated": stated, "body": body, "headers": request.headers, "url": request.url})
        return Response(body[::-1], 207, {"X-Note": "1", "ETag": '"a"'}, "text/x-note")

    async def cookies(self, _: Request) -> Response:
        answer = RedirectResponse("/elsewhere", 303)
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer

    async def events(self, _: Request) -> Response:
        async def stream() -> AsyncIterator[str]:
            try:
                for number in range(1000):
                    yield f"data: {number}\n\n"
                    await asyncio.sleep(0.02)
            finally:
                self.left.set()

        return StreamingResponse(stream(), media_type="text/event-stream")

    async def breaks(self, _: Request) -> Response:
        async def stream() -> AsyncIterator[bytes]:
            yield b"half of it"
            await asyncio.sleep(0.05)
            raise ConnectionResetError

        return StreamingResponse(stream(), headers={"Content-Length": "1000"})

    async def slow(self, _: Request) -> Response:
        await asyncio.sleep(30)
        return Response()

    def app(self) -> Starlette:
        paths: dict[str, Callable[[Request], Any]] = {
            "/cookies": self.cookies, "/events": self.events, "/breaks": self.breaks, "/slow": self.slow,
            "/{path:path}": self.echo,
        }  # fmt: skip
        return Starlette(routes=[Route(path, function, methods=ALL) for path, function in paths.items()])


@pytest.fixture
def seals(tmp_path: Path) -> Seals:
    clock = FrozenClock(datetime(2026, 11, 24, 12, tzinfo=UTC))
    return Seals(FileKeys(tmp_path / "keys"), clock)


@pytest.fixture
def service(seals: Seals) -> Service:
    return Service(seals)


@asynccontextmanager
async def door(
    seals: Seals, address: str, deadline_s: float | None = None
) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser in front of a door that knows Mira and forwards everything."""
    forwarder = Forwarder(seals)
    onward = forwarder.to("vod", address)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {}).update(identified=MIRA, csrf="token", address="203.0.113.9")
        deadline = time.monotonic() + deadline_s if deadline_s else None
        with calling(Call(deadline=deadline, trace="0af7651916cd43dd8448eb211c80319c")):
            try:
                await onward(scope, receive, send)
            except Problem as problem:
                await JSONResponse(problem.document(), problem.status)(scope, receive, send)

    async with serving(app) as where, httpx2.AsyncClient(base_url=where, trust_env=False) as client:
        yield client
    await forwarder.close()


@pytest.fixture(params=["unix", "tcp"])
async def client(
    request: pytest.FixtureRequest, seals: Seals, service: Service, tmp_path: Path
) -> AsyncIterator[httpx2.AsyncClient]:
    path = tmp_path / "vod.sock" if request.param == "unix" else None
    async with serving(service.app(), path) as address, door(seals, address) as made:
        yield made


@covers("PLT-1", "GW-13")
async def test_request_and_answer_arrive_unchanged(client: httpx2.AsyncClient, service: Service) -> None:
    path = "/a%20b/c%25d/%E0%A4%85?x=1&y=%2F&x=2"
    answer = await client.put(path, content=b"hello", headers={b"X-Mine": "é".encode(), b"Accept": b"text/x"})
    assert (answer.status_code, answer.content) == (207, b"olleh")
    assert (answer.headers["x-note"], answer.headers["etag"]) == ("1", '"a"')
    assert answer.headers["content-type"] == "text/x-note; charset=utf-8"
    (seen,) = service.seen
    assert (seen["url"].path, seen["url"].query) == ("/a b/c%d/अ", "x=1&y=%2F&x=2")
    assert seen["headers"]["accept"] == "text/x"
    assert seen["headers"]["x-mine"].encode("latin-1") == "é".encode()
    assert seen["headers"]["host"] == client.base_url.netloc.decode()
    assert seen["headers"]["traceparent"].startswith("00-0af7651916cd43dd8448eb211c80319c-")


@covers("PLT-9", "GW-13")
async def test_the_service_learns_who_asks_from_the_door_alone(
    client: httpx2.AsyncClient, service: Service
) -> None:
    claims = {
        "Suuupra-Principal": "me",
        "Suuupra-Forwarded": "owner",
        "Connection": "close, x-secret",
        "X-Secret": "1",
    }
    await client.get("/", headers=claims)
    (seen,) = service.seen
    assert seen["stated"].identified == MIRA
    assert (seen["stated"].client, seen["stated"].csrf) == ("203.0.113.9", "token")
    assert seen["stated"].host == client.base_url.netloc.decode()
    assert "suuupra-principal" not in seen["headers"]
    assert "x-secret" not in seen["headers"]


@covers("PLT-9", "GW-13")
def test_a_statement_is_for_one_service_one_minute_and_of_the_door(seals: Seals, tmp_path: Path) -> None:
    stated = '{"identified": {"name": "Mira"}}'

    def read(token: str, service: str = "vod") -> object:
        return read_forwarded(seals, Headers({"suuupra-forwarded": token}), service)

    good = seals.write("gateway", "vod", "forwarded", stated)
    assert read(good) is not None
    for token in (
        "",
        "x",
        seals.write("vod", "vod", "forwarded", stated),
        seals.write("gateway", "vod", "x", stated),
    ):
        assert read(token) is None
    assert read(good, "identity") is None
    assert read(seals.write("gateway", "vod", "forwarded", "{")) is None


@covers("GW-13")
async def test_cookies_redirects_and_heads_pass_as_they_are(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/cookies")
    assert (answer.status_code, answer.headers["location"]) == (303, "/elsewhere")
    assert [one.split(";")[0] for one in answer.headers.get_list("set-cookie")] == ["a=1", "b=2"]
    head = await client.head("/x")
    assert (head.status_code, head.content) == (207, b"")


@covers("GW-13")
async def test_a_large_body_streams_both_ways(client: httpx2.AsyncClient, service: Service) -> None:
    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield bytes(65536)

    answer = await client.post("/x", content=blocks())
    assert len(answer.content) == 64 * 65536
    assert service.seen[0]["headers"]["transfer-encoding"] == "chunked"


@covers("GW-13", "PLT-5")
async def test_events_come_as_they_are_said_and_end_when_the_visitor_leaves(
    client: httpx2.AsyncClient, service: Service
) -> None:
    async with client.stream("GET", "/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        found = aiter(answer.aiter_lines())
        started = time.monotonic()
        assert await anext(found) == "data: 0"
        assert time.monotonic() - started < 1
    await asyncio.wait_for(service.left.wait(), 3)


@covers("GW-13")
async def test_an_answer_that_breaks_off_never_looks_whole(client: httpx2.AsyncClient) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        await client.get("/breaks")


async def never(*_: Any) -> Any:
    raise AssertionError("nobody is spoken to")


@covers("GW-13", "PLT-4")
@pytest.mark.parametrize("kind", ["unix", "tcp"])
async def test_a_dead_peer_is_said_within_five_milliseconds(
    seals: Seals, tmp_path: Path, free_port: int, kind: str
) -> None:
    address = f"unix:{tmp_path / 'gone'}" if kind == "unix" else f"http://127.0.0.1:{free_port}"
    forwarder = Forwarder(seals)
    onward, taken = forwarder.to("vod", address), list[float]()
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "state": {"identified": MIRA}}
    for _ in range(9):
        started = time.perf_counter()
        with pytest.raises(Unavailable):
            await onward(scope, never, never)
        taken.append(time.perf_counter() - started)
    assert statistics.median(taken) < 0.005
    await forwarder.close()


@covers("GW-13", "PLT-4")
async def test_the_peer_comes_back_and_is_asked_again(seals: Seals, service: Service, tmp_path: Path) -> None:
    path = tmp_path / "vod.sock"
    async with door(seals, f"unix:{path}") as client:
        assert (await client.get("/x")).status_code == 503
        async with serving(service.app(), path):
            assert (await client.get("/x")).status_code == 207
        path.unlink()
        assert (await client.get("/x")).status_code in {502, 503}


@covers("GW-13", "PLT-4")
async def test_an_answer_that_does_not_come_in_time_is_late(seals: Seals, service: Service) -> None:
    async with serving(service.app()) as address, door(seals, address, deadline_s=0.1) as client:
        answer = await client.get("/slow")
        assert (answer.status_code, answer.json()["type"]) == (504, "/problems/kernel/late")
        assert (await client.get("/x")).status_code == 207
        left_ms = int(service.seen[0]["headers"]["suuupra-deadline-ms"])
        assert 0 < left_ms <= 100


@covers("GW-13")
async def test_what_is_no_http_is_a_bad_gateway(seals: Seals, tmp_path: Path) -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"this is not HTTP\r\n\r\n")
        await writer.drain()
        writer.close()

    path = tmp_path / "bad"
    async with await asyncio.start_unix_server(babble, path), door(seals, f"unix:{path}") as client:
        assert (await client.get("/x")).status_code == 502
