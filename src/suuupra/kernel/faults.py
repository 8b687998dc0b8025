"""Fault points: named places where a test or an operator makes things fail. Free while they are off."""

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Protocol


class Faults(Protocol):
    """Named places: `await faults.at("payments.capture.before_commit")`."""

    async def at(self, point: str) -> None:
        """Does nothing, or what was armed for this point."""
        ...


class NoFaults:
    """Off."""

    async def at(self, point: str) -> None:
        """Nothing happens."""


class InjectedFault(RuntimeError):
    """Raised at an armed point."""


class ArmedFaults:
    """Armed by name: `kill` (SIGKILL to this process), `raise`, `delay:<seconds>`; each fires once."""

    def __init__(self, armed: dict[str, str], *, seen: Callable[[str], None] | None = None) -> None:
        self._armed = dict(armed)
        self._seen = seen

    @classmethod
    def from_text(cls, text: str) -> "ArmedFaults":
        """`point=effect` pairs separated by commas, as in `SUUUPRA_FAULTS`."""
        return cls(dict(pair.split("=", 1) for pair in text.split(",") if "=" in pair))

    async def at(self, point: str) -> None:
        """Do what is armed for this point, once."""
        if self._seen is not None:
            self._seen(point)
        effect = self._armed.pop(point, None)
        if effect is None:
            return
        if effect == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if effect.startswith("delay:"):
            await asyncio.sleep(float(effect.removeprefix("delay:")))
        if effect == "raise":
            raise InjectedFault(point)


OFF: Faults = NoFaults()
