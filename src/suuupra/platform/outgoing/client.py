"""The kernel's HTTP client: bounded in time and size, each redirect judged like the first address."""

import asyncio
import time
from dataclasses import replace

import aiohttp
from yarl import URL

from suuupra.kernel.call import current_call
from suuupra.kernel.metrics import METRICS
from suuupra.kernel.problems import Late, Problem, Refused, Upstream
from suuupra.kernel.stores import HttpAnswer, HttpRequest
from suuupra.kernel.work import refuse_open_scope
from suuupra.platform.observe.spans import span
from suuupra.platform.outgoing.guard import AddressRefused, JudgingResolver, LookUp, check_url, system_look_up

REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEEPS_METHOD = frozenset({307, 308})
SECRETS = frozenset({"authorization", "cookie", "proxy-authorization"})
BLOCK_BYTES = 64 * 1024


class KernelHttp:
    """Implements the kernel's `Http`. `allowed_hosts` (`host` or `host:port`) stand in our own settings."""

    def __init__(self, allowed_hosts: frozenset[str] = frozenset(), look_up: LookUp = system_look_up) -> None:
        self._allowed = frozenset(host.lower() for host in allowed_hosts)
        self._look_up = look_up
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: HttpRequest) -> HttpAnswer:
        refuse_open_scope("outgoing HTTP")
        call = current_call()
        left_s = request.timeout_s if call.deadline is None else min(request.timeout_s, call.child_s())
        started, outcome = time.perf_counter(), "answered"
        try:
            with span("http out"):
                return await self._in_time(request, left_s)
        except Problem as problem:
            outcome = type(problem).__name__
            raise
        finally:
            METRICS.time("http_out", time.perf_counter() - started, outcome=outcome)

    async def _in_time(self, request: HttpRequest, left_s: float) -> HttpAnswer:
        limit = asyncio.timeout(left_s)
        try:
            async with limit:
                return await self._follow(request)
        except TimeoutError:
            if limit.expired():
                raise Late("The other side took too long.") from None
            raise Upstream("The other side cannot be reached.") from None
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, AddressRefused):
                raise Refused("This address cannot be asked.") from error
            raise Upstream("The other side cannot be reached.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Upstream("The other side answered badly.") from error

    async def _follow(self, request: HttpRequest) -> HttpAnswer:
        url = _url(request.url)
        for _ in range(request.redirects_max + 1):
            check_url(url, self._allowed)
            answer = await self._ask(request, url)
            target = answer.headers.get("Location")
            if answer.status not in REDIRECTS or target is None or request.redirects_max == 0:
                return answer
            following = url.join(_url(target))
            request, url = _redirected(request, answer.status, url, following), following
        raise Upstream("The other side sends us on too often.")

    async def _ask(self, request: HttpRequest, url: URL) -> HttpAnswer:
        headers = {"Accept-Encoding": "identity"} | dict(request.headers)
        async with self._opened().request(
            request.method, url, headers=headers, data=request.body or None, allow_redirects=False
        ) as response:
            body = bytearray()
            async for block in response.content.iter_chunked(BLOCK_BYTES):
                body += block
                if len(body) > request.size_max:
                    raise Upstream("The other side answered with too much.")
            return HttpAnswer(response.status, response.headers.copy(), bytes(body))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=JudgingResolver(self._allowed, self._look_up), use_dns_cache=False
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # a small answer may not become a large one
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return self._session

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _url(text: str) -> URL:
    try:
        return URL(text)
    except ValueError:
        raise Refused("This is not an address.") from None


def _redirected(request: HttpRequest, status: int, url: URL, following: URL) -> HttpRequest:
    """What is asked next (RFC 9110, 15.4): secrets stay with the origin they were meant for."""
    if url.scheme == "https" and following.scheme == "http":
        raise Refused("The other side sends us from a safe line to an open one.")
    headers = dict(request.headers)
    if following.origin() != url.origin():
        headers = {name: value for name, value in headers.items() if name.lower() not in SECRETS}
    if status in KEEPS_METHOD:
        return replace(request, headers=headers)
    headers = {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
    method = "HEAD" if request.method == "HEAD" else "GET"
    return replace(request, headers=headers, method=method, body=b"")
