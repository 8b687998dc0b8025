"""The spool: a Maildir (one file a mail, whole or absent), and what reads it."""

import asyncio
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

from suuupra.kernel.problems import NotFound
from suuupra.kernel.stores import Attachment, Mail
from suuupra.platform.mail.letter import letter


@dataclass(frozen=True)
class SpooledMail:
    """One mail as it lies in the spool."""

    id: str
    to: str
    subject: str
    text: str
    html: str
    at: datetime
    message_id: str
    source: bytes
    attachments: tuple[Attachment, ...] = ()


class SpoolMailer:
    """Implements the kernel's `Mailer` over a folder."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    async def send(self, mail: Mail) -> str:
        body = letter(mail, self._sender).as_bytes()
        name = f"{time.time_ns():020d}.{secrets.token_hex(6)}"
        await asyncio.to_thread(self._write, name, body)
        return name

    def _write(self, name: str, body: bytes) -> None:
        partial = self._folder / "tmp" / name
        with partial.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(self._folder / "new" / name)

    async def page(self, to: str = "", limit: int = 100) -> list[SpooledMail]:
        """Newest first; `to` keeps those of one address."""
        return await asyncio.to_thread(self._page, to, limit)

    def _page(self, to: str, limit: int) -> list[SpooledMail]:
        found: list[SpooledMail] = []
        for path in self._files():
            mail = _read(path)
            if not to or mail.to.casefold() == to.casefold():
                found.append(mail)
            if len(found) >= limit:
                break
        return found

    async def read(self, mail_id: str) -> SpooledMail:
        """One mail, or `NotFound`."""
        for path in self._files():
            if path.name == mail_id:
                return await asyncio.to_thread(_read, path)
        raise NotFound

    def _files(self) -> Iterator[Path]:
        paths = [path for name in ("new", "cur") for path in (self._folder / name).iterdir()]
        yield from sorted(paths, key=lambda path: path.name, reverse=True)


def _read(path: Path) -> SpooledMail:
    source = path.read_bytes()
    message = message_from_bytes(source, policy=default)
    return SpooledMail(
        id=path.name,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        at=datetime.fromtimestamp(int(path.name.split(".")[0]) / 1e9, UTC),
        message_id=str(message["Message-ID"]),
        source=source,
        attachments=tuple(
            Attachment(
                part.get_filename() or "file", part.get_content_type(), cast("bytes", part.get_content())
            )
            for part in message.iter_attachments()
        ),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
