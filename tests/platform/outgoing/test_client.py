"""The client against a real server that means harm."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from suuupra.kernel.call import Call, calling
from suuupra.kernel.problems import Late, Refused, Upstream
from suuupra.kernel.stores import HttpRequest
from suuupra.kernel.work import TransactionOpen, scoped
from suuupra.platform.outgoing import KernelHttp
from tests.covers import covers
from tests.platform.serving import serving


async def echo(request: Request) -> Response:
    body = await request.body()
    facts = {"method": request.method, "body": body.decode(), "headers": dict(request.headers)}
    return JSONResponse(facts)


async def redirect(request: Request) -> Response:
    return RedirectResponse(request.query_params["to"], int(request.query_params.get("status", 302)))


async def endless(_: Request) -> Response:
    async def blocks() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536
            await asyncio.sleep(0)

    return StreamingResponse(blocks())


async def slow(_: Request) -> Response:
    await asyncio.sleep(30)
    return Response()


async def bomb(_: Request) -> Response:
    return Response(gzip.compress(bytes(10_000_000)), headers={"Content-Encoding": "gzip"})


@pytest.fixture
async def site() -> AsyncIterator[str]:
    paths: dict[str, Callable[[Request], Any]] = {
        "/echo": echo, "/redirect": redirect, "/endless": endless, "/slow": slow, "/bomb": bomb,
    }  # fmt: skip
    routes = [Route(path, function, methods=["GET", "POST", "HEAD"]) for path, function in paths.items()]
    async with serving(Starlette(routes=routes)) as address:
        yield address


class Names:
    """A name server that says what it is told, in turn, and counts the questions."""

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        found = self.answers.get(host, [["127.0.0.1"]])
        return found.pop(0) if len(found) > 1 else found[0]


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
async def http(site: str, names: Names) -> AsyncIterator[KernelHttp]:
    """A client whose settings name the site."""
    made = KernelHttp(
        frozenset({site.removeprefix("http://"), f"friend.example:{site.rpartition(':')[2]}"}), names
    )
    yield made
    await made.close()


def get(url: str, **more: Any) -> HttpRequest:
    return HttpRequest("GET", url, **more)


@covers("PLT-9")
async def test_a_question_and_its_answer(http: KernelHttp, site: str) -> None:
    answer = await http.send(HttpRequest("POST", f"{site}/echo", {"X-Note": "1"}, b"hello"))
    assert answer.status == 200
    assert b'"method":"POST","body":"hello"' in answer.body
    assert answer.headers["content-type"] == "application/json"


@covers("PLT-9")
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://[::1]:1/",
        "http://metadata.internal/",
        "nonsense",
        "http://",
    ],
)
async def test_the_houses_own_network_is_refused(http: KernelHttp, url: str) -> None:
    with pytest.raises(Refused):
        await http.send(get(url))


@covers("PLT-9")
@pytest.mark.parametrize("disguise", ["127.1", "2130706433", "0x7f.1", "0177.0.0.1"])
async def test_an_address_written_oddly_is_seen_through(disguise: str) -> None:
    http = KernelHttp()
    with pytest.raises((Refused, Upstream)):
        await http.send(get(f"http://{disguise}:1/"))
    await http.close()


@covers("PLT-9")
async def test_one_private_address_among_public_ones_refuses_the_name(http: KernelHttp, names: Names) -> None:
    names.answers["mixed.example"] = [["8.8.8.8", "10.0.0.1"]]
    with pytest.raises(Refused):
        await http.send(get("http://mixed.example/"))


@covers("PLT-9")
async def test_a_second_answer_of_the_name_server_is_judged_anew(http: KernelHttp, names: Names) -> None:
    """The classic: public when it is checked, private when it is used."""
    names.answers["rebind.example"] = [["8.8.8.8"], ["127.0.0.1"]]
    with pytest.raises(RuntimeError, match=r"reached for 8\.8\.8\.8"):
        await http.send(get("http://rebind.example/"))
    with pytest.raises(Refused):
        await http.send(get("http://rebind.example/"))
    assert names.asked == ["rebind.example"] * 2


@covers("PLT-9")
@pytest.mark.parametrize("to", ["http://127.0.0.1:1/", "http://inside.example/", "http://[::1]/", "ftp://x/"])
async def test_a_redirect_to_the_houses_network_is_refused(http: KernelHttp, site: str, to: str) -> None:
    with pytest.raises(Refused):
        await http.send(get(f"{site}/redirect?to={to}", redirects_max=3))


@covers("PLT-9")
async def test_redirects_are_followed_as_far_as_was_asked(http: KernelHttp, site: str) -> None:
    there = f"{site}/redirect?to=/echo"
    assert (await http.send(get(there))).status == 302
    assert (await http.send(get(there, redirects_max=1))).status == 200
    with pytest.raises(Upstream, match="too often"):
        await http.send(get(f"{site}/redirect?to={there}", redirects_max=1))


@covers("PLT-9")
@pytest.mark.parametrize(("status", "method"), [(302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
async def test_secrets_stay_with_their_origin(http: KernelHttp, site: str, status: int, method: str) -> None:
    port = site.rpartition(":")[2]
    headers = {"Authorization": "Bearer x", "Cookie": "a=b", "X-Note": "kept", "Content-Type": "text/plain"}
    for host, keeps in ((site, True), (f"http://friend.example:{port}", False)):
        url = f"{site}/redirect?status={status}&to={host}/echo"
        answer = await http.send(HttpRequest("POST", url, headers, b"body", redirects_max=1))
        told = answer.body.decode()
        assert f'"method":"{method}"' in told
        assert ('"body":"body"' in told) == (method == "POST")
        assert ("Bearer x" in told) == ("a=b" in told) == keeps
        assert "kept" in told


@covers("PLT-9")
async def test_time_and_size_have_an_end(http: KernelHttp, site: str) -> None:
    started = time.monotonic()
    with pytest.raises(Late):
        await http.send(get(f"{site}/slow", timeout_s=0.1))
    with calling(Call(deadline=time.monotonic() + 0.1)), pytest.raises(Late):
        await http.send(get(f"{site}/slow", timeout_s=30))
    assert time.monotonic() - started < 1
    with pytest.raises(Upstream, match="too much"):
        await http.send(get(f"{site}/endless", size_max=200_000))


@covers("PLT-9")
async def test_a_small_answer_does_not_become_a_large_one(http: KernelHttp, site: str) -> None:
    assert len((await http.send(get(f"{site}/bomb"))).body) < 64_000


@covers("PLT-9")
async def test_a_broken_party(http: KernelHttp, site: str, free_port: int) -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"this is not HTTP\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    broken = KernelHttp(frozenset({f"127.0.0.1:{free_port}"}))
    with pytest.raises(Upstream):
        await broken.send(get(f"http://127.0.0.1:{free_port}/"))
    async with await asyncio.start_server(babble, "127.0.0.1", free_port):
        with pytest.raises(Upstream):
            await broken.send(get(f"http://127.0.0.1:{free_port}/"))
    await broken.close()


@covers("PLT-9")
@pytest.mark.parametrize("kind", ["unit", "read"])
async def test_nothing_goes_out_inside_a_unit(http: KernelHttp, site: str, kind: str) -> None:
    with scoped(kind), pytest.raises(TransactionOpen):
        await http.send(get(f"{site}/echo"))
