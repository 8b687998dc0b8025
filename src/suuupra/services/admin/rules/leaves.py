"""The leaf of an audited fact: one canonical form and its hash, ready to be sealed in a tree of RFC 9162."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import rfc8785

SAFE_INTEGER_MAX = 2**53 - 1
LEAF_PREFIX = b"\x00"
NUL = "\x00"


@dataclass(frozen=True)
class Leaf:
    """The facts that the hash covers."""

    id: UUID
    at: datetime
    source: str
    actor: str
    action: str
    target: str
    acting_for: UUID | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    trace_id: str = ""


def canonical(leaf: Leaf) -> bytes:
    """JSON by RFC 8785; the moment in UTC to the microsecond, as the database keeps it."""
    return rfc8785.dumps(
        {
            "id": str(leaf.id),
            "at": leaf.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "source": leaf.source,
            "actor": leaf.actor,
            "action": leaf.action,
            "target": leaf.target,
            "acting_for": None if leaf.acting_for is None else str(leaf.acting_for),
            "before": dict(leaf.before),
            "after": dict(leaf.after),
            "reason": leaf.reason,
            "trace_id": leaf.trace_id,
        }
    )


def leaf_hash(leaf: Leaf) -> bytes:
    """SHA-256(0x00 || canonical JSON): RFC 9162, section 2.1.1."""
    return hashlib.sha256(LEAF_PREFIX + canonical(leaf)).digest()


def storable(value: Any) -> Any:  # noqa: ANN401 - any JSON value of an audited fact
    """The value as the database and RFC 8785 both keep it, so that what is read back hashes alike.

    JSONB has no NUL character, RFC 8785 no number that a double does not hold exactly; such numbers
    become text.
    """
    if isinstance(value, Mapping):
        return {text(str(name)): storable(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [storable(one) for one in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if math.isfinite(value) and abs(value) <= SAFE_INTEGER_MAX else str(value)
    return text(str(value))


def text(value: str) -> str:
    """Without what PostgreSQL cannot keep in a text: NUL, and halves of surrogate pairs."""
    return value.replace(NUL, "").encode("utf-8", "replace").decode("utf-8")
