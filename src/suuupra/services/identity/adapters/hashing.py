"""Argon2id (RFC 9106) in one thread a core: 19 MiB, two passes, one lane. Beyond the queue: come again."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from suuupra.kernel.problems import Unavailable
from suuupra.services.identity.rules.passwords import Checked

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
QUEUE_A_THREAD = 4
T = TypeVar("T")


class ArgonHasher:
    """Implements the service's `Hasher`."""

    def __init__(self, threads: int = 0) -> None:
        self._threads = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="argon2")
        self._argon = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._dummy = ""
        self._waiting = 0

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._argon.hash(password))

    async def check(self, phc: str | None, password: str) -> Checked:
        """A missing account costs the same as a wrong password: nobody learns which it was by the clock."""
        return await self._run(lambda: self._check(phc, password))

    def _check(self, phc: str | None, password: str) -> Checked:
        if phc is None:
            self._dummy = self._dummy or self._argon.hash("nobody's password")
            self._is_right(self._dummy, password)
            return Checked(is_right=False)
        if not self._is_right(phc, password):
            return Checked(is_right=False)
        raised = self._argon.hash(password) if self._argon.check_needs_rehash(phc) else None
        return Checked(is_right=True, rehashed=raised)

    def _is_right(self, phc: str, password: str) -> bool:
        try:
            return self._argon.verify(phc, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._threads * (1 + QUEUE_A_THREAD):
            raise Unavailable("Many people are signing in right now.", retry_after_s=2)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
