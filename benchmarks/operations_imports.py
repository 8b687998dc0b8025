"""What one service adds to a process: seconds of import and memory, each in a process of its own.

Claim (operations, section 11): at most 150 ms and 5 MB a service, beside what the kernel, the platform and
the services below it have brought already. The best of five counts. For memory the bar is 7 MB (ADR 30).
"""

import json
import subprocess
import sys

MS_MAX, MB_MAX = 150, 7
SERVICES = ("gateway", "notifications", "identity", "vod", "content", "portal", "admin")
ROUNDS = 5
PROGRAM = """
import gc, importlib, json, re, sys, time
gc.disable()
def memory():
    gc.collect()
    with open("/proc/self/smaps_rollup") as file:
        return int(re.search(r"^Pss_Anon:\\s+(\\d+)", file.read(), re.MULTILINE)[1]) / 1024
COMMON
before, found = memory(), {}
for name in sys.argv[1:]:
    began = time.process_time()
    importlib.import_module(f"suuupra.services.{name}.module")
    spent, after = time.process_time() - began, memory()
    found[name] = (spent * 1000, after - before)
    before = after
print(json.dumps(found))
"""
COMMON = (
    "import suuupra.app.house, suuupra.app.premises, suuupra.app.tools, suuupra.app.faces, suuupra.web.pages,"
    " suuupra.web.parts, suuupra.web.showcase, suuupra.platform.migrations, suuupra.app.settings,"
    " fastapi, sqlalchemy.ext.asyncio, sqlalchemy.dialects.postgresql"
)


def once() -> dict[str, tuple[float, float]]:
    """Milliseconds and MB by service, in the order in which they stand on each other."""
    program = PROGRAM.replace("COMMON", COMMON)
    done = subprocess.run(
        [sys.executable, "-c", program, *SERVICES], capture_output=True, text=True, check=True
    )
    return {name: (ms, mb) for name, (ms, mb) in json.loads(done.stdout).items()}


def main() -> int:
    runs = [once() for _ in range(ROUNDS)]
    held = True
    for name in SERVICES:
        ms, mb = (min(run[name][index] for run in runs) for index in (0, 1))
        is_held = ms <= MS_MAX and mb <= MB_MAX
        held &= is_held
        missed = "" if is_held else "  MISSED"
        print(f"{name:14} {ms:6.0f} ms (bar {MS_MAX})  {mb:5.1f} MB (bar {MB_MAX}){missed}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
