"""Mail: into the spool of a laptop with a page to read it, or to an SMTP server."""

from pathlib import Path

from suuupra.platform.mail.pages import mail_pages, refuse_strangers
from suuupra.platform.mail.smtp import SmtpMailer, SmtpServer
from suuupra.platform.mail.spool import SpooledMail, SpoolMailer

TEMPLATES = Path(__file__).parent / "templates"

__all__ = [
    "TEMPLATES",
    "SmtpMailer",
    "SmtpServer",
    "SpoolMailer",
    "SpooledMail",
    "mail_pages",
    "refuse_strangers",
]
