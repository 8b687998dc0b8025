"""Keeps a group of programs alive: starts them in order, restarts what dies, stops all in order.

One thread and one loop, for a thread would make the parent-death signal and fork unsafe. Whatever it knows
it can lose: the next life of the group finds everything in the data folder.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from suuupra.process import proc
from suuupra.process.logs import Log
from suuupra.process.program import Program, Say, kill_group, start

BACK_OFF_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
NEVER_READY_MAX = 5
NEVER_READY_WITHIN_S = 120.0
TAIL_LINES = 20
SHOWN_LINES = 20
_BUSY_PAUSE_S, _CALM_PAUSE_S = 0.05, 0.5
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

WAITING, STARTING, READY, DONE, GIVEN_UP = "waiting", "starting", "ready", "done", "given up"


@dataclass
class Slot:
    """A program's place in the group, through all its lives."""

    program: Program
    log: Log
    state: str = WAITING
    process: subprocess.Popen[bytes] | None = None
    ready: int | None = None
    note: str = ""
    began_at: float = 0.0
    due_at: float = 0.0
    tries: int = 0
    failed_at: list[float] = field(default_factory=list)
    asked: int = 0  # how many of its stop signals were sent
    asked_at: float = 0.0
    pressed_at: float = 0.0

    @property
    def is_settled(self) -> bool:
        return self.state in {READY, DONE} or not (self.program.main or self.process)


