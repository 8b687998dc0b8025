"""Connections to peers that answer in every odd way HTTP allows, and in some it does not."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvloop

from suuupra.kernel.problems import Late
from suuupra.platform.peers import MESSAGE_MAX_BYTES, Broken, NotReached, Peer
from tests.covers import covers

REQUEST = b"POST /x HTTP/1.1\r\nhost: house\r\ncontent-length: 2\r\n\r\nhi"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Owner:
    """Answers each request on each connection with the next of its texts; None hangs up."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers, self.connections = list(answers), 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while self.answers:
                await reader.readuntil(b"\r\n\r\nhi")
                answer = self.answers.pop(0)
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def peer_of(owner: Owner, path: Path) -> AsyncIterator[Peer]:
    peer = Peer(f"unix:{path}")
    async with await asyncio.start_unix_server(owner.talk, path):
        yield peer
        await peer.close()


@covers("PLT-4")
async def test_one_connection_serves_one_call_after_another(tmp_path: Path) -> None:
    owner = Owner(OK, OK, b"HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n")
    async with peer_of(owner, tmp_path / "s") as peer:
        answers = [await peer.post(REQUEST, 1) for _ in range(3)]
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"ok"), (200, b"ok"), (404, b"no")]
    assert owner.connections == 1


@covers("PLT-4")
async def test_calls_at_once_have_connections_of_their_own(tmp_path: Path) -> None:
    owner = Owner(*[OK] * 8)
    async with peer_of(owner, tmp_path / "s") as peer:
        await asyncio.gather(*(peer.post(REQUEST, 2) for _ in range(8)))
    assert owner.connections > 1


@covers("PLT-4")
@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
        OK + b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nextra",
        OK + b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf",
        OK + b"noise",
    ],
    ids=["says that it closes", "answers twice", "begins to answer twice", "goes on babbling"],
)
async def test_a_connection_that_is_spent_is_not_used_again(tmp_path: Path, first: bytes) -> None:
    owner = Owner(first, OK)
    async with peer_of(owner, tmp_path / "s") as peer:
        assert (await peer.post(REQUEST, 1)).body == b"ok"
        await asyncio.sleep(0.01)
        assert (await peer.post(REQUEST, 1)).body == b"ok"
    assert owner.connections == 2


@covers("PLT-4")
@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"this is not HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (MESSAGE_MAX_BYTES + 1)
        + bytes(MESSAGE_MAX_BYTES + 1),
    ],
    ids=["hangs up", "noise", "half", "too much"],
)
async def test_what_is_no_answer_is_broken(tmp_path: Path, answer: bytes | None) -> None:
    async with peer_of(Owner(answer), tmp_path / "s") as peer:
        with pytest.raises(Broken):
            await peer.post(REQUEST, 1)


@covers("PLT-4")
async def test_a_call_that_ran_out_of_time_takes_its_connection_along(tmp_path: Path) -> None:
    """Else its answer would be given to the next caller."""
    owner = Owner(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nla", OK)
    async with peer_of(owner, tmp_path / "s") as peer:
        with pytest.raises(Late):
            await peer.post(REQUEST, 0.05)
        assert (await peer.post(REQUEST, 1)).body == b"ok"
    assert owner.connections == 2


@covers("PLT-4")
async def test_an_idle_connection_that_the_peer_closed_is_noticed(tmp_path: Path) -> None:
    async with peer_of(Owner(OK), tmp_path / "s") as peer:
        await peer.post(REQUEST, 1)
    async with peer_of(Owner(OK), tmp_path / "s2") as again:
        peer._path = again._path
        assert (await peer.post(REQUEST, 1)).body == b"ok"
        await peer.close()


@covers("PLT-4")
@pytest.mark.parametrize("address", ["ftp://x", "x", "http://", "/path"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        Peer(address)


@covers("PLT-4")
async def test_nobody_listens(tmp_path: Path, free_port: int) -> None:
    for address in (f"unix:{tmp_path / 'none'}", f"http://127.0.0.1:{free_port}"):
        with pytest.raises(NotReached):
            await Peer(address).post(REQUEST, 1)


@covers("PLT-4")
def test_the_loop_of_production_does_it_too(tmp_path: Path) -> None:
    answers = []

    async def main() -> None:
        async with peer_of(Owner(OK, OK), tmp_path / "s") as peer:
            answers.extend([await peer.post(REQUEST, 1) for _ in range(2)])
            with pytest.raises(Broken):
                await peer.post(REQUEST, 1)

    thread = threading.Thread(target=lambda: uvloop.run(main()))
    thread.start()
    thread.join(10)
    assert [answer.body for answer in answers] == [b"ok", b"ok"]
