"""Texts leave compressed for whoever reads gzip; events, media and what is encoded already pass untouched.

Each answer is made longer by a random number of bytes inside the gzip header, so that its size does not tell
what a page holds beside words that a stranger put in its address (BREACH; "Heal the BREACH", Palacios 2022).
"""

import secrets
import struct
import zlib

from starlette.types import Message, Send

LEAST_BYTES = 1024
LEVEL = 5
PADDING_MAX_BYTES = 64
TYPES = (b"text/html", b"text/plain", b"text/css", b"application/json", b"application/problem+json")
NO_BODY = frozenset({204, 206, 304})
EXTRA_FIELD = 0x04


def reads_gzip(accept_encoding: str) -> bool:
    """Whether the visitor named gzip and did not give it the weight 0 (RFC 9110, 12.5.3)."""
    for part in accept_encoding.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in {"gzip", "x-gzip"}:
            value = weight.strip().removeprefix("q=")
            return not value or value.strip("0.") != ""
    return False


class Compressor:
    """One answer; small ones and other types go as they are."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._gzip: Gzip | None = None

    async def send(self, message: Message) -> None:
        """In the place of the server's `send`."""
        if message["type"] == "http.response.start" and is_text(message):
            self._start = message
        elif message["type"] == "http.response.body" and (self._start or self._gzip):
            await self._body(message)
        else:
            await self._send(message)

    async def _body(self, message: Message) -> None:
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._start is not None:
            start, self._start = self._start, None
            is_small = stated_bytes(start, body, more=more) < LEAST_BYTES
            await self._send(start if is_small else as_gzip(start))
            self._gzip = None if is_small else Gzip()
        if self._gzip is not None:
            message = {**message, "body": self._gzip.pack(body, more=more)}
        await self._send(message)


class Gzip:
    """One gzip member, written in blocks (RFC 1952)."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._head = gzip_head()
        self._checksum = 0
        self._size = 0

    def pack(self, body: bytes, *, more: bool) -> bytes:
        """The next block; the last one carries checksum and length."""
        head, self._head = self._head, b""
        self._checksum, self._size = zlib.crc32(body, self._checksum), self._size + len(body)
        packed = head + self._deflate.compress(body)
        if more:
            return packed + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return packed + self._deflate.flush() + struct.pack("<LL", self._checksum, self._size & 0xFFFFFFFF)


def gzip_head() -> bytes:
    """The header of a gzip member (RFC 1952) with an extra field of random length."""
    padding = secrets.token_bytes(secrets.randbelow(PADDING_MAX_BYTES))
    field = b"su" + struct.pack("<H", len(padding)) + padding
    return b"\x1f\x8b\x08" + bytes([EXTRA_FIELD]) + b"\0\0\0\0\0\xff" + struct.pack("<H", len(field)) + field


def is_text(start: Message) -> bool:
    """Whether this answer gains by it, and nobody forbade it."""
    if start["status"] in NO_BODY:
        return False
    headers = {name.lower(): value for name, value in start.get("headers", ())}
    if b"content-encoding" in headers or b"no-transform" in headers.get(b"cache-control", b""):
        return False
    return headers.get(b"content-type", b"").partition(b";")[0].strip().lower() in TYPES


def stated_bytes(start: Message, first: bytes, *, more: bool) -> int:
    """How long the answer will be; a stream of unknown length counts as long."""
    if not more:
        return len(first)
    lengths = [value for name, value in start.get("headers", ()) if name.lower() == b"content-length"]
    return int(lengths[0]) if lengths else LEAST_BYTES


def as_gzip(start: Message) -> Message:
    """Its headers without the length, which is another one now."""
    kept = [pair for pair in start.get("headers", ()) if pair[0].lower() != b"content-length"]
    more = [(b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
    return {**start, "headers": [*kept, *more]}