class Supervisor:
    """`when_up` is called once, with what each program said when it became ready."""

    def __init__(
        self,
        programs: Sequence[Program],
        logs: Path,
        run: Path,
        say: Say,
        when_up: Callable[[Mapping[str, str]], None],
    ) -> None:
        self._slots = {one.name: Slot(one, Log(logs / f"{one.name}.log")) for one in programs}
        self._run = run
        self._say = say
        self._when_up = when_up
        self._is_up = False
        self._stopping = False
        self._at_once = False
        self._code = 0
        self._selector = selectors.DefaultSelector()
        # Only we hold the writing end, and we never write: it ends when we do.
        self._lifeline, self._held = os.pipe()

    def run(self) -> int:
        """Until a signal or a failure has stopped all: 0, or 1 after a failure. From the main thread only."""
        with self._signals():
            while not (self._stopping and not any(slot.process for slot in self._slots.values())):
                self._start_due()
                for key, _ in self._selector.select(self._pause_s()):
                    key.data()
                self._reap()
                self._look()
                self._read_along()
                self._stop_next()
        os.close(self._lifeline)
        os.close(self._held)
        self._selector.close()
        return self._code

    # Start and readiness

    def _start_due(self) -> None:
        for slot in self._slots.values():
            if self._stopping or slot.state != WAITING or time.monotonic() < slot.due_at:
                continue
            if all(self._slots[name].state in {READY, DONE} for name in slot.program.after):
                self._start(slot)

    def _start(self, slot: Slot) -> None:
        slot.state, slot.began_at, slot.tries = STARTING, time.monotonic(), slot.tries + 1
        try:
            output = slot.log.open()
            try:
                started = start(slot.program, output, self._lifeline)
            finally:
                os.close(output)
        except (OSError, subprocess.SubprocessError) as error:
            self._ended(slot, f"could not be started: {error}", clean=False)
            return
        slot.process, slot.ready = started.process, started.ready
        with contextlib.suppress(OSError):  # a full disk stops nobody from running
            proc.note(self._run / f"{slot.program.name}.pid", started.process.pid)
        self._selector.register(started.ready, selectors.EVENT_READ, lambda: self._hear(slot))

    def _hear(self, slot: Slot) -> None:
        """Its pipe says that it is ready, or what a task has to say once and not to its log, or has ended."""
        said = os.read(slot.ready, 4096) if slot.ready is not None else b""
        self._close_pipe(slot)
        text = said.decode(errors="replace").strip()
        if slot.program.once:
            for line in text.splitlines():
                self._say(slot.program.name, line)
        elif said and slot.state == STARTING:
            self._became_ready(slot, text)

    def _became_ready(self, slot: Slot, note: str = "") -> None:
        slot.state, slot.note, slot.tries = READY, note, 0
        self._say(slot.program.name, f"ready ({time.monotonic() - slot.began_at:.1f} s)")

    def _look(self) -> None:
        """Ask those that cannot tell us; end those that take too long; say so once all are up."""
        for slot in self._slots.values():
            if slot.state != STARTING or slot.process is None:
                continue
            limit = slot.program.ready_within_s
            if slot.program.probe and slot.program.probe(slot.process.pid):
                self._became_ready(slot)
            elif limit and time.monotonic() - slot.began_at > limit:
                self._say(slot.program.name, f"not ready within {limit:.0f} s, ended")
                kill_group(slot.process.pid)
        if not self._is_up and not self._stopping and self._all_up():
            self._is_up = True
            self._when_up({name: slot.note for name, slot in self._slots.items()})

    def _all_up(self) -> bool:
        return all(slot.state in {READY, DONE} for slot in self._slots.values() if slot.program.main)

    # Deaths

    def _reap(self) -> None:
        """Ours and, as process 1, strangers. The group goes before the number can mean another process."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            slot = next(
                (one for one in self._slots.values() if one.process and one.process.pid == ended.si_pid), None
            )
            if slot is not None:
                kill_group(ended.si_pid)
            _, status = os.waitpid(ended.si_pid, 0)
            if slot is not None and slot.process is not None:
                slot.process.returncode = code = os.waitstatus_to_exitcode(status)
                self._ended(slot, _how(code), clean=code == 0)

    def _ended(self, slot: Slot, how: str, *, clean: bool) -> None:
        was_ready, slot.process = slot.state == READY, None
        self._close_pipe(slot)
        (self._run / f"{slot.program.name}.pid").unlink(missing_ok=True)
        if slot.program.bury:
            slot.program.bury()
        if self._stopping:
            self._show(slot)
            slot.state = GIVEN_UP
            took = f" ({time.monotonic() - slot.asked_at:.1f} s)" if slot.asked else ""
            self._say(slot.program.name, f"stopped{took}")
        elif slot.program.once:
            self._task_ended(slot, how, clean=clean)
        elif was_ready:
            self._again(slot, how)
        else:
            self._never_ready(slot, how)

    def _task_ended(self, slot: Slot, how: str, *, clean: bool) -> None:
        needed = [self._slots[name] for name in slot.program.after]
        if clean:
            self._show(slot)
            slot.state = DONE
            self._say(slot.program.name, f"done ({time.monotonic() - slot.began_at:.1f} s)")
        elif any(one.state not in {READY, DONE} or one.began_at > slot.began_at for one in needed):
            self._again(slot, f"{how}, for what it needs fell away meanwhile")
        elif slot.program.main:
            self._give_up(slot, f"{slot.program.name} {how}")
        else:
            self._show(slot)
            slot.state = GIVEN_UP
            self._say(slot.program.name, f"{how}; the rest goes on. Its log: {slot.log.path}")

    def _never_ready(self, slot: Slot, how: str) -> None:
        now = time.monotonic()
        slot.failed_at = [at for at in slot.failed_at if now - at < NEVER_READY_WITHIN_S] + [now]
        if len(slot.failed_at) >= NEVER_READY_MAX and slot.program.main:
            name = slot.program.name
            minutes = f"{NEVER_READY_WITHIN_S / 60:g} minutes"
            self._give_up(slot, f"{name} {how}. {NEVER_READY_MAX} starts within {minutes} never became ready")
        else:
            self._again(slot, f"{how} before it was ready")

    def _again(self, slot: Slot, how: str) -> None:
        delay_s = BACK_OFF_S[min(slot.tries, len(BACK_OFF_S)) - 1] if slot.tries else BACK_OFF_S[0]
        self._show(slot)
        slot.state, slot.due_at = WAITING, time.monotonic() + delay_s
        self._say(slot.program.name, f"{how}; starts again in {delay_s:g} s")

    def _give_up(self, slot: Slot, reason: str) -> None:
        self._code = 1
        slot.state = GIVEN_UP
        slot.log.news()  # they are among the last lines
        self._say("", f"{reason}. Everything stops. The last lines of {slot.log.path}:")
        for line in slot.log.last(TAIL_LINES):
            self._say(slot.program.name, line)
        self._stopping = True

    # Stop

    def _on_signal(self) -> None:
        for number in os.read(self._woken, 64):
            if number in _STOP_SIGNALS and not self._stopping:
                self._stopping = True
                self._say("", "Stopping. Once more stops at once.")
            elif number in {signal.SIGTERM, signal.SIGINT} and not self._at_once:
                self._at_once = True
                self._say("", "Stopping at once.")

    def _stop_next(self) -> None:
        """Last started first, one at a time: whoever stops may still need what was started before it."""
        if not self._stopping:
            return
        for slot in reversed(self._slots.values()):
            if slot.process is not None:
                self._press(slot, slot.process.pid)
                if not self._at_once:
                    return

    def _press(self, slot: Slot, pid: int) -> None:
        """The next harder signal, once the time of the last one is over or nobody wants to wait."""
        now, steps = time.monotonic(), slot.program.stop
        hurried = self._at_once and slot.asked <= 1
        waits = slot.asked > 0 and now - slot.pressed_at < steps[slot.asked - 1][1]
        if slot.asked == len(steps) or (waits and not hurried):
            return
        if hurried:
            slot.asked = 1  # the polite one is skipped
        number = steps[slot.asked][0]
        slot.asked_at, slot.pressed_at = slot.asked_at or now, now
        slot.asked += 1
        if number == signal.SIGKILL:
            kill_group(pid)
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    # Loop

    def _pause_s(self) -> float:
        calm = not self._stopping and all(slot.is_settled for slot in self._slots.values())
        return _CALM_PAUSE_S if calm else _BUSY_PAUSE_S

    def _read_along(self) -> None:
        for slot in self._slots.values():
            self._show(slot)

    def _show(self, slot: Slot) -> None:
        shown = [text for line in slot.log.news() if (text := slot.program.show(line))]
        for text in shown[:SHOWN_LINES]:
            self._say(slot.program.name, text)
        if len(shown) > SHOWN_LINES:
            self._say(slot.program.name, f"… {len(shown) - SHOWN_LINES} more lines in {slot.log.path}")

    def _close_pipe(self, slot: Slot) -> None:
        if slot.ready is not None:
            self._selector.unregister(slot.ready)
            os.close(slot.ready)
            slot.ready = None

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Signals arrive as bytes in a pipe, so that nothing runs between two instructions of ours."""
        self._woken, wake = os.pipe()
        for handle in (self._woken, wake):
            os.set_blocking(handle, False)
        before = signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        caught = [signal.SIGTERM, signal.SIGINT, signal.SIGCHLD]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup is heeded
            caught.append(signal.SIGHUP)
        handlers = [signal.signal(number, lambda *_: None) for number in caught]
        self._selector.register(self._woken, selectors.EVENT_READ, self._on_signal)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            for number, handler in zip(caught, handlers, strict=True):
                signal.signal(number, handler)
            os.close(self._woken)
            os.close(wake)


def _how(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
