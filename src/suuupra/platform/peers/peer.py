"""One peer of the house: an address, its connections, and the shield around it."""

import asyncio
import time
from pathlib import Path
from urllib.parse import urlsplit

from suuupra.kernel.problems import Late
from suuupra.platform.peers.connection import Answer, Broken, Connection, NotReached
from suuupra.platform.peers.shield import Shield
from suuupra.platform.unix import short

IDLE_MAX_S = 4.0  # less than a server keeps an idle connection, so that it rarely closes one as we write
SICK = {500, 503, 504}


class Peer:
    """`unix:/path/of.sock` or `http://host:port`; connections are opened at the first call."""

    def __init__(self, address: str) -> None:
        self.shield = Shield()
        self._idle: list[Connection] = []
        scheme, _, rest = address.partition(":")
        self._path = Path(rest) if scheme == "unix" else None
        parts = urlsplit(address)
        if self._path is None and (scheme != "http" or parts.hostname is None):
            raise ValueError(f"{address} is neither unix:/path nor http://host:port")
        self._host, self._port = parts.hostname or "", parts.port or 80
        self.host = "house" if self._path else parts.netloc

    async def post(self, request: bytes, left_s: float) -> Answer:
        """One try; `NotReached`, `Broken`, `Late`. The breaker learns how it went."""
        breaker = self.shield.breaker
        probe = breaker.enter()
        failed: bool | None = None
        try:
            async with asyncio.timeout(left_s):
                answer = await self._post(request)
            failed = answer.status in SICK
        except TimeoutError:
            failed = True
            raise Late from None
        except (NotReached, Broken):
            failed = True
            raise
        finally:
            breaker.leave(probe=probe, failed=failed)
        return answer

    async def _post(self, request: bytes) -> Answer:
        connection = self._reuse() or await self._connect()
        answer = await connection.ask(request)
        if connection.is_open:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        return answer

    def _reuse(self) -> Connection | None:
        """The connection that rested least."""
        stale_before = time.monotonic() - IDLE_MAX_S
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open and connection.idle_since >= stale_before:
                return connection
            connection.close()
        return None

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            if self._path is None:
                _, connection = await loop.create_connection(Connection, self._host, self._port)
            else:
                with short(self._path) as path:
                    _, connection = await loop.create_unix_connection(Connection, path)
        except OSError as error:
            raise NotReached(str(error)) from error
        return connection

    async def close(self) -> None:
        """End the connections that rest."""
        while self._idle:
            self._idle.pop().close()
        await asyncio.sleep(0)
