"""Forwards a request by HTTP, streamed both ways; a dead peer is known at once, and left to rest."""

import time
from collections.abc import AsyncIterator

import aiohttp
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from yarl import URL

from suuupra.kernel.call import current_call
from suuupra.kernel.problems import Unavailable, Upstream
from suuupra.platform.forward.statement import HEADER, PURPOSE, Forwarded
from suuupra.platform.keys import Seals
from suuupra.platform.observe.spans import traceparent_of

HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"),
        *("transfer-encoding", "upgrade", "content-length", "host"),
    }
)
REST_S = 1.0
CONNECT_S = 0.5
BLOCK_BYTES = 64 * 1024


class Forwarder:
    """Ways to other processes. `caller` signs what is stated about visitors."""

    def __init__(self, seals: Seals, caller: str = "gateway") -> None:
        self._seals = seals
        self._caller = caller
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._dead_until: dict[str, float] = {}

    def to(self, service: str, address: str) -> ASGIApp:
        """An ASGI app that answers with what the process at the address answers."""

        async def forward(scope: Scope, receive: Receive, send: Send) -> None:
            await self._forward(Request(scope, receive), service, address, send)

        return forward

    async def _forward(self, request: Request, service: str, address: str, send: Send) -> None:
        if self._dead_until.get(address, 0) > time.monotonic():
            raise Unavailable(retry_after_s=REST_S)
        session, base = self._session(address)
        target = URL(
            base + request.url.path + (f"?{request.url.query}" if request.url.query else ""), encoded=True
        )
        has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
        started = False
        try:
            async with session.request(
                request.method,
                target,
                headers=self._headers(request, service),
                data=body_of(request) if has_body else None,
                allow_redirects=False,
            ) as answer:
                headers = [
                    (name.lower(), value)
                    for name, value in answer.raw_headers
                    if name.decode().lower() not in HOP
                ]
                if "Content-Length" in answer.headers:
                    headers.append((b"content-length", answer.headers["Content-Length"].encode()))
                await send({"type": "http.response.start", "status": answer.status, "headers": headers})
                started = True
                async for block in answer.content.iter_any():
                    await send({"type": "http.response.body", "body": block, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except (aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError) as error:
            self._dead_until[address] = time.monotonic() + REST_S
            raise Unavailable("This part of the site is away for a moment.", retry_after_s=REST_S) from error
        except aiohttp.ClientError as error:
            if started:
                raise ConnectionAbortedError("the answer broke off") from error
            raise Upstream from error

    def _headers(self, request: Request, service: str) -> list[tuple[str, str]]:
        state = request.state
        statement = Forwarded(
            identified=state.identified,
            client=getattr(state, "address", ""),
            scheme=request.url.scheme,
            host=request.headers.get("host", ""),
            csrf=getattr(state, "csrf", ""),
        )
        sealed = self._seals.write(self._caller, service, PURPOSE, statement.to_wire().decode())
        kept = [
            (name, value)
            for name, value in Headers(scope=request.scope).items()
            if name not in HOP and not name.startswith("suuupra-") and name != "traceparent"
        ]
        call = current_call()
        own = [(HEADER, sealed), ("host", request.headers.get("host", ""))]
        if call.deadline is not None:
            own.append(("suuupra-deadline-ms", str(max(0, int(call.remaining_s() * 1000)))))
        if (parent := traceparent_of(call.trace)) is not None:
            own.append(("traceparent", parent))
        length = request.headers.get("content-length")
        return [*kept, *own, *([("content-length", length)] if length else [])]

    def _session(self, address: str) -> tuple[aiohttp.ClientSession, str]:
        is_unix = address.startswith("unix:")
        if address not in self._sessions:
            connector = (
                aiohttp.UnixConnector(address.removeprefix("unix:"), limit=0)
                if is_unix
                else aiohttp.TCPConnector(limit=0)
            )
            self._sessions[address] = aiohttp.ClientSession(
                connector=connector,
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
                read_bufsize=BLOCK_BYTES,
            )
        return self._sessions[address], "http://house" if is_unix else address.rstrip("/")

    async def close(self) -> None:
        """Give the connections back."""
        for session in self._sessions.values():
            await session.close()


async def body_of(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes; it waits for the other side to read."""
    async for block in request.stream():
        if block:
            yield block
