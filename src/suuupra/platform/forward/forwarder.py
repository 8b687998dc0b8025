"""Sends a visitor's request on to the process where its service lives, streamed both ways.

A dead peer is said at once; an answer that breaks off cuts the visitor's line too, so that half of it
never looks like all. What the visitor claims in `Suuupra-*` headers stays behind.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import aiohttp
from starlette.types import ASGIApp, Receive, Scope, Send
from yarl import URL

from suuupra.kernel.call import current_call
from suuupra.kernel.metrics import METRICS
from suuupra.kernel.problems import Late, Problem, Unavailable, Upstream
from suuupra.platform.forward.statement import HEADER, PURPOSE, Forwarded
from suuupra.platform.keys import Seals
from suuupra.platform.observe.spans import span, traceparent_of
from suuupra.platform.unix import short

HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    b"transfer-encoding upgrade".split()
)
OURS = (b"suuupra-", b"traceparent")
REST_S = 1.0
CONNECT_S = 0.5
IDLE_MAX_S = 4.0
BLOCK_BYTES = 64 * 1024


class Forwarder:
    """Ways to other processes. `caller` signs what is stated about visitors."""

    def __init__(self, seals: Seals, caller: str = "gateway") -> None:
        self._seals = seals
        self._caller = caller
        self._peers: dict[str, tuple[URL, aiohttp.ClientSession]] = {}
        self._rests_until: dict[str, float] = {}
        self._cleanup = contextlib.ExitStack()

    def to(self, service: str, address: str) -> ASGIApp:
        """An ASGI app that answers with what the process at `unix:/path` or `http://host:port` answers.

        `Unavailable` (nobody there), `Late` (no answer before the deadline), `Upstream` (no HTTP).
        """

        async def forward(scope: Scope, receive: Receive, send: Send) -> None:
            started, status = time.perf_counter(), "cut"
            passage = Passage(scope, receive, send)
            try:
                with span("forward", service=service):
                    status = str(await self._forward(passage, service, address))
            except Problem as problem:
                status = str(problem.status)
                raise
            finally:
                METRICS.time("forwarded", time.perf_counter() - started, service=service, status=status)

        return forward

    async def _forward(self, passage: "Passage", service: str, address: str) -> int:
        if self._rests_until.get(address, 0) > time.monotonic():
            raise Unavailable(retry_after_s=REST_S)
        base, session = self._peer(address)
        url = base.join(URL(passage.target(), encoded=True))
        method, headers = passage.scope["method"], [*passage.headers(), *self._statement(passage, service)]
        call = current_call()
        limit = asyncio.timeout(None if call.deadline is None else max(0, call.remaining_s()))
        try:
            async with limit:
                answer = await session.request(
                    method, url, headers=headers, data=passage.body(), allow_redirects=False
                )
            async with answer:
                await passage.answer_with(answer)
                return answer.status
        except TimeoutError:
            if limit.expired():
                raise Late from None
            self._rests_until[address] = time.monotonic() + REST_S  # the way is blocked: ask no more for now
            raise Unavailable(retry_after_s=REST_S) from None
        except aiohttp.ClientConnectorError as error:
            raise Unavailable(retry_after_s=REST_S) from error
        except aiohttp.ClientError as error:
            if passage.has_begun:
                raise ConnectionAbortedError(f"the answer of {service} broke off") from error
            raise Upstream from error

    def _statement(self, passage: "Passage", service: str) -> list[tuple[str, str]]:
        stated = passage.stated()
        headers = [(HEADER, self._seals.write(self._caller, service, PURPOSE, stated.to_wire().decode()))]
        call = current_call()
        if call.deadline is not None:
            headers.append(("suuupra-deadline-ms", str(max(1, int(call.remaining_s() * 1000)))))
        if traceparent := traceparent_of(call.trace):
            headers.append(("traceparent", traceparent))
        return headers

    def _peer(self, address: str) -> tuple[URL, aiohttp.ClientSession]:
        if address not in self._peers:
            scheme, _, rest = address.partition(":")
            connector: aiohttp.BaseConnector
            if scheme == "unix":
                path = self._cleanup.enter_context(short(Path(rest)))
                connector = aiohttp.UnixConnector(path, limit=0, keepalive_timeout=IDLE_MAX_S)
            else:
                connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_MAX_S, ttl_dns_cache=10)
            session = aiohttp.ClientSession(
                connector=connector,
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
                read_bufsize=BLOCK_BYTES,
            )
            base = URL("http://house/" if scheme == "unix" else f"{address.rstrip('/')}/")
            self._peers[address] = base, session
        return self._peers[address]

    async def close(self) -> None:
        """Give the connections back."""
        for _, session in self._peers.values():
            await session.close()
        self._cleanup.close()


class Passage:
    """One visitor's request on its way in, and the answer on its way out."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.has_begun = False
        self._receive = receive
        self._send = send
        self._body_is_read = asyncio.Event()

    def target(self) -> str:
        """The path as the door normalised it, and the query as it came."""
        query = self.scope.get("query_string", b"").decode("latin-1")
        path = quote(self.scope["path"].lstrip("/"), safe="/:@!$&'()*+,;=~")
        return f"/{path}?{query}" if query else f"/{path}"

    def headers(self) -> list[tuple[str, str]]:
        """What the visitor sent, without what is for one hop or only ours to say."""
        raw: list[tuple[bytes, bytes]] = self.scope["headers"]
        named = {
            part.strip() for name, value in raw if name == b"connection" for part in value.lower().split(b",")
        }
        return [
            (name.decode("latin-1"), _text(value))
            for name, value in raw
            if name not in HOP and name not in named and not name.startswith(OURS)
        ]

    def stated(self) -> Forwarded:
        """What the door knows of the visitor."""
        state = self.scope.get("state", {})
        host = next((value for name, value in self.scope["headers"] if name == b"host"), b"")
        return Forwarded(
            identified=state["identified"],
            client=state.get("address", ""),
            scheme=self.scope.get("scheme", "http"),
            host=_text(host),
            csrf=state.get("csrf", ""),
        )

    def body(self) -> AsyncIterator[bytes] | None:
        """The body as it comes; it waits for the other side to read. None where there is none."""
        names = {name for name, _ in self.scope["headers"]}
        if names & {b"content-length", b"transfer-encoding"}:
            return self._blocks()
        self._body_is_read.set()
        return None

    async def _blocks(self) -> AsyncIterator[bytes]:
        try:
            more = True
            while more:
                event = await self._receive()
                if event["type"] == "http.disconnect":
                    raise ConnectionAbortedError("the visitor left")
                if body := event.get("body"):
                    yield body
                more = event.get("more_body", False)
        finally:
            self._body_is_read.set()

    async def answer_with(self, answer: aiohttp.ClientResponse) -> None:
        """Pass it on as it comes, until it ends or the visitor leaves."""
        headers = [(name.lower(), value) for name, value in answer.raw_headers if name.lower() not in HOP]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})
        self.has_begun = True
        leaving = asyncio.create_task(self._visitor_leaves())
        sending = asyncio.create_task(self._pass_on(answer))
        try:
            await asyncio.wait({leaving, sending}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (leaving, sending):
                task.cancel()
            await asyncio.gather(leaving, sending, return_exceptions=True)

    async def _pass_on(self, answer: aiohttp.ClientResponse) -> None:
        async for block in answer.content.iter_any():
            await self._send({"type": "http.response.body", "body": block, "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})

    async def _visitor_leaves(self) -> None:
        await self._body_is_read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _text(value: bytes) -> str:
    """As the client will encode it again: browsers send UTF-8, the standard means Latin-1."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
