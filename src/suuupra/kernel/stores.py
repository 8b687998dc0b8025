"""What is kept or done outside the database: objects, cache, limits, leases, mail, keys, outgoing HTTP."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

SIGNED_TTL_MAX_S = 900


@dataclass(frozen=True)
class StoredObject:
    """What the store knows of an object; `etag` is the SHA-256 of its bytes in hex."""

    key: str
    size_bytes: int
    etag: str
    media_type: str
    modified_at: datetime


class Staged(Protocol):
    """An object that is still being received; it has no key that can be read yet."""

    async def size_bytes(self) -> int:
        """How much is safely on disk."""
        ...

    async def append(self, offset: int, body: bytes) -> int:
        """Write at exactly `offset` (else `Conflict`), fsync, return the new size."""
        ...

    async def promote(self, media_type: str) -> StoredObject:
        """Make it the object of its key, whole and fsynced, or change nothing."""
        ...

    async def discard(self) -> None:
        """Forget what was received."""
        ...

    def local(self) -> AbstractAsyncContextManager[Path]:
        """The received bytes as a file, to scan and probe."""
        ...


class ObjectStore(Protocol):
    """Bytes under keys such as `vod/<asset>/1/480/init.mp4`. Writes are refused inside a unit."""

    async def put(
        self, key: str, body: bytes | Path | AsyncIterable[bytes], media_type: str, *, only_new: bool = False
    ) -> StoredObject:
        """Whole and fsynced, or not at all. `only_new`: `Conflict` where one exists. A `Path` is copied."""
        ...

    def get(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and without `end`; `NotFound`."""
        ...

    async def head(self, key: str) -> StoredObject | None:
        """What is known of it, or None."""
        ...

    async def delete(self, key: str) -> None:
        """Idempotent."""
        ...

    async def page(self, prefix: str, after: str = "", limit: int = 1000) -> list[StoredObject]:
        """In order of keys."""
        ...

    async def copy(self, source: str, target: str) -> StoredObject:
        """Within the store."""
        ...

    def staged(self, key: str) -> Staged:
        """A place to receive the object of this key piece by piece, over restarts."""
        ...

    def local(self, key: str) -> AbstractAsyncContextManager[Path]:
        """The object as a readable file (itself on a disk store, a temporary copy elsewhere)."""
        ...

    def sign(
        self, method: str, key: str, *, media_type: str = "", size_max: int = 0, ttl_s: int = 900
    ) -> str:
        """A path with a short-lived signature, for GET, or for PUT bound to type and size."""
        ...

    async def free_bytes(self) -> tuple[int, int]:
        """Free and total bytes; both very large where the store has no end."""
        ...


class Cache(Protocol):
    """May forget at any moment: slower then, never wrong."""

    async def get(self, key: str) -> bytes | None:
        """The value, if it is still known."""
        ...

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keep it for a while."""
        ...

    async def delete(self, key: str) -> None:
        """Forget it."""
        ...

    async def fill(self, key: str, ttl_s: float, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """The value, made once however many ask at the same time."""
        ...


@dataclass(frozen=True)
class Rate:
    """`count` in `period_s`; a `bucket` (GCRA) refills steadily, an exact `window` does not."""

    count: int
    period_s: float
    burst: int | None = None
    window: bool = False


@dataclass(frozen=True)
class Verdict:
    """What a limit says: when refused, come again after `retry_after_s`."""

    allowed: bool
    remaining: int
    reset_s: float
    retry_after_s: float = 0.0


class Limits(Protocol):
    """Rate limits by key; a look and its count are one step."""

    async def take(self, key: str, rate: Rate, cost: int = 1) -> Verdict:
        """Count it, if it is allowed."""
        ...

    async def peek(self, key: str, rate: Rate) -> Verdict:
        """What a take would say, without counting."""
        ...

    async def forget(self, key: str) -> None:
        """Start anew for that key."""
        ...


@dataclass(frozen=True)
class Lease:
    """A held lease; `epoch` is the fencing token and only rises."""

    name: str
    holder: str
    epoch: int


class Leases(Protocol):
    """One holder at a time, in the name of a slot such as `work-0`."""

    async def take(self, name: str, ttl_s: float = 15.0) -> Lease | None:
        """The lease, or None while another slot holds it. The same slot takes it over at once, epoch + 1."""
        ...

    async def renew(self, lease: Lease, ttl_s: float = 15.0) -> bool:
        """False: it was lost; stop."""
        ...

    async def release(self, lease: Lease) -> None:
        """Let go."""
        ...


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    media_type: str
    body: bytes


@dataclass(frozen=True)
class Mail:
    """One mail to one address. `message_id` makes a repeat recognisable."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    attachments: tuple[Attachment, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class Mailer(Protocol):
    """Hands mails over: to the spool on a laptop, to SMTP by setting."""

    async def send(self, mail: Mail) -> str:
        """The provider's id. `Refused`: never try again; `Unavailable`: later."""
        ...


class Keys(Protocol):
    """Keys by class (`session`, `contact`, `cursor`, …), wrapped by the master key of the house."""

    def seal(self, key_class: str, plain: bytes, context: bytes = b"") -> bytes:
        """AES-256-GCM; `context` must be the same at `open`."""
        ...

    def open(self, key_class: str, sealed: bytes, context: bytes = b"") -> bytes:
        """`ValueError` where it was altered or belongs elsewhere."""
        ...

    def mac(self, key_class: str, body: bytes) -> bytes:
        """HMAC-SHA-256."""
        ...

    def derive(self, key_class: str, purpose: str) -> bytes:
        """32 bytes for one purpose (HKDF-SHA-256)."""
        ...


@dataclass(frozen=True)
class HttpAnswer:
    """What an outside server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class HttpRequest:
    """A question to the outside. Private addresses are refused, at each redirect and each look-up."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    timeout_s: float = 3.0
    size_max: int = 64 * 1024
    redirects_max: int = 0


class Http(Protocol):
    """The one client for all outgoing HTTP that is not a port; refused inside a unit."""

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """`Upstream` where the party is broken, `Late`, `Refused` for an address that is not allowed."""
        ...


class FileScan(Protocol):
    """Malware scan of a local file."""

    async def scan(self, path: Path) -> str:
        """`clean`, `infected:<name>` or `not_scanned`."""
        ...
