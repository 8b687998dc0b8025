"""Keys from one master file: 32 random bytes, made at the first start, readable by their owner alone.

Every other key is derived from it (HKDF-SHA-256, RFC 5869), so that a backup of one file restores all.
"""

import contextlib
import hmac
import os
import secrets
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from suuupra.kernel.pagination import Cursors

KEY_BYTES = 32
NONCE_BYTES = 12
FORMAT = b"\x01"


class FileKeys:
    """Implements the kernel's `Keys`. Sealed: format byte, nonce of 96 bits, ciphertext and tag."""

    def __init__(self, folder: Path) -> None:
        self._master = _read_or_make(folder / "master")
        self._derived = lru_cache(maxsize=256)(self._derive)
        self._ciphers = lru_cache(maxsize=256)(self._cipher)
        self.signer = lru_cache(maxsize=64)(self._signer)
        self.verifier = lru_cache(maxsize=64)(self._verifier)

    def seal(self, key_class: str, plain: bytes, context: bytes = b"") -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return FORMAT + nonce + self._ciphers(key_class).encrypt(nonce, plain, context)

    def open(self, key_class: str, sealed: bytes, context: bytes = b"") -> bytes:
        nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if sealed[:1] != FORMAT or len(nonce) < NONCE_BYTES:
            raise ValueError("this was not sealed here")
        try:
            return self._ciphers(key_class).decrypt(nonce, body, context)
        except InvalidTag:
            raise ValueError("this was altered, or sealed for another place") from None

    def mac(self, key_class: str, body: bytes) -> bytes:
        return hmac.digest(self._derived(key_class, "mac"), body, sha256)

    def derive(self, key_class: str, purpose: str) -> bytes:
        return self._derived(key_class, f"purpose:{purpose}")

    def cursors(self) -> Cursors:
        """Signer of cursors, with a key of its own."""
        return Cursors(self.derive("cursor", "pages"))

    def _derive(self, key_class: str, purpose: str) -> bytes:
        label = b"suuupra\0" + key_class.encode() + b"\0" + purpose.encode()
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=label).derive(self._master)

    def _cipher(self, key_class: str) -> AESGCM:
        return AESGCM(self._derived(key_class, "seal"))

    def _signer(self, service: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._derived("service", service))

    def _verifier(self, service: str) -> Ed25519PublicKey:
        return self._signer(service).public_key()


def _read_or_make(path: Path) -> bytes:
    """The master key; of several processes that start together, one makes it and all read the same."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    master = path.read_bytes()
    if len(master) != KEY_BYTES:
        raise ValueError(f"{path} is not a key of {KEY_BYTES} bytes; restore it from a backup")
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} is readable by others; run chmod 600 on it")
    return master


def _make(path: Path) -> None:
    """Write aside and link: the name appears with its whole content, or another process was first."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secrets.token_bytes(KEY_BYTES))
        os.fsync(handle)
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
    finally:
        os.close(handle)
        aside.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
