"""Between the processes of a machine: datagrams over Unix sockets in one folder, with heartbeats.

Best effort by design: what must not be lost is in the database. A dead peer's socket refuses and is
removed; a living one that falls silent makes us deaf, and then callers ask the store.
"""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BEAT_S = 0.4
SILENCE_S = 1.0
DATAGRAM_MAX = 60_000
Heard = Callable[[dict[str, Any]], None]


class Fan:
    """Sends to every other process and hears them."""

    def __init__(self, folder: Path, slot: str, heard: Heard) -> None:
        self._folder = folder
        self._path = folder / f"{slot}.sock"
        self._slot = slot
        self._heard = heard
        self._socket: socket.socket | None = None
        self._beating: asyncio.Task[None] | None = None
        self._peers: dict[str, float] = {}

    async def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        made.settimeout(0)
        made.bind(str(self._path))
        self._socket = made
        asyncio.get_running_loop().add_reader(made.fileno(), self._receive)
        self._beating = asyncio.create_task(self._beat())

    async def stop(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None
        self._path.unlink(missing_ok=True)

    def send(self, message: dict[str, Any]) -> None:
        """To every other process; a full or dead one is passed over."""
        if self._socket is None:
            return
        body = json.dumps(message | {"from": self._slot}, default=str).encode()
        if len(body) > DATAGRAM_MAX:
            return
        for path in self._folder.glob("*.sock"):
            if path == self._path:
                continue
            try:
                self._socket.sendto(body, str(path))
            except (ConnectionRefusedError, FileNotFoundError):
                path.unlink(missing_ok=True)
                self._peers.pop(path.stem, None)
            except OSError:
                continue

    def is_deaf(self) -> bool:
        """Whether a peer that was heard is silent for too long."""
        late = time.monotonic() - SILENCE_S
        return any(heard < late for heard in self._peers.values())

    async def _beat(self) -> None:
        while True:
            self.send({"beat": True})
            await asyncio.sleep(BEAT_S)

    def _receive(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._socket is not None:
                message = json.loads(self._socket.recv(DATAGRAM_MAX + 1024))
                self._peers[message["from"]] = time.monotonic()
                if message.get("gone"):
                    self._peers.pop(message["from"], None)
                elif "beat" not in message:
                    self._heard(message)

    def farewell(self) -> None:
        """Tell the others that our silence is meant."""
        self.send({"gone": True})
