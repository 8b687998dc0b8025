"""EICAR by search (also across reads, and inside a zip), then clamd by its INSTREAM protocol.

clamd answers at its size limit and closes while we still write: that is "not scanned", never "clean".
"""

import asyncio
import contextlib
import zipfile
import zlib
from pathlib import Path

from suuupra.kernel.logs import logger
from suuupra.kernel.work import refuse_open_scope

log = logger("scan")
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
EICAR_NAME = "Eicar-Test-Signature"
CHUNK_BYTES = 1024 * 1024
UNPACKED_MAX_BYTES = 64 * CHUNK_BYTES
MEMBERS_MAX = 1000
ANSWER_MAX_BYTES = 4096
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class Scanner:
    """Implements the kernel's `FileScan`. `clamd_address` is `host:port` or a socket path, empty for none."""

    def __init__(self, clamd_address: str = "", timeout_s: float = 120) -> None:
        self._address = clamd_address
        self._timeout_s = timeout_s

    async def scan(self, path: Path) -> str:
        refuse_open_scope("a scan")
        if await asyncio.to_thread(has_eicar, path):
            return f"infected:{EICAR_NAME}"
        if not self._address:
            return "not_scanned"
        try:
            async with asyncio.timeout(self._timeout_s):
                return _verdict(await self._ask_clamd(path))
        except (OSError, TimeoutError) as error:
            log.warning("scan.clamd_away", error=type(error).__name__)
            return "not_scanned"

    async def _ask_clamd(self, path: Path) -> bytes:
        reader, writer = await self._connect()
        answer = asyncio.create_task(reader.read(ANSWER_MAX_BYTES))
        try:
            with contextlib.suppress(ConnectionError):  # it closed while we write: its answer says why
                await self._send(path, writer, answer)
            return await answer
        finally:
            answer.cancel()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _send(self, path: Path, writer: asyncio.StreamWriter, answer: "asyncio.Task[bytes]") -> None:
        writer.write(b"zINSTREAM\0")
        with path.open("rb") as file:
            while not answer.done() and (chunk := await asyncio.to_thread(file.read, CHUNK_BYTES)):
                writer.write(len(chunk).to_bytes(4) + chunk)
                await writer.drain()
        writer.write(bytes(4))
        await writer.drain()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._address.startswith("/"):
            return await asyncio.open_unix_connection(self._address)
        host, _, port = self._address.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port))


def _verdict(answer: bytes) -> str:
    """`stream: OK`, `stream: <name> FOUND`; anything else says that it was not scanned."""
    text = answer.rstrip(b"\0\n").decode(errors="replace").removeprefix("stream: ")
    if text == "OK":
        return "clean"
    if text.endswith(" FOUND"):
        return f"infected:{text.removesuffix(' FOUND')}"
    log.warning("scan.not_scanned", answer=text[:200])
    return "not_scanned"


def has_eicar(path: Path) -> bool:
    """Whether the test string stands in the file, or in a member of the zip that it is."""
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            if EICAR in tail + chunk:
                return True
            tail = chunk[-len(EICAR) :]
    return zipfile.is_zipfile(path) and _is_in_zip(path)


def _is_in_zip(path: Path) -> bool:
    """Looks at as much of each member as an archive bomb may cost us in all."""
    left = UNPACKED_MAX_BYTES
    with contextlib.suppress(*BROKEN_ZIP), zipfile.ZipFile(path) as archive:
        for member in archive.infolist()[:MEMBERS_MAX]:
            with contextlib.suppress(*BROKEN_ZIP), archive.open(member) as file:
                found = file.read(min(left, UNPACKED_MAX_BYTES // 4))
                left -= len(found)
                if EICAR in found:
                    return True
    return False
