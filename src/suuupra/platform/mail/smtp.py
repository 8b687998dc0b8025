"""SMTP (RFC 5321) by setting. A permanent refusal is never tried again; a break after the body is unknown."""

from dataclasses import dataclass

import aiosmtplib

from suuupra.kernel.problems import OutcomeUnknown, Refused, Unavailable
from suuupra.kernel.stores import Mail
from suuupra.kernel.work import refuse_open_scope
from suuupra.platform.mail.letter import letter

PERMANENT = 500


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over. `encryption` is `none`, `starttls` or `tls`."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    encryption: str = "none"
    timeout_s: float = 20.0


class SmtpMailer:
    """Implements the kernel's `Mailer` over SMTP, a connection a mail."""

    def __init__(self, server: SmtpServer, sender: str) -> None:
        self._server = server
        self._sender = sender

    async def send(self, mail: Mail) -> str:
        refuse_open_scope("mail")
        message = letter(mail, self._sender)
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=server.timeout_s,
            use_tls=server.encryption == "tls",
            start_tls=server.encryption == "starttls",
        )
        has_left = False
        try:
            await client.connect()
            if server.username:
                await client.login(server.username, server.password)
            await client.mail(self._sender)
            await client.rcpt(mail.to)
            has_left = True
            _, answer = await client.data(message.as_bytes())
        except aiosmtplib.SMTPResponseException as error:
            if error.code >= PERMANENT:
                raise Refused(f"The mail server refused it ({error.code}).") from error
            raise Unavailable(f"The mail server says later ({error.code}).") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            if has_left:
                raise OutcomeUnknown("The line broke after the mail had left.") from error
            raise Unavailable("The mail server is away.") from error
        finally:
            client.close()
        return answer
