"""The spool: a Maildir (one file a mail, whole or absent), and what reads it."""

import asyncio
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from suuupra.kernel.clock import Clock, SystemClock
from suuupra.kernel.problems import NotFound
from suuupra.kernel.stores import Attachment, Mail
from suuupra.kernel.work import refuse_open_scope
from suuupra.platform.mail.letter import letter

SPOOL_ID = re.compile(r"[0-9a-f]{32}")


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
    """Implements the kernel's `Mailer` over a folder. A repeat takes the place of the first."""

    def __init__(self, folder: Path, sender: str, clock: Clock | None = None) -> None:
        self._folder = folder
        self._sender = sender
        self._clock = clock or SystemClock()
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    async def send(self, mail: Mail) -> str:
        refuse_open_scope("mail")
        body = letter(mail, self._sender, self._clock).as_bytes()
        name = hashlib.sha256(mail.message_id.encode()).hexdigest()[:32]
        await asyncio.to_thread(self._write, name, body)
        return name

    def _write(self, name: str, body: bytes) -> None:
        partial = self._folder / "tmp" / f"{name}.{secrets.token_hex(4)}"
        with partial.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._folder / "new" / name)

    async def page(self, to: str = "", limit: int = 100) -> list[SpooledMail]:
        """Newest first; `to` keeps those of one address."""
        return await asyncio.to_thread(self._page, to, limit)

    def _page(self, to: str, limit: int) -> list[SpooledMail]:
        found: list[SpooledMail] = []
        for path in self._newest_first():
            mail = _read(path)
            if not to or mail.to.casefold() == to.casefold():
                found.append(mail)
            if len(found) >= limit:
                break
        return found

    async def read(self, mail_id: str) -> SpooledMail:
        """One mail, or `NotFound`."""
        path = self._folder / "new" / mail_id
        if not SPOOL_ID.fullmatch(mail_id) or not path.is_file():
            raise NotFound
        return await asyncio.to_thread(_read, path)

    def _newest_first(self) -> Iterator[Path]:
        paths = (path for path in (self._folder / "new").iterdir() if SPOOL_ID.fullmatch(path.name))
        yield from sorted(paths, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def _read(path: Path) -> SpooledMail:
    source = path.read_bytes()
    message = message_from_bytes(source, policy=default)
    return SpooledMail(
        id=path.name,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        message_id=str(message["Message-ID"]),
        source=source,
        attachments=tuple(_attachment(part) for part in message.iter_attachments()),
    )


def _attachment(part: EmailMessage) -> Attachment:
    body = part.get_payload(decode=True)
    name, kind = part.get_filename() or "file", part.get_content_type()
    return Attachment(name, kind, body if isinstance(body, bytes) else b"")


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
