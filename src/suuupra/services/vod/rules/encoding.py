"""The plan of an encoding: its steps in order, what may run when, how far it is, and how long it takes.

The first rung runs ahead alone, the others share one decode a chunk; sound is made once over the whole file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

INDEX, AUDIO, FIRST, REST, POSTER, PACKAGE = "index", "audio", "first", "rest", "poster", "package"
PRIORITY = {INDEX: 5, AUDIO: 10, FIRST: 10, POSTER: 20, PACKAGE: 25, REST: 30}
OPTIONAL = frozenset({POSTER})
WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
ENDED = frozenset({DONE, FAILED, CANCELLED})
TRIES_MAX = 5
WHOLE_PERMILLE = 1000


@dataclass(frozen=True)
class Planned:
    """One step. `frames_total` counts the frames of all rungs that it makes."""

    name: str
    chunk: int = 0
    frames_total: int = 0

    @property
    def priority(self) -> int:
        """Lower runs first; the beginning of a video before its rest."""
        return PRIORITY[self.name]


@dataclass(frozen=True)
class Shape:
    """What the plan follows from: frames by chunk (empty for sound alone), and what the source has."""

    chunk_frames: tuple[int, ...]
    rungs: int
    has_audio: bool
    is_indexed: bool


def plan(shape: Shape) -> tuple[Planned, ...]:
    """Every step of a revision."""
    steps = [] if shape.is_indexed else [Planned(INDEX)]
    if shape.has_audio:
        steps.append(Planned(AUDIO))
    steps += [Planned(FIRST, chunk, frames) for chunk, frames in enumerate(shape.chunk_frames)]
    others = shape.rungs - 1
    if others > 0:
        steps += [Planned(REST, chunk, frames * others) for chunk, frames in enumerate(shape.chunk_frames)]
    return (*steps, Planned(POSTER), Planned(PACKAGE))


@dataclass(frozen=True)
class Stage:
    """A step as it stands."""

    name: str
    state: str
    frames_done: int = 0
    frames_total: int = 0


def may_start(stages: Iterable[Stage]) -> frozenset[str]:
    """The names of steps whose time has come: an index before all, the package after sound and first rung."""
    known = list(stages)
    if any(one.name == INDEX and one.state != DONE for one in known):
        return frozenset({INDEX})
    names = {one.name for one in known} - {INDEX, PACKAGE}
    if all(one.state == DONE for one in known if one.name in {AUDIO, FIRST}):
        names.add(PACKAGE)
    return frozenset(names)


def outcome(stages: Sequence[Stage]) -> str:
    """`making`, `ready`, `failed` or `cancelled`; a poster that cannot be drawn fails nothing."""
    if any(one.state == CANCELLED for one in stages):
        return CANCELLED
    if any(one.state == FAILED and one.name not in OPTIONAL for one in stages):
        return FAILED
    return "ready" if all(one.state in ENDED for one in stages) else "making"


def permille(stages: Iterable[Stage]) -> int:
    """How far all rungs are, in frames; whole only when every step has ended."""
    known = list(stages)
    if known and all(one.state in ENDED for one in known):
        return WHOLE_PERMILLE
    total = sum(one.frames_total for one in known)
    if total == 0:
        return WHOLE_PERMILLE * sum(one.state in ENDED for one in known) // max(1, len(known))
    done = sum(one.frames_total if one.state == DONE else one.frames_done for one in known)
    return min(WHOLE_PERMILLE - 1, WHOLE_PERMILLE * done // total)


def waiting_frames(own: Mapping[str, int], owner: str) -> int:
    """Frames that come before the last one of `owner`, itself included, when owners take turns."""
    mine = own.get(owner, 0)
    return sum(min(frames, mine) for frames in own.values())


def seconds_left(frames: int, frames_per_s: float) -> float | None:
    """None while nobody has measured a speed."""
    return frames / frames_per_s if frames_per_s > 0 else None


def present_prefix(sizes: Sequence[int]) -> int:
    """How many segments are there without a gap, from the first."""
    return next((place for place, size in enumerate(sizes) if size == 0), len(sizes))
