"""What goes wrong with media, in sentences an uploader or an operator can act on."""

from collections.abc import Sequence

from suuupra.kernel.problems import Conflict, Invalid, Problem, Unavailable


class NotPlayable(Invalid):
    """The file is no media this house plays; member `reason` is one word, `detail` a sentence."""

    title = "This file cannot be played"


class TooBig(Invalid):
    """One of `Limits` is passed; member `limit` names it."""

    title = "This file is larger than the limits allow"


class Unsupported(Unavailable):
    """ffmpeg is away or lacks what this needs; member `feature` names it."""

    title = "The encoder cannot do this"


class ChildDied(Problem):
    """A child process ended badly. Members: `exit` (negative: the signal) and `lines`, its last on stderr."""

    status = 500
    title = "Working on this file stopped"

    @classmethod
    def of(cls, program: str, exit_status: int, lines: Sequence[str]) -> "ChildDied":
        ending = f"signal {-exit_status}" if exit_status < 0 else f"status {exit_status}"
        last = f": {lines[-1]}" if lines else ""
        return cls(f"{program} ended with {ending}{last}", exit=exit_status, lines=list(lines))


class Cancelled(Conflict):
    """Stopped by the caller's own `Control`; nothing is left behind."""

    title = "This was cancelled"
