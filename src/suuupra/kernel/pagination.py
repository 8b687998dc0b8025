"""Pages of lists: by keyset, never by offset, with a cursor that its reader cannot forge."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pydantic import Field

from suuupra.kernel.messages import Message, Query
from suuupra.kernel.problems import Invalid

PAGE_SIZE_MAX = 200
T = TypeVar("T")


class Page(Message, Generic[T]):
    """Some items, and where the next ones start (None at the end)."""

    items: tuple[T, ...] = ()
    next: str | None = None


class PageQuery(Query):
    """A question that is answered in pages."""

    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=PAGE_SIZE_MAX)


class Cursors:
    """Signs and reads cursors. `purpose` binds a cursor to its list."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, purpose: str, position: Sequence[Any]) -> str:
        """A URL-safe cursor for a JSON position."""
        body = json.dumps(list(position), separators=(",", ":"), default=str).encode()
        return base64.urlsafe_b64encode(self._mac(purpose, body) + body).decode().rstrip("=")

    def read(self, purpose: str, cursor: str | None) -> list[Any] | None:
        """The position, None without a cursor; a forged or foreign one is `Invalid`."""
        if cursor is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            mac, body = raw[:16], raw[16:]
            if hmac.compare_digest(mac, self._mac(purpose, body)):
                position = json.loads(body)
                return position if isinstance(position, list) else None
        except ValueError:
            pass
        raise Invalid.at("/cursor", "This is not a cursor of this list. Start from its first page.")

    def _mac(self, purpose: str, body: bytes) -> bytes:
        return hmac.new(self._key, purpose.encode() + b"\0" + body, hashlib.sha256).digest()[:16]
