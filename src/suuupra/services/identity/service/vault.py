"""Keys at work: sealed fields of an account, MACs of addresses, tokens of challenges, signed cookies."""

import base64
import json
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from suuupra.kernel.stores import Keys
from suuupra.services.identity.rules import sealing
from suuupra.services.identity.rules.sessions import digest

KEY_BYTES = 32
MAC_BYTES = 16
UUID_BYTES = 16


class Vault:
    """The only place that holds a key in its hand."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def new_key(self, account_id: UUID) -> tuple[bytes, bytes]:
        """A key for an account, plain and wrapped."""
        key = secrets.token_bytes(KEY_BYTES)
        return key, self._keys.seal("subject", key, account_id.bytes)

    def unwrap(self, account_id: UUID, wrapped: bytes) -> bytes:
        """The account's key."""
        return self._keys.open("subject", wrapped, account_id.bytes)

    @staticmethod
    def seal(key: bytes, plain: str, column: str) -> bytes:
        """One field under an account's key."""
        return sealing.seal(key, plain, column, secrets.token_bytes(sealing.NONCE_BYTES))

    @staticmethod
    def unseal(key: bytes, sealed: bytes, column: str) -> str:
        """Inverse of `seal`."""
        return sealing.unseal(key, sealed, column)

    def address_key(self, normalised: str) -> bytes:
        """What an address is found by; it says nothing without the house's key."""
        return self._keys.mac("address", normalised.encode())

    def bound_key(self, *facts: object) -> bytes:
        """A MAC over facts, such as those of an act that was proved."""
        return self._keys.mac("act", json.dumps(facts, default=str).encode())

    def token(self, challenge_id: UUID) -> str:
        """The secret of a challenge: made again from its id, so that no table and no job holds it."""
        mac = self._keys.mac("challenge", challenge_id.bytes)[:MAC_BYTES]
        return _text(challenge_id.bytes + mac)

    def token_hash(self, challenge_id: UUID) -> bytes:
        """What stands in the table."""
        return digest(self.token(challenge_id))

    def seal_facts(self, facts: Mapping[str, Any], context: UUID) -> bytes:
        """The payload of a challenge."""
        return self._keys.seal("challenge", json.dumps(facts).encode(), context.bytes)

    def open_facts(self, sealed: bytes | None, context: UUID) -> dict[str, Any]:
        """Inverse of `seal_facts`; empty where there was none."""
        if sealed is None:
            return {}
        facts: dict[str, Any] = json.loads(self._keys.open("challenge", sealed, context.bytes))
        return facts

    def crumb(self, purpose: str, account_id: UUID) -> str:
        """A cookie that says which account it was given for; strangers read nothing in it."""
        return _text(self._keys.seal("cookie", account_id.bytes + secrets.token_bytes(8), purpose.encode()))

    def read_crumb(self, purpose: str, value: str) -> tuple[UUID | None, str]:
        """The account and the cookie's own name, or nobody."""
        try:
            raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
            plain = self._keys.open("cookie", raw, purpose.encode())
        except ValueError:
            return None, ""
        return UUID(bytes=plain[:UUID_BYTES]), plain[UUID_BYTES:].hex()

    def csrf_secret(self, session_id: UUID) -> str:
        """One a session; it stays when the cookie is renewed, so that open pages still post."""
        return _text(self._keys.mac("csrf", session_id.bytes))


def new_secret() -> str:
    """256 bits for a cookie."""
    return secrets.token_urlsafe(KEY_BYTES)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
