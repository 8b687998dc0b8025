"""Playback: a right becomes a signed, short-lived plan; beats renew it and tell what was watched."""

from typing import Literal, Protocol
from uuid import UUID

from pydantic import Field

from suuupra.kernel.clock import Moment
from suuupra.kernel.messages import Command, Message, Nothing, Query

Purpose = Literal["stream", "preview"]


class PlayRight(Message):
    """What the owner of a lesson answers. `reason` is a sentence for who is refused."""

    allowed: bool
    reason: str = ""
    until_at: Moment | None = None
    height_max: int | None = None


class RightQuery(Query):
    """Whether this person (None: nobody signed in) may play this asset in this context."""

    asset_id: UUID
    context_ref: str
    subject: UUID | None = None
    purpose: Purpose = "stream"


class PlaybackRights(Protocol):
    """Declared here, answered from above by the owner of the context."""

    async def may_play(self, query: RightQuery) -> PlayRight:
        """Asked again at most each 30 s a session."""
        ...


class OpenPlayback(Command):
    """Open a session for whoever calls. With `right` nobody is asked back; `resume_ms` is where to start."""

    asset_id: UUID
    context_ref: str
    purpose: Purpose = "stream"
    right: PlayRight | None = None
    resume_ms: int = Field(default=0, ge=0)


class PlaybackPlan(Message):
    """Where to play from. `grant` stands in the addresses and is renewed by beats each `beat_s`.

    `credited_ms` is what the last beat was believed.
    """

    id: UUID
    hls: str
    mp4: str = ""
    poster: str = ""
    grant: str
    expires_at: Moment
    resume_ms: int = 0
    duration_ms: int = 0
    beat_url: str = ""
    beat_s: int = 10
    is_growing: bool = False
    credited_ms: int = 0


class RenewPlayback(Command):
    """What was watched since the last beat, in ms of the medium."""

    id: UUID
    intervals: tuple[tuple[int, int], ...] = Field(default=(), max_length=100)
    position_ms: int = Field(default=0, ge=0)
    speed: float = Field(default=1.0, ge=0.25, le=4)
    stalls: int = Field(default=0, ge=0)


class RevokePlayback(Command):
    """End every session of a person on these assets, with the reason they read."""

    subject: UUID
    assets: tuple[UUID, ...]
    reason: str = ""


class WatchedQuery(Query):
    """What a person has watched of an asset."""

    subject: UUID
    asset_id: UUID


class Watched(Message):
    """Disjoint intervals in ms, in order."""

    intervals: tuple[tuple[int, int], ...] = ()


class Playback(Protocol):
    """Sessions of watching."""

    async def open(self, command: OpenPlayback) -> PlaybackPlan:
        """`NotEntitled`, `NotReady`, `AssetUnknown`."""
        ...

    async def renew(self, command: RenewPlayback) -> PlaybackPlan:
        """`NotEntitled` with the reason once the right has ended."""
        ...

    async def revoke(self, command: RevokePlayback) -> Nothing:
        """Within a second for our own `/media`."""
        ...

    async def watched(self, query: WatchedQuery) -> Watched:
        """The union."""
        ...
