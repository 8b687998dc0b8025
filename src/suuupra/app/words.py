"""What verbs say at the terminal, and the codes they end with."""

import argparse
import json
import sys
from typing import Any

OK, FAILED, MISUSE, DEGRADED = 0, 1, 2, 3


def say(text: str) -> None:
    """One line for the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def answer(options: argparse.Namespace, found: Any, lines: list[str]) -> None:
    """JSON for programs, lines for people."""
    if getattr(options, "as_json", False):
        say(json.dumps(found, default=str, indent=2))
        return
    for line in lines:
        say(line)
