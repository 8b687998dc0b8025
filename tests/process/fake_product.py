"""Stands where the product stands: the verbs that `up` starts, doing what a test asks for by `FAKE_<VERB>`.

Words: `fail` ends at once, `hang` never gets ready, `deaf` ignores SIGTERM, `child` starts a process and
writes its pid beside the data, `bound` the same with a parent-death signal, `stranger` leaves an orphan.
"""

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from suuupra.process.lifeline import Supervised

HOME = Path(os.environ["SUUUPRA_HOME"])
VERB = sys.argv[1]
WORDS = os.environ.get(f"FAKE_{VERB.upper()}", "").split()
SUPERVISED = Supervised.from_environment(os.environ)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A response that never ends, as a stream of events does not."""
    await reader.readline()
    writer.write(f"HTTP/1.1 200 OK\r\n\r\n{os.getpid()}\n".encode())
    await writer.drain()


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


async def run() -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    if "deaf" in WORDS:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    SUPERVISED.watch()
    if VERB == "serve":
        at = dict(zip(sys.argv[2::2], sys.argv[3::2], strict=True))
        await asyncio.start_server(answer, at["--host"], int(at["--port"]), reuse_address=True)
    if "hang" not in WORDS:
        SUPERVISED.ready()
    say(json.dumps({"event": f"{VERB}.began", "level": "info"}))
    say(json.dumps({"event": f"{VERB}.odd", "level": "warning", "slot": os.environ["SUUUPRA_SLOT"]}))
    await stopped.wait()


def main() -> int:
    say(f"{VERB} begins")
    if "fail" in WORDS:
        say("this cannot work")
        return 1
    if "child" in WORDS or "bound" in WORDS:
        child = subprocess.Popen(["sleep", "300"], preexec_fn=die_with_parent if "bound" in WORDS else None)
        (HOME / f"{VERB}-child").write_text(str(child.pid), encoding="ascii")
    if "stranger" in WORDS:
        # The shell dies at once: its child goes to whoever adopts orphans.
        subprocess.run(["sh", "-c", f"sleep 0.2 & echo $! > {HOME}/stranger"], check=True)
    if VERB == "migrate":
        SUPERVISED.ready("the owner's first password is xyzzy")
    elif VERB != "seed":
        asyncio.run(run())
    return 0


sys.exit(main())
