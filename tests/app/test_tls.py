"""TLS of the public listener: 1.3 and nothing older."""

import asyncio
import contextlib
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.types import Receive, Scope, Send

from suuupra.app.processes import listen, running, server_of
from suuupra.app.settings import PlatformSettings
from tests.covers import covers

DAY = timedelta(days=1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def silent(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Never asked: the handshake is what counts."""


def certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW - DAY).not_valid_after(NOW + 3650 * DAY)
    made = builder.sign(key, hashes.SHA256())
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(pem)
    return folder / "cert.pem", folder / "key.pem"


async def handshake(port: int, newest: ssl.TLSVersion) -> str | None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = newest
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    version: ssl.SSLObject = writer.get_extra_info("ssl_object")
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return version.version()


@covers("OPS-40", "GW-7")
async def test_the_listener_speaks_tls_1_3_and_refuses_1_2(tmp_path: Path, free_port: int) -> None:
    cert, key = certificate(tmp_path)
    settings = PlatformSettings(tls_certificate=cert, tls_key=key)
    async with running(server_of(silent, settings), [listen("127.0.0.1", free_port)]):
        assert await handshake(free_port, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await handshake(free_port, ssl.TLSVersion.TLSv1_2)
