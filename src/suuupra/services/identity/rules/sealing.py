"""Fields sealed under a key of their account: AES-256-GCM, bound to the column by its name.

When the account's key is destroyed, every copy of these fields is dead, backups included.
"""

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


def seal(key: bytes, plain: str, column: str, nonce: bytes) -> bytes:
    """Nonce and ciphertext; a nonce serves once."""
    return nonce + AESGCM(key).encrypt(nonce, plain.encode(), column.encode())


def unseal(key: bytes, sealed: bytes, column: str) -> str:
    """Inverse of `seal`; `cryptography.exceptions.InvalidTag` where it was altered."""
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], column.encode()).decode()
