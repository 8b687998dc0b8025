"""A kernel `Mail` as an Internet message (RFC 5322, MIME); a line break in a header is refused."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from suuupra.kernel.clock import Clock, SystemClock
from suuupra.kernel.problems import Refused
from suuupra.kernel.stores import Mail

DOCUMENT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.55 system-ui, sans-serif; color: #171a25; background: #fbfaf6; padding: 24px }}
main {{ max-width: 560px; margin: 0 auto; background: #fff; border: 1px solid #e5e3de; border-radius: 16px;
padding: 24px 28px }} a.button {{ color: #bd2900; font-weight: 600; word-break: break-all }}
</style></head><body><main>{body}</main></body></html>"""


def letter(mail: Mail, sender: str, clock: Clock | None = None) -> EmailMessage:
    """Text always, HTML beside it, attachments behind. `Refused` for what cannot be a header."""
    message = EmailMessage(policy=SMTP)
    for name, value in {"Subject": mail.subject, "To": mail.to, "Message-ID": mail.message_id}.items():
        if any(char in value for char in "\r\n\0"):
            raise Refused(f"{name} holds a line break")
    try:
        message["To"] = Address(addr_spec=mail.to)
        message["From"] = sender
        message["Subject"] = mail.subject
        message["Message-ID"] = mail.message_id
        message["Date"] = format_datetime((clock or SystemClock()).now())
        for name, value in mail.headers.items():
            message[name] = value
    except ValueError as error:
        raise Refused("This is not a mail address or header.") from error
    message.set_content(mail.text)
    if mail.html:
        title = mail.subject.replace("<", "&lt;")
        message.add_alternative(DOCUMENT.format(title=title, body=mail.html), subtype="html")
    for item in mail.attachments:
        kind, _, rest = item.media_type.partition("/")
        message.add_attachment(item.body, maintype=kind, subtype=rest or "octet-stream", filename=item.name)
    return message
