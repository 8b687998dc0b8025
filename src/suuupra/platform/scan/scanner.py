"""EICAR by search (also across reads, and inside a zip), then clamd by its INSTREAM protocol.

clamd stops reading at its size limit and closes: that is "not scanned", never "clean".
"""

import asyncio
import zipfile
from pathlib import Path

import structlog

log = structlog.get_logger(service="kernel")
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
CHUNK_BYTES = 1024 * 1024
MEMBER_MAX_BYTES = 16 * CHUNK_BYTES
MEMBERS_MAX = 1000


class Scanner:
    """Implements the kernel's `FileScan`. `clamd_address` is `host:port` or a socket path, empty for none."""

    def __init__(self, clamd_address: str = "", timeout_s: float = 120) -> None:
        self._address = clamd_address
        self._timeout_s = timeout_s

    async def scan(self, path: Path) -> str:
        if await asyncio.to_thread(has_eicar, path):
            return "infected:Eicar-Test-Signature"
        if not self._address:
            return "not_scanned"
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._ask_clamd(path)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            await log.awarning("scan.clamd_away", error=type(error).__name__)
            return "not_scanned"

    async def _ask_clamd(self, path: Path) -> str:
        reader, writer = await self._connect()
        try:
            writer.write(b"zINSTREAM\0")
            with path.open("rb") as file:
                while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                    writer.write(len(chunk).to_bytes(4) + chunk)
                    await writer.drain()
            writer.write(bytes(4))
            await writer.drain()
            answer = (await reader.readuntil(b"\0")).rstrip(b"\0").decode(errors="replace")
        finally:
            writer.close()
        verdict = answer.removeprefix("stream: ")
        if verdict == "OK":
            return "clean"
        return f"infected:{verdict.removesuffix(' FOUND')}" if verdict.endswith(" FOUND") else "not_scanned"

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._address.startswith("/"):
            return await asyncio.open_unix_connection(self._address)
        host, _, port = self._address.rpartition(":")
        return await asyncio.open_connection(host, int(port))


def has_eicar(path: Path) -> bool:
    """Whether the test string stands in the file or in a member of the zip that it is."""
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            if EICAR in tail + chunk:
                return True
            tail = chunk[-len(EICAR) :]
    if not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(EICAR in _beginning(archive, name) for name in archive.namelist()[:MEMBERS_MAX])
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return False


def _beginning(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        return member.read(MEMBER_MAX_BYTES)
