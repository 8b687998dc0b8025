"""SMTP against a real server: what is final, what is tried later, what nobody knows."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from suuupra.kernel.clock import SystemClock
from suuupra.kernel.problems import OutcomeUnknown, Refused, Unavailable
from suuupra.kernel.work import TransactionOpen, scoped
from suuupra.platform.mail import SmtpMailer, SmtpServer
from tests.covers import covers
from tests.platform.mail.conftest import a_mail


class Sink:
    """Takes mails, or answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.to_rcpt, self.to_data = "250 OK", "250 queued as 4Xy"
        self.drop = False

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.to_rcpt

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.drop:
            cast("asyncio.Transport", server.transport).abort()
        if self.to_data.startswith("250"):
            self.mails.append(envelope)
        return self.to_data


@pytest.fixture
def sink() -> Sink:
    return Sink()


@asynccontextmanager
async def listening(sink: Sink, **more: Any) -> AsyncIterator[int]:
    """The port of a server that lives as long as the block."""
    loop, sessions = asyncio.get_running_loop(), list[SMTP]()

    def session() -> SMTP:
        sessions.append(SMTP(sink, loop=loop, **more))
        return sessions[-1]

    server = await loop.create_server(session, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        ends = [one._handler_coroutine for one in sessions if one._handler_coroutine]
        await asyncio.gather(*ends, return_exceptions=True)


def mailer_to(port: int, **more: Any) -> SmtpMailer:
    return SmtpMailer(SmtpServer("127.0.0.1", port, **({"timeout_s": 5} | more)), "post@example.org")


@pytest.fixture
async def mailer(sink: Sink) -> AsyncIterator[SmtpMailer]:
    async with listening(sink) as port:
        yield mailer_to(port)


@covers("NT-19")
async def test_a_mail_is_handed_over_whole(mailer: SmtpMailer, sink: Sink) -> None:
    mail = a_mail(text="a line\n.\n.hidden\n" + "long " * 500)
    assert await mailer.send(mail) == "queued as 4Xy"
    (envelope,) = sink.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("post@example.org", ["mira@example.org"])
    assert b"\r\n.hidden\r\n" in envelope.content
    assert b"Message-ID: <0190@suuupra>" in envelope.content


@covers("NT-19")
@pytest.mark.parametrize(
    ("at", "answer", "problem"),
    [
        ("to_rcpt", "550 5.1.1 no such person", Refused),
        ("to_data", "554 5.7.1 looks like spam", Refused),
        ("to_rcpt", "451 4.7.1 greylisted", Unavailable),
        ("to_data", "452 4.3.1 disk full", Unavailable),
    ],
)
async def test_what_the_server_says(
    mailer: SmtpMailer, sink: Sink, at: str, answer: str, problem: type[Exception]
) -> None:
    setattr(sink, at, answer)
    with pytest.raises(problem):
        await mailer.send(a_mail())
    assert sink.mails == []


@covers("NT-19", "PLT-17")
async def test_a_line_that_breaks_after_the_body_leaves_the_outcome_open(
    mailer: SmtpMailer, sink: Sink
) -> None:
    sink.drop = True
    with pytest.raises(OutcomeUnknown):
        await mailer.send(a_mail())


@covers("NT-19")
async def test_nobody_there_or_nobody_who_speaks(free_port: int) -> None:
    with pytest.raises(Unavailable):
        await mailer_to(free_port).send(a_mail())
    mute = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", free_port)
    async with mute:
        with pytest.raises(Unavailable):
            await mailer_to(free_port, timeout_s=0.2).send(a_mail())


def check(_server: object, _session: object, _envelope: object, _how: str, given: Any) -> AuthResult:
    return AuthResult(success=given.password == b"right")


@covers("NT-19")
async def test_a_wrong_password_is_our_fault_and_not_the_mails(sink: Sink) -> None:
    async with listening(sink, authenticator=check, auth_require_tls=False) as port:
        with pytest.raises(Unavailable):
            await mailer_to(port, username="house", password="wrong", timeout_s=1).send(a_mail())
        assert sink.mails == []
        await mailer_to(port, username="house", password="right").send(a_mail())
        assert len(sink.mails) == 1


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """For 127.0.0.1, signed by itself, its key behind it."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "m")]),
    )
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    now = SystemClock().now()
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, SHA256())
    )
    path = tmp_path / "certificate.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return path


@covers("NT-19", "OPS-40")
async def test_starttls_is_verified_and_never_skipped(
    sink: Sink, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with listening(sink) as plain, listening(sink, tls_context=context, require_starttls=True) as port:
        for wrong in (plain, port):  # none offered; signed by nobody we know
            with pytest.raises(Unavailable):
                await mailer_to(wrong, encryption="starttls").send(a_mail())
        assert sink.mails == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        await mailer_to(port, encryption="starttls").send(a_mail())
        assert len(sink.mails) == 1


@covers("NT-19")
async def test_nothing_is_sent_inside_a_unit(mailer: SmtpMailer, sink: Sink) -> None:
    with scoped("read"), pytest.raises(TransactionOpen):
        await mailer.send(a_mail())
    assert sink.mails == []
