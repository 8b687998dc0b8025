"""SMTP (RFC 5321) by setting, a connection a mail.

What the server says of this mail for good is never tried again; what it says of us, or does not say, is
tried later; a line that breaks after the body had left leaves the outcome open.
"""

import contextlib
from dataclasses import dataclass
from typing import Literal

import aiosmtplib

from suuupra.kernel.clock import Clock, SystemClock
from suuupra.kernel.problems import OutcomeUnknown, Refused, Unavailable
from suuupra.kernel.stores import Mail
from suuupra.kernel.work import refuse_open_scope
from suuupra.platform.mail.letter import deliverable, letter

PERMANENT = 500


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over. `starttls` is never optional, and certificates are verified."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    encryption: Literal["none", "starttls", "tls"] = "none"
    timeout_s: float = 20.0


class SmtpMailer:
    """Implements the kernel's `Mailer` over SMTP."""

    def __init__(self, server: SmtpServer, sender: str, clock: Clock | None = None) -> None:
        self._server = server
        self._sender = sender
        self._clock = clock or SystemClock()

    async def send(self, mail: Mail) -> str:
        refuse_open_scope("mail")
        body = letter(mail, self._sender, self._clock).as_bytes()
        client = aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            timeout=self._server.timeout_s,
            use_tls=self._server.encryption == "tls",
            start_tls=self._server.encryption == "starttls",
        )
        try:
            await self._greet(client)
            return await self._hand_over(client, deliverable(mail.to), body)
        finally:
            client.close()

    async def _greet(self, client: aiosmtplib.SMTP) -> None:
        """Whatever goes wrong here says nothing about the mail."""
        try:
            await client.connect()
            if self._server.username:
                await client.login(self._server.username, self._server.password)
            await client.mail(self._sender)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unavailable("The mail server is away.", retry_after_s=60) from error

    async def _hand_over(self, client: aiosmtplib.SMTP, to: str, body: bytes) -> str:
        has_left = False
        try:
            await client.rcpt(to)
            has_left = True
            answer = await client.data(body)
        except aiosmtplib.SMTPResponseException as error:
            if error.code >= PERMANENT:
                raise Refused(f"The mail server refused it for good ({error.code}).") from error
            raise Unavailable(f"The mail server says later ({error.code}).", retry_after_s=60) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            if has_left:
                raise OutcomeUnknown("The line broke after the mail had left.") from error
            raise Unavailable("The mail server is away.", retry_after_s=60) from error
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await client.quit()
        return answer.message
