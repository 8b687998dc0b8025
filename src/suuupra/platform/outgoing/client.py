"""The kernel's HTTP client: bounded in time and size, each redirect judged like the first address."""

import asyncio

import aiohttp
from yarl import URL

from suuupra.kernel.problems import Late, Refused, Upstream
from suuupra.kernel.stores import HttpAnswer, HttpRequest
from suuupra.kernel.work import refuse_open_scope
from suuupra.platform.outgoing.guard import AddressRefused, PinnedResolver, check_url

REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEEPS_METHOD = frozenset({307, 308})


class KernelHttp:
    """Implements the kernel's `Http`. `allowed_hosts` are hosts of settings that may be private."""

    def __init__(self, allowed_hosts: frozenset[str] = frozenset()) -> None:
        self._allowed = allowed_hosts
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: HttpRequest) -> HttpAnswer:
        refuse_open_scope("outgoing HTTP")
        try:
            async with asyncio.timeout(request.timeout_s):
                return await self._follow(request)
        except TimeoutError:
            raise Late("The other side took too long.") from None
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, AddressRefused):
                raise Refused("This address cannot be asked.") from error
            raise Upstream("The other side cannot be reached.") from error
        except aiohttp.ClientError as error:
            raise Upstream("The other side answered badly.") from error

    async def _follow(self, request: HttpRequest) -> HttpAnswer:
        url, method, body = URL(request.url), request.method, request.body
        for _ in range(request.redirects_max + 1):
            check_url(url, self._allowed)
            answer = await self._ask(request, method, url, body)
            target = answer.headers.get("Location")
            if answer.status not in REDIRECTS or target is None or not request.redirects_max:
                return answer
            url = url.join(URL(target))
            if answer.status not in KEEPS_METHOD:
                method, body = "GET", b""
        raise Upstream("The other side sends us around in circles.")

    async def _ask(self, request: HttpRequest, method: str, url: URL, body: bytes) -> HttpAnswer:
        session = self._opened()
        async with session.request(
            method, url, headers=dict(request.headers), data=body or None, allow_redirects=False
        ) as response:
            read = bytearray()
            async for block in response.content.iter_chunked(64 * 1024):
                read += block
                if len(read) > request.size_max:
                    raise Upstream("The other side answered with too much.")
            return HttpAnswer(response.status, dict(response.headers), bytes(read))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(resolver=PinnedResolver(self._allowed), ttl_dns_cache=10)
            self._session = aiohttp.ClientSession(
                connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()
