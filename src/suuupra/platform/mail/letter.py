"""A kernel `Mail` as an Internet message (RFC 5322, MIME); what could become another header is refused."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

import idna

from suuupra.kernel.clock import Clock
from suuupra.kernel.problems import Refused
from suuupra.kernel.stores import Mail

LENGTH_MAX = 254
LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
HEADER_NAME = re.compile(r"(List|X|Auto|Precedence|Reply|In|References)[A-Za-z-]*")
MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

DOCUMENT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.55 system-ui, sans-serif; color: #171a25; background: #fbfaf6; padding: 24px }}
main {{ max-width: 560px; margin: 0 auto; background: #fff; border: 1px solid #e5e3de; border-radius: 16px;
padding: 24px 28px }} a.button {{ color: #bd2900; font-weight: 600; word-break: break-all }}
</style></head><body><main>{body}</main></body></html>"""


def letter(mail: Mail, sender: str, clock: Clock) -> EmailMessage:
    """Text always, HTML beside it, attachments behind; `Refused` for what cannot be sent, ever."""
    message = EmailMessage(policy=SMTP)
    message["To"] = Address(addr_spec=deliverable(mail.to))
    message["From"] = sender
    message["Subject"] = _line(mail.subject)
    if not MESSAGE_ID.fullmatch(mail.message_id):
        raise Refused("The message id is none.")
    message["Message-ID"] = mail.message_id
    message["Date"] = format_datetime(clock.now())
    for name, value in mail.headers.items():
        if not HEADER_NAME.fullmatch(name):
            raise Refused(f"{name[:40]!r} is not a header that a mail may bring along.")
        message[name] = _line(value)
    message.set_content(mail.text)
    if mail.html:
        document = DOCUMENT.format(title=escape(mail.subject), body=mail.html)
        message.add_alternative(document, subtype="html")
    for item in mail.attachments:
        kind, _, rest = item.media_type.partition("/")
        message.add_attachment(
            item.body, maintype=kind, subtype=rest or "octet-stream", filename=_line(item.name)
        )
    return message


def deliverable(address: str) -> str:
    """One address as it goes over the wire, its domain in ASCII (RFC 5890); else `Refused`."""
    local, _, domain = address.rpartition("@")
    try:
        found = f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except (idna.IDNAError, UnicodeError):
        found = ""
    if len(found) > LENGTH_MAX or not found or not LOCAL_PART.fullmatch(local) or ".." in f".{local}.":
        raise Refused("This is not a mail address.")
    return found


def _line(text: str) -> str:
    if BREAKING.search(text):
        raise Refused("A header of this mail holds a line break.")
    return text
