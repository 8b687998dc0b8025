"""The last thing that runs before a codec: gives rights and room away, then becomes the program.

Run by path, isolated and without site packages, so that it costs a few milliseconds and needs nothing but the
standard library. It exists because neither a thread nor a loop may fork with code of ours in between: the
parent starts this file as an ordinary program, and the parent-death signal is set here, where none lives.

    python -I -S launch.py parent=4711 nice=15 as=3221225472 -- /path/to/ffmpeg -version
"""

import ctypes
import os
import resource
import sys

PR_SET_PDEATHSIG = 1
SIGKILL = 9  # importing `signal` or `contextlib` would double the time this takes
PR_SET_NO_NEW_PRIVS = 38
OOM_SCORE = "500"  # the kernel takes a codec before it takes a database
ROOMS = {
    "as": resource.RLIMIT_AS,
    "cpu": resource.RLIMIT_CPU,
    "fsize": resource.RLIMIT_FSIZE,
    "nofile": resource.RLIMIT_NOFILE,
}
CANNOT_RUN = 127


def confine(orders: dict[str, int]) -> None:
    """Drop rights, bind this life to that of `parent`, take room away: in this order.

    A change of account clears the parent-death signal, and a parent that died before it was set is found by
    comparing process ids.
    """
    if "uid" in orders:
        os.setgroups([])
        os.setresgid(*[orders["gid"]] * 3)
        os.setresuid(*[orders["uid"]] * 3)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        try:
            with open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123 - the same
                score.write(OOM_SCORE)
        except OSError:
            pass
    if os.getppid() != orders["parent"]:
        os._exit(CANNOT_RUN)  # the parent died before the signal was set
    os.chdir("/")
    os.umask(0o077)
    os.setpriority(os.PRIO_PROCESS, 0, orders.get("nice", 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name, room in ROOMS.items():
        if name in orders:
            resource.setrlimit(room, (orders[name], orders[name]))


def read_orders(words: list[str]) -> dict[str, int]:
    return {name: int(value) for name, _, value in (word.partition("=") for word in words)}


def main(arguments: list[str]) -> None:
    border = arguments.index("--")
    command = arguments[border + 1 :]
    # Opened with the rights of before: the account may run this one program without reaching its folder.
    program = os.open(command[0], os.O_RDONLY | os.O_CLOEXEC)
    confine(read_orders(arguments[:border]))
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "MALLOC_ARENA_MAX": "4"}
    try:
        os.execve(program, command, environment)  # noqa: S606 - no shell is wanted
    except OSError:
        os.execve(command[0], command, environment)  # noqa: S606 - a script cannot be run from a closing descriptor


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        os._exit(CANNOT_RUN)
