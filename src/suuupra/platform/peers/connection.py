"""One HTTP/1.1 connection (RFC 9112) to a peer of the house: requests of known length, one at a time.

Between our own processes a general client spends more time on itself than on the call. The parser is
the one that the server uses too.
"""

import asyncio
from dataclasses import dataclass
from typing import cast

import httptools

MESSAGE_MAX_BYTES = 1024 * 1024


class NotReached(Exception):
    """Nobody listens: the request was never sent."""


class Broken(Exception):
    """The connection was lost, or spoiled, after the request had left."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


class Connection(asyncio.Protocol):
    """Its parser calls the methods `on_…`."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._awaited: asyncio.Future[Answer] | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self.idle_since = 0.0

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes) -> Answer:
        """Send the request and wait; `Broken`. Cancelled, the connection is of no more use."""
        if self._transport is None or self._transport.is_closing():
            raise Broken("closed before use")
        self._awaited = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._awaited
        except BaseException:
            self.close()
            raise
        finally:
            self._awaited = None

    def close(self) -> None:
        """End it now."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's has the methods, not the class

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._fail(str(exc or "closed by the peer"))

    def data_received(self, data: bytes) -> None:
        if self._awaited is None:
            self.close()  # nobody asked
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(f"no HTTP: {error}")

    def on_message_begin(self) -> None:
        if self._awaited is None or self._awaited.done():
            self.close()  # a second answer to one question: whose would the next one be?

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > MESSAGE_MAX_BYTES:
            self._fail("an answer larger than a message may be")
        else:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        answer = Answer(self._parser.get_status_code(), b"".join(self._parts))
        self._parts, self._size = [], 0
        if not self._parser.should_keep_alive():
            self.close()
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(answer)

    def _fail(self, why: str) -> None:
        self._parts = []
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(Broken(why))
        self.close()
