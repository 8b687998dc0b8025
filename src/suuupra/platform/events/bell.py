"""A bell over a Unix socket: after a commit a process rings, and relay and worker look at once.

Best effort: who does not hear it polls.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Bell:
    """Rung by every process of the group, heard by the one that holds relay and worker."""

    def __init__(self, path: Path) -> None:
        self._folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        # A socket's address holds 107 bytes and a data folder may be deeper: the descriptor is short.
        self._address = f"/proc/self/fd/{self._folder}/{path.name}"
        self._sender = self._socket()

    def ring(self) -> None:
        """Never waits and never fails: a full or absent listener will poll."""
        with contextlib.suppress(OSError):
            self._sender.sendto(b"!", self._address)

    @contextmanager
    def heard_by(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call the listener at each ring while the block runs; rings that come together count once."""
        loop = asyncio.get_running_loop()
        with self._socket() as receiver:
            with contextlib.suppress(FileNotFoundError):
                Path(self._address).unlink()
            receiver.bind(self._address)

            def drain() -> None:
                with contextlib.suppress(BlockingIOError):
                    while True:
                        receiver.recv(16)
                listener()

            loop.add_reader(receiver, drain)
            try:
                yield
            finally:
                loop.remove_reader(receiver)

    def close(self) -> None:
        """Give the descriptors back."""
        self._sender.close()
        os.close(self._folder)

    @staticmethod
    def _socket() -> socket.socket:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        made.settimeout(0)
        return made
