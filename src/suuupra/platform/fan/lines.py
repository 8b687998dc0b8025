"""Lines between the processes of a machine: each dials the sockets of the others in one folder.

One message a line, in JSON. Heartbeats tell silence from rest: a peer that is there and says nothing for
a second makes us deaf, and then callers ask the store. A dead peer's line ends and makes nobody deaf.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suuupra.platform.unix import short

BEAT_S = 0.25
SILENCE_S = 1.0
BACKLOG_MAX_BYTES = 4 * 1024 * 1024
REST_S = 5.0
LINE_MAX_BYTES = 1024 * 1024
BEAT = b'{"beat":1}\n'
Words = dict[str, Any]


@dataclass(frozen=True)
class Ears:
    """What the owner of a fan does with what is `heard`, when something was `missed`, and to greet a peer."""

    heard: Callable[[Words], None]
    missed: Callable[[], None]
    greeting: Callable[[], Words]


class Fan:
    """Speaks on lines it dialled, hears on lines that others dialled."""

    def __init__(self, folder: Path, slot: str, ears: Ears) -> None:
        self._folder, self._slot, self._ears = folder, slot, ears
        self._server: asyncio.Server | None = None
        self._beating: asyncio.Task[None] | None = None
        self._lines: dict[str, asyncio.StreamWriter] = {}
        self._rests_until: dict[str, float] = {}
        self._heard_at: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._has_spoken = False

    async def start(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = self._folder / f"{self._slot}.sock"
        own.unlink(missing_ok=True)
        with short(own) as path:
            self._server = await asyncio.start_unix_server(self._hear, path, limit=LINE_MAX_BYTES)
        self._beating = asyncio.create_task(self._beat())

    async def stop(self) -> None:
        """Our lines close, so nobody waits for our heartbeat."""
        tasks = [*self._tasks, *([self._beating] if self._beating else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for line in self._lines.values():
            line.close()
        if self._server is not None:
            self._server.close()
        (self._folder / f"{self._slot}.sock").unlink(missing_ok=True)

    def send(self, words: Words) -> None:
        """To every other process, without waiting."""
        self._has_spoken = True
        self._write(json.dumps(words, separators=(",", ":"), default=str).encode() + b"\n")

    def is_deaf(self) -> bool:
        """Whether a peer that is there has been silent for too long."""
        late = time.monotonic() - SILENCE_S
        return any(heard_at < late for heard_at in self._heard_at.values())

    def _write(self, line: bytes) -> None:
        for slot, writer in tuple(self._lines.items()):
            if writer.transport.get_write_buffer_size() > BACKLOG_MAX_BYTES:
                self._rests_until[slot] = time.monotonic() + REST_S
                writer.transport.abort()  # frozen; it is greeted anew, and forgets what it may have missed
            else:
                writer.write(line)

    async def _beat(self) -> None:
        while True:
            for path in self._folder.glob("*.sock"):
                self._dial(path.stem)
            self._write(BEAT)
            await asyncio.sleep(BEAT_S)

    def _dial(self, slot: str) -> None:
        if slot == self._slot or slot in self._lines or self._rests_until.get(slot, 0) > time.monotonic():
            return
        self._rests_until[slot] = time.monotonic() + SILENCE_S  # one try at a time
        self._spawn(self._speak(slot))

    async def _speak(self, slot: str) -> None:
        """Keep a line to a peer open until it ends."""
        with contextlib.suppress(OSError):
            with short(self._folder / f"{slot}.sock") as path:
                reader, writer = await asyncio.open_unix_connection(path)
            try:
                hello = {"hello": self._slot, "has_spoken": self._has_spoken} | self._ears.greeting()
                writer.write(json.dumps(hello, default=str).encode() + b"\n")
                self._lines[slot] = writer
                self._rests_until.pop(slot, None)
                await reader.read()
            finally:
                self._lines.pop(slot, None)
                writer.close()

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        slot = ""
        try:
            greeting = json.loads(await reader.readline() or b"{}")
            slot = str(greeting.get("hello", ""))
            self._heard_at[slot] = time.monotonic()
            if greeting.get("has_spoken"):
                self._ears.missed()  # whatever it said before this line
            self._ears.heard(greeting)
            self._dial(slot)
            while line := await reader.readline():
                self._heard_at[slot] = time.monotonic()
                if line != BEAT:
                    self._ears.heard(json.loads(line))
                    await asyncio.sleep(0)  # a burst reaches the pages as it comes, not as one lump
        except (OSError, ValueError):
            pass  # a broken line is closed; its peer dials again
        except asyncio.CancelledError:
            pass  # we stop; the stream server of Python 3.11 would report a cancelled reader as a fault
        finally:
            self._heard_at.pop(slot, None)
            writer.close()

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
