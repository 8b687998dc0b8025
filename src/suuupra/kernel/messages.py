"""Messages: everything that crosses a port or the event log.

Frozen, closed to unknown fields, and sent without the fields that stand at their default, so that two
releases can run side by side. An `Event` also carries a wire name and says which field orders it.
"""

import hashlib
import re
from typing import Any, ClassVar, Self

import rfc8785
from pydantic import BaseModel, ConfigDict

WIRE_NAME = re.compile(r"^[a-z]+\.[a-z][a-z_]*\.v[1-9]$")


class Message(BaseModel):
    """One frozen value. Collections are tuples and frozensets; times are aware."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def to_wire(self) -> bytes:
        """JSON without defaults."""
        return self.model_dump_json(exclude_defaults=True).encode()

    @classmethod
    def from_wire(cls, body: bytes | str) -> Self:
        """Inverse of `to_wire`."""
        return cls.model_validate_json(body)

    def digest(self) -> bytes:
        """SHA-256 of the canonical JSON (RFC 8785)."""
        canonical = rfc8785.dumps(self.model_dump(mode="json", exclude_defaults=True))
        return hashlib.sha256(canonical).digest()


class Query(Message):
    """Asks and changes nothing; may be retried freely."""


class Command(Message):
    """Changes something; retried only under an idempotency key."""


class Nothing(Message):
    """The empty answer, and the empty question."""


class Event(Message):
    """Something that happened: past tense, facts and ids, no personal data.

    Declared as `class CoursePublished(Event, wire="content.course_published.v1", key="course_id")`;
    events of one key are handled in order.
    """

    wire_name: ClassVar[str] = ""
    key_field: ClassVar[str] = ""
    alias: ClassVar[str | None] = None

    def __init_subclass__(cls, **_: Any) -> None:
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(
        cls, *, wire: str = "", key: str = "", alias: str | None = None, **kwargs: Any
    ) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not WIRE_NAME.match(wire):
            raise TypeError(f"{cls.__name__} needs a wire name such as content.course_published.v1")
        if key not in cls.model_fields:
            raise TypeError(f"{cls.__name__} is ordered by {key!r}, which is not a field of it")
        cls.wire_name, cls.key_field, cls.alias = wire, key, alias

    @property
    def key(self) -> str:
        """What orders this event: all events of one key come in the order of their commits."""
        return str(getattr(self, self.key_field))
