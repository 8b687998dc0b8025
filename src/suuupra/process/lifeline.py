"""A child's side of its supervisor: it says when it is ready, and goes when its supervisor is gone.

Two inherited pipes, named in the environment. Whoever was started by hand has neither: both acts do nothing.
"""

import asyncio
import os
import signal
from collections.abc import MutableMapping

from suuupra.process.environment import LIFELINE_FD, READY_FD

_DRAIN_MAX_S = 8


class Supervised:
    """`ready_fd` is written once and closed; `lifeline_fd` ends when the supervisor does, however it ends."""

    def __init__(self, ready_fd: int | None = None, lifeline_fd: int | None = None) -> None:
        self._ready_fd = ready_fd
        self._lifeline_fd = lifeline_fd

    @classmethod
    def from_environment(cls, environ: MutableMapping[str, str]) -> "Supervised":
        """Takes the two names out of `environ`: they mean nothing to a grandchild."""
        found = [environ.pop(name, None) for name in (READY_FD, LIFELINE_FD)]
        handles = [int(value) if value else None for value in found]
        for handle in handles:
            if handle is not None:
                os.set_inheritable(handle, False)  # noqa: FBT003  # takes no keyword
        return cls(*handles)

    def ready(self, note: str = "") -> None:
        """Say that requests or jobs are taken now; `note` (an address) is shown at the terminal.

        A task says here what is for the terminal alone and not for its log, such as a first password.
        """
        if self._ready_fd is None:
            return
        handle, self._ready_fd = self._ready_fd, None
        try:
            os.write(handle, f"{note}\n".encode())
        except BrokenPipeError:
            pass  # nobody is left to be told; the lifeline says the rest
        finally:
            os.close(handle)

    def watch(self) -> None:
        """From inside the running loop: SIGTERM to ourselves, once, when the supervisor is gone."""
        if self._lifeline_fd is not None:
            asyncio.get_running_loop().add_reader(self._lifeline_fd, self._gone)

    def _gone(self) -> None:
        if self._lifeline_fd is None:
            return
        # An ended pipe stays readable: left in the loop it would fire for ever.
        asyncio.get_running_loop().remove_reader(self._lifeline_fd)
        self._lifeline_fd = None
        signal.alarm(_DRAIN_MAX_S)  # nobody else would end us if we cannot drain
        os.kill(os.getpid(), signal.SIGTERM)
