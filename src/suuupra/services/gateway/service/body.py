"""A request body on its way in: counted, and its beginning may be read for the token and given back."""

import asyncio
import re
import time

from starlette.types import Message, Receive

from suuupra.services.gateway.api import BodyTooLarge, BodyTooSlow

FORM = "application/x-www-form-urlencoded"
FILE_FORM = "multipart/form-data"
TOKEN_SCAN_BYTES = 64 * 1024
GRACE_S = 10.0
LEAST_BYTES_PER_S = 1024
IN_FILE_FORM = re.compile(rb'name="csrf_token"\r\n\r\n([0-9a-f]*)\r\n')
IN_FORM = re.compile(rb"(?:^|&)csrf_token=([0-9a-f]*)(?=&|$)")


class Body:
    """Wraps a `receive`; raw bytes pass untouched."""

    def __init__(self, receive: Receive, limit_bytes: int | None) -> None:
        self._receive = receive
        self._limit_bytes = limit_bytes
        self._seen_bytes = 0
        self._waited_s = 0.0
        self._is_whole = False
        self._kept: list[Message] = []

    async def receive(self) -> Message:
        """What the app reads: first what was kept, then the rest, up to the limit."""
        return self._kept.pop(0) if self._kept else await self._next()

    async def find_token(self, media_type: str) -> str:
        """The `csrf_token` field of a form; empty where there is none.

        A plain form is read whole (it is bounded), of one with files only the beginning, where our forms
        have the field.
        """
        if media_type.startswith(FORM):
            head = await self._read_ahead(self._limit_bytes or TOKEN_SCAN_BYTES)
            found = IN_FORM.search(head)
        elif media_type.startswith(FILE_FORM):
            head = await self._read_ahead(TOKEN_SCAN_BYTES, until=IN_FILE_FORM)
            found = IN_FILE_FORM.search(head)
        else:
            return ""
        return found.group(1).decode() if found else ""

    async def _read_ahead(self, most_bytes: int, until: re.Pattern[bytes] | None = None) -> bytes:
        head, more = b"", True
        while more and len(head) < most_bytes and not (until is not None and until.search(head)):
            message = await self._next()
            self._kept.append(message)
            head += message.get("body", b"")
            more = message["type"] == "http.request" and message.get("more_body", False)
        return head

    async def _next(self) -> Message:
        if self._is_whole or self._limit_bytes is None:  # an upload's own receiver knows when it stalls
            return await self._receive()
        message = await self._awaited()
        self._seen_bytes += len(message.get("body", b""))
        self._is_whole = message["type"] != "http.request" or not message.get("more_body", False)
        if self._seen_bytes > self._limit_bytes:
            raise BodyTooLarge
        return message

    async def _awaited(self) -> Message:
        """The next block; what counts is how long the sender let us wait, not how long we took."""
        started = time.monotonic()
        left_s = GRACE_S + self._seen_bytes / LEAST_BYTES_PER_S - self._waited_s
        try:
            async with asyncio.timeout(max(left_s, 0)):
                return await self._receive()
        except TimeoutError:
            raise BodyTooSlow from None
        finally:
            self._waited_s += time.monotonic() - started
