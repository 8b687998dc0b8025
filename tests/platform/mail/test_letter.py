"""A mail as it goes over the wire, and everything that must never become a header."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.problems import Refused
from suuupra.kernel.stores import Attachment, Mail
from suuupra.platform.mail.letter import letter
from tests.covers import covers
from tests.platform.mail.conftest import a_mail

CLOCK = FrozenClock(datetime(2026, 11, 24, 12, tzinfo=UTC))
SENDER = "Suuupra <post@example.org>"


def read_back(mail: Mail) -> EmailMessage:
    return message_from_bytes(letter(mail, SENDER, CLOCK).as_bytes(), policy=default)


@covers("NT-19")
def test_text_html_and_attachment_arrive_as_written() -> None:
    mail = a_mail()
    message = read_back(mail)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().strip().splitlines() == mail.text.splitlines()
    assert mail.html in html.get_content()
    (part,) = message.iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("invoice ₹.pdf", b"%PDF-1.7\n")
    assert (message["To"], message["From"], message["Subject"]) == (mail.to, SENDER, mail.subject)
    assert (message["Message-ID"], message["List-Unsubscribe"]) == (
        mail.message_id,
        "<https://example.org/u/1>",
    )
    assert message["Date"] == "Tue, 24 Nov 2026 12:00:00 +0000"


@covers("NT-19")
@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Hello\r\nBcc: all@example.org"},
        {"subject": "Hello\nBcc: all@example.org"},
        {"subject": "Hello\rBcc: all@example.org"},
        {"subject": "Hello\0"},
        {"subject": "Hello\u2028Bcc: all@example.org"},
        {"subject": "Hello\x85Bcc: all@example.org"},
        {"to": "mira@example.org\r\nBcc: all@example.org"},
        {"to": "mira@example.org, ravi@example.org"},
        {"to": "Mira <mira@example.org>"},
        {"to": "mira@example.org>"},
        {"to": "mira"},
        {"to": "@example.org"},
        {"to": "mira@"},
        {"to": "mira..rao@example.org"},
        {"to": '"a b"@example.org'},
        {"to": "mira@exa mple.org"},
        {"to": "x" * 65 + "@example.org"},
        {"to": "mira@" + "x" * 64 + ".org"},
        {"to": "mira@[127.0.0.1]"},
        {"message_id": "no brackets"},
        {"message_id": "<a@b>\r\nBcc: x@y"},
        {"headers": {"Bcc": "all@example.org"}},
        {"headers": {"Cc": "all@example.org"}},
        {"headers": {"From": "boss@example.org"}},
        {"headers": {"Content-Type": "text/html"}},
        {"headers": {"X-Note\r\nBcc": "x"}},
        {"headers": {"X-Note": "a\r\nBcc: all@example.org"}},
        {"attachments": (Attachment("a\r\nX: y", "text/plain", b""),)},
    ],
)
def test_what_could_become_another_header_or_address_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Refused):
        letter(a_mail(**changes), SENDER, CLOCK)


@covers("NT-19")
@settings(deadline=None)
@given(st.text(max_size=80))
def test_no_subject_ever_adds_a_header(subject: str) -> None:
    try:
        message = read_back(a_mail(subject=subject, attachments=(), headers={}))
    except Refused:
        return
    assert sorted(name for name, _ in message.items()) == sorted(
        ["To", "From", "Subject", "Message-ID", "Date", "MIME-Version", "Content-Type"]
    )


@covers("NT-19")
def test_a_domain_in_another_script_goes_out_in_ascii() -> None:
    assert read_back(a_mail(to="mira@उदाहरण.भारत"))["To"] == "mira@xn--p1b6ci4b4b3a.xn--h2brj9c"


@covers("NT-19")
def test_a_subject_is_text_in_the_html_too() -> None:
    html = read_back(a_mail(subject="<script>alert(1)</script>")).get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
