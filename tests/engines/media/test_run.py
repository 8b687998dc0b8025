"""Children: caged, stopped, paused, and never left behind."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from suuupra.engines.media.control import Control
from suuupra.engines.media.problems import Cancelled, ChildDied
from suuupra.engines.media.run import Account, Cage, run_program
from tests.covers import covers
from tests.engines.media.conftest import line_of

PYTHON = sys.executable
FREE = Cage(niceness=0)
REPORT = """
import json, os, resource
limits = {name: resource.getrlimit(getattr(resource, name))[0] for name in ("RLIMIT_AS", "RLIMIT_CORE")}
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({
    "environment": dict(os.environ), "cwd": os.getcwd(), "nice": os.nice(0), "umask": os.umask(0),
    "leads": os.getpgrp() == os.getpid(), "limits": limits, "uid": os.getresuid(), "gid": os.getresgid(),
    "groups": os.getgroups(), "no_new": status["NoNewPrivs"].strip(),
    "oom": open("/proc/self/oom_score_adj").read(),
}))
"""
CALLER = """
import asyncio, sys
from suuupra.engines.media.run import run_program
from suuupra.engines.media.run import Cage
pattern = ["-re", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=600"]
encode = ["-c:v", "libx264", "-f", "null", "-progress", "pipe:1", "-"]
command = [sys.argv[1], "-v", "error", "-nostdin", *pattern, *encode]
def tell(line):
    if line.startswith(b"frame="):
        print("running", flush=True)
if sys.argv[2] == "uvloop":
    import uvloop
    uvloop.run(run_program(command, Cage(), tell))
else:
    asyncio.run(run_program(command, Cage(), tell))
"""


def python(code: str) -> list[str]:
    return [PYTHON, "-I", "-S", "-c", code]


async def until(condition: object, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.02)


def children() -> list[psutil.Process]:
    """Those of `python` above that have become their program: the launcher is over."""
    found = psutil.Process().children()
    return [one for one in found if line_of(one)[:4] == [PYTHON, "-I", "-S", "-c"]]


async def report(cage: Cage) -> dict[str, object]:
    lines: list[bytes] = []
    await run_program(python(REPORT), cage, lines.append)
    answer: dict[str, object] = json.loads(lines[-1])
    return answer


@covers("ENG-3")
class TestCage:
    async def test_a_child_has_its_own_group_no_environment_and_little_room(self) -> None:
        said = await report(Cage(memory_bytes=1 << 30, niceness=11))
        assert set(said["environment"]) <= {"PATH", "LC_ALL", "MALLOC_ARENA_MAX", "LC_CTYPE"}  # type: ignore[call-overload]
        assert said["leads"] is True
        assert (said["cwd"], said["nice"], said["umask"]) == ("/", 11, 0o077)
        assert said["limits"] == {"RLIMIT_AS": 1 << 30, "RLIMIT_CORE": 0}
        assert (said["no_new"], said["oom"]) == ("1", "500\n")

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give rights away")
    async def test_rights_are_dropped_for_good_and_the_binary_may_lie_in_a_closed_folder(
        self, tmp_path: Path
    ) -> None:
        try:
            said = await report(Cage(Account(65534, 65534), niceness=0))
        except ChildDied as died:
            if "loading shared libraries" not in str(died):
                raise
            pytest.skip("this Python loads its library from a folder that others may not enter")
        assert said["uid"] == said["gid"] == [65534] * 3
        assert said["groups"] == []
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        program = shutil.copy(shutil.which("id") or "", closed / "id")
        lines: list[bytes] = []
        await run_program([str(program), "-u"], Cage(Account(65534, 65534), niceness=0), lines.append)
        assert lines == [b"65534"]

    async def test_memory_time_and_file_size_are_limited(self, tmp_path: Path) -> None:
        with pytest.raises(ChildDied, match="MemoryError"):
            await run_program(python("bytearray(2 << 30)"), Cage(memory_bytes=256 << 20, niceness=0))
        grow = f"open({str(tmp_path / 'big')!r}, 'wb').write(bytes(9000))"
        with pytest.raises(ChildDied, match="File too large"):
            await run_program(python(grow), Cage(file_bytes=1000, niceness=0))
        with pytest.raises(ChildDied) as died:
            await run_program(python("while True: pass"), Cage(cpu_s=1, niceness=0))
        assert died.value.members["exit"] in {-signal.SIGKILL, -signal.SIGXCPU}

    async def test_a_child_that_is_late_is_stopped_and_says_so(self) -> None:
        with pytest.raises(ChildDied, match=r"stopped after 0 s"):
            await run_program(python("import time; time.sleep(60)"), Cage(wall_s=0.2, niceness=0))
        assert children() == []


@covers("ENG-3")
class TestReport:
    async def test_the_exit_and_the_last_fifty_lines_are_kept(self) -> None:
        code = "import sys\nfor n in range(200): print('line', n, file=sys.stderr)\nsys.exit(3)"
        with pytest.raises(ChildDied) as died:
            await run_program(python(code), FREE)
        assert died.value.members["exit"] == 3
        assert died.value.members["lines"] == [f"line {n}" for n in range(150, 200)]

    async def test_output_without_end_of_line_fills_no_memory_and_blocks_nobody(self) -> None:
        lines: list[bytes] = []
        code = "import sys\nfor _ in range(64): sys.stdout.write('x' * 100_000)\nprint()\nprint('last')"
        await run_program(python(code), FREE, lines.append)
        assert lines[-1] == b"last"
        assert sum(len(line) for line in lines) < 200_000

    async def test_a_program_that_is_not_there_is_told(self) -> None:
        with pytest.raises(ChildDied, match="No such file") as died:
            await run_program(["/nowhere/ffmpeg"], FREE)
        assert died.value.members["exit"] == 127


@covers("ENG-3")
class TestControl:
    async def test_cancel_ends_the_child_at_once_and_every_later_call(self) -> None:
        control = Control()
        run = asyncio.ensure_future(run_program(python("import time; time.sleep(60)"), FREE, control=control))
        await until(children)
        started = time.monotonic()
        control.cancel()
        with pytest.raises(Cancelled):
            await run
        assert time.monotonic() - started < 2
        assert children() == []
        with pytest.raises(Cancelled):
            await run_program(python("pass"), FREE, control=control)

    async def test_a_child_that_ignores_the_request_is_gone_within_six_seconds(self) -> None:
        control, lines = Control(), list[bytes]()
        code = "import signal, time\nsignal.signal(15, signal.SIG_IGN)\n"
        code += "print('deaf', flush=True)\ntime.sleep(60)"
        run = asyncio.ensure_future(run_program(python(code), FREE, lines.append, control))
        await until(lambda: lines)
        started = time.monotonic()
        control.cancel()
        with pytest.raises(Cancelled):
            await run
        assert time.monotonic() - started < 6
        assert children() == []

    async def test_a_paused_child_stands_and_its_wall_limit_with_it(self) -> None:
        control = Control()
        code = "import time\nend = time.monotonic() + 0.3\nwhile time.monotonic() < end: time.sleep(0.01)"
        run = asyncio.ensure_future(run_program(python(code), Cage(wall_s=1.2, niceness=0), control=control))
        await until(children)
        control.pause()
        await until(lambda: children()[0].status() == psutil.STATUS_STOPPED)
        await asyncio.sleep(1.5)
        assert not run.done()
        control.resume()
        await run

    async def test_a_paused_child_can_be_cancelled(self) -> None:
        control = Control()
        run = asyncio.ensure_future(run_program(python("import time; time.sleep(60)"), FREE, control=control))
        await until(children)
        control.pause()
        await until(lambda: children()[0].status() == psutil.STATUS_STOPPED)
        control.cancel()
        with pytest.raises(Cancelled):
            await run
        assert children() == []

    async def test_the_clock_of_a_control_stands_while_paused(self) -> None:
        control = Control()
        control.pause()
        control.pause()
        stood = control.clock_s
        await asyncio.sleep(0.1)
        assert control.clock_s == stood
        control.resume()
        assert control.clock_s - stood < 0.1

    async def test_a_cancelled_task_leaves_no_child(self) -> None:
        run = asyncio.ensure_future(run_program(python("import time; time.sleep(60)"), FREE))
        await until(children)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert children() == []


@covers("ENG-3")
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
async def test_the_encoder_of_a_killed_caller_is_gone_within_a_second(loop: str, ffmpeg: object) -> None:
    path = ffmpeg.path  # type: ignore[attr-defined]
    with subprocess.Popen([PYTHON, "-c", CALLER, path, loop], stdout=subprocess.PIPE) as caller:
        assert caller.stdout is not None
        assert await asyncio.to_thread(caller.stdout.readline) == b"running\n"
        (encoder,) = psutil.Process(caller.pid).children()
        caller.kill()
        caller.wait()
        killed = time.monotonic()
        await until(lambda: not encoder.is_running() or encoder.status() == psutil.STATUS_ZOMBIE, 1.0)
        assert time.monotonic() - killed < 1.0
