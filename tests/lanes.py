"""Lanes beside the suite: what needs foreign programs or much time runs only when its folder is named."""

from collections.abc import Iterable
from pathlib import Path

LANES = {"slow", "foreign"}
TESTS = Path(__file__).parent


def is_left_out(path: Path, asked: Iterable[Path]) -> bool:
    """Whether `path` lies in a lane that none of the paths on the command line lies in."""
    parts = path.relative_to(TESTS).parts if path.is_relative_to(TESTS) else ()
    if not parts or parts[0] not in LANES:
        return False
    lane = TESTS / parts[0]
    return not any(one.is_relative_to(lane) for one in asked)
