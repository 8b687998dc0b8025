"""Seals: statements that one process makes to another, signed by a service's own key for one listener.

A seal lives a minute. Signing and checking cost tens of microseconds, so both remember: a statement
that was signed half a minute ago goes out again, one that was checked is looked up.
"""

import base64
import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

from cryptography.exceptions import InvalidSignature

from suuupra.kernel.clock import Clock
from suuupra.platform.keys.files import FileKeys

SEAL_TTL_S = 60
REUSE_S = 30
REMEMBERED = 4096
SIGNATURE_BYTES = 64

K = TypeVar("K")
V = TypeVar("V")


class BadSeal(Exception):
    """Forged, too old, or meant for somebody else."""


@dataclass(frozen=True)
class Seal:
    """What was stated: by whom, and `body` as it was written."""

    issuer: str
    body: str


class Seals:
    """Writes and reads seals. `purpose` keeps a seal of one kind from passing as another."""

    def __init__(self, keys: FileKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._written: _Memory[tuple[str, str, str, str], tuple[int, str]] = _Memory(REMEMBERED)
        self._read: _Memory[str, tuple[list[str], int, Seal]] = _Memory(REMEMBERED)

    def write(self, issuer: str, audience: str, purpose: str, body: str = "") -> str:
        """A header value that proves `body` to `audience` for a minute."""
        now, key = self._now(), (issuer, audience, purpose, body)
        known = self._written.get(key)
        if known is not None and 0 <= now - known[0] < REUSE_S:
            return known[1]
        text = json.dumps([issuer, audience, purpose, now, body], separators=(",", ":")).encode()
        token = base64.urlsafe_b64encode(self._keys.signer(issuer).sign(text) + text).decode().rstrip("=")
        self._written.put(key, (now, token))
        return token

    def read(self, token: str, audience: str, purpose: str) -> Seal:
        """Who states what; `BadSeal`. Clocks of two machines may differ by as much as a seal lives."""
        known = self._read.get(token)
        if known is None:
            known = self._check(token)
            self._read.put(token, known)
        meant_for, at, seal = known
        if meant_for != [audience, purpose]:
            raise BadSeal("meant for another")
        if abs(self._now() - at) > SEAL_TTL_S:
            raise BadSeal("too old")
        return seal

    def _check(self, token: str) -> tuple[list[str], int, Seal]:
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            signature, text = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
            issuer, audience, purpose, at, body = json.loads(text)
            self._keys.verifier(issuer).verify(signature, text)
            return [audience, purpose], int(at), Seal(issuer, body)
        except (InvalidSignature, ValueError, TypeError, AttributeError):
            raise BadSeal("forged") from None

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


class _Memory(Generic[K, V]):
    """The last things that were looked at, up to a number."""

    def __init__(self, size_max: int) -> None:
        self._size_max = size_max
        self._items: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        return self._items.get(key)

    def put(self, key: K, value: V) -> None:
        self._items[key] = value
        self._items.move_to_end(key)
        if len(self._items) > self._size_max:
            self._items.popitem(last=False)
