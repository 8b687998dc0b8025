"""What a dispatcher keeps in memory: envelopes, handlers by event, lanes with their queues."""

import random
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import UUID
from zlib import crc32

from pydantic import ValidationError

from suuupra.kernel.manifest import Subscription
from suuupra.kernel.messages import Event
from suuupra.platform.postgres.work import PostgresWork

QUEUE_MAX = 500
BACK_OFF_MAX_S = 600.0
SPREAD = 0.2
chance = random.Random()  # noqa: S311 - spreads retries, keeps no secret


@dataclass(frozen=True)
class Envelope:
    """One event of the log, CloudEvents attributes around its payload (JSON text)."""

    position: int
    event_id: UUID
    type: str
    key: str
    payload: str
    trace: str

    @property
    def base(self) -> str:
        """The wire name without its version."""
        return self.type.rpartition(".v")[0]

    @classmethod
    def from_row(cls, row: Any) -> "Envelope":
        """From a row of the log."""
        return cls(**dict(row))


@dataclass(frozen=True)
class Handler:
    """One subscription of one service; `name` is `content.on_asset_ready`."""

    service: str
    subscription: Subscription
    work: PostgresWork

    @cached_property
    def name(self) -> str:
        return f"{self.service}.{self.subscription.name}"

    @cached_property
    def base(self) -> str:
        """The wire name without its version."""
        return self.subscription.event.wire_name.rpartition(".v")[0]

    @property
    def keeps_order(self) -> bool:
        """Whether later events of a failed key wait."""
        return self.subscription.order == "key"

    def lane_of(self, key: str) -> int:
        """Events of one key always meet in one lane."""
        return crc32(key.encode()) % self.subscription.lanes

    def read(self, envelope: Envelope) -> tuple[Event | None, str]:
        """The event, or why this release cannot read it."""
        wanted = self.subscription.event
        if envelope.type != wanted.wire_name:
            return None, f"{envelope.type} is not the version this release handles ({wanted.wire_name})"
        try:
            return wanted.from_wire(envelope.payload), ""
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = "/".join(map(str, first["loc"]))
            return None, f"{envelope.type} does not fit this release: {where}: {first['type']}"


@dataclass
class Lane:
    """A share of a subscription, held under an epoch.

    `position` is on disk; up to `dealt` every event for this lane is handled or in the queue.
    """

    handler: Handler
    index: int
    epoch: int
    position: int
    dealt: int
    queue: deque[Envelope] = field(default_factory=deque)
    is_busy: bool = False

    @property
    def fence(self) -> tuple[str, int, int]:
        """What each statement of this lane begins with: subscription, lane, epoch."""
        return self.handler.name, self.index, self.epoch

    @property
    def has_room(self) -> bool:
        """A lane without room falls behind and reads for itself later."""
        return len(self.queue) < QUEUE_MAX

    @property
    def is_quiet(self) -> bool:
        """Nothing waits and nothing runs: its position may follow what was read."""
        return not self.queue and not self.is_busy

    def takes(self, envelope: Envelope) -> bool:
        """Whether the event is this lane's and new to it."""
        return envelope.position > self.dealt and self.handler.lane_of(envelope.key) == self.index


Lanes = dict[tuple[str, int], Lane]


def by_base(handlers: Iterable[Handler]) -> Mapping[str, list[Handler]]:
    """Who handles which event, whatever its version."""
    found: dict[str, list[Handler]] = {}
    for handler in handlers:
        found.setdefault(handler.base, []).append(handler)
    return found


def back_off(attempts: int) -> timedelta:
    """1 s, 2 s, 4 s … 10 min after the first, second, third … failure, ± 20 %."""
    seconds = min(2.0 ** (attempts - 1), BACK_OFF_MAX_S)
    return timedelta(seconds=seconds * chance.uniform(1 - SPREAD, 1 + SPREAD))
