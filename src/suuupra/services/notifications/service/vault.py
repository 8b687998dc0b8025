"""Sealing and opening of words and addresses, and the keyed hash an address is looked up by."""

import json
from typing import Any
from uuid import UUID

from suuupra.kernel.problems import Invalid
from suuupra.kernel.stores import Keys

KEY_CLASS = "notifications"


class Vault:
    """Seals what a message says, bound to the row it belongs to."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def seal(self, value: object, row: UUID) -> bytes:
        """Any JSON value."""
        return self._keys.seal(KEY_CLASS, json.dumps(value, default=str).encode(), row.bytes)

    def open(self, sealed: bytes, row: UUID) -> Any:  # noqa: ANN401 - JSON
        """The inverse; `ValueError` for another row's bytes."""
        return json.loads(self._keys.open(KEY_CLASS, sealed, row.bytes))

    def address_key(self, address: str) -> str:
        """The same address always has the same key, which tells nothing about it."""
        return self._keys.mac(KEY_CLASS, address.casefold().encode()).hex()


def checked_address(address: str) -> str:
    """A bare mail address; anything that could smuggle a header is `Invalid`."""
    tidy = address.strip()
    local, at, domain = tidy.rpartition("@")
    if (
        not at
        or not local
        or ("." not in domain and domain != "localhost")
        or any(c in tidy for c in "\r\n\x00 ,;<>")
    ):
        raise Invalid.at("/address", "This is not a mail address.")
    return tidy
