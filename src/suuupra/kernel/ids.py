"""Identifiers: UUIDv7 (RFC 9562), rising within a process, so that indexes grow at their right end."""

import os
import threading
import time
from typing import NewType, Protocol
from uuid import UUID, uuid5

Slot = NewType("Slot", str)
"""The name of a process place, such as `work-0`: it outlives the process that fills it."""

COUNTER_BITS = 12


class Ids(Protocol):
    """Makes identifiers."""

    def new(self) -> UUID:
        """A UUIDv7 greater than every one made before by the same maker."""
        ...


class TimeIds:
    """UUIDv7 with the 12 bits of `rand_a` as a counter within the millisecond (RFC 9562, 6.2, method 1)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_ms = 0
        self._counter = 0

    def new(self) -> UUID:
        with self._lock:
            now_ms = time.time_ns() // 1_000_000
            if now_ms > self._last_ms:
                self._last_ms, self._counter = now_ms, int.from_bytes(os.urandom(1))
            else:
                self._counter += 1
                if self._counter >> COUNTER_BITS:
                    self._last_ms, self._counter = self._last_ms + 1, 0
            return uuid7(self._last_ms, self._counter, int.from_bytes(os.urandom(8)) >> 2)


class SeededIds:
    """The same ids in the same order for the same seed. For tests and seeds."""

    def __init__(self, seed: int = 7) -> None:
        self._seed, self._count = seed, 0

    def new(self) -> UUID:
        self._count += 1
        tail = uuid5(UUID(int=self._seed), str(self._count)).int & ((1 << 62) - 1)
        return uuid7(1_700_000_000_000 + (self._count >> COUNTER_BITS), self._count & 0xFFF, tail)


def uuid7(unix_ms: int, counter: int, tail: int) -> UUID:
    """Put the parts in their places: 48 bits of time, version, 12 of counter, variant, 62 of chance."""
    return UUID(int=(unix_ms & ((1 << 48) - 1)) << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | tail)


def derived(namespace: UUID, *names: object) -> UUID:
    """UUIDv5 of a namespace and names: the same act always gets the same id."""
    return uuid5(namespace, "\x1f".join(map(str, names)))
