"""Several processes: what one says all hear, and whoever cannot hear knows it."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from suuupra.platform.hub import HubServer
from tests.covers import covers
from tests.platform.hub.conftest import MIRA, RAVI, Page, heard, subscribe, until

Hubs = Callable[[str], Awaitable[HubServer]]

OTHER = """
import asyncio, sys
from pathlib import Path
from uuid import UUID
from suuupra.kernel.clock import SystemClock
from suuupra.platform.hub import HubServer
from suuupra.platform.keys import FileKeys

async def main(home):
    hub = HubServer(FileKeys(home / "keys"), SystemClock(), home / "hub", "work-0")
    await hub.start()
    while hub._fan._lines.keys() != {"web-0"}:
        await asyncio.sleep(0.01)
    print("ready", flush=True)
    while order := (await asyncio.to_thread(sys.stdin.readline)).split():
        if order[0] == "announce":
            await hub.announce(order[1], {"n": int(order[2])}, kind="log")
        if order[0] == "revoke":
            await hub.revoke(UUID(order[1]))

asyncio.run(main(Path(sys.argv[1])))
"""


class Other:
    """A process of its own, in the slot `work-0`."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OTHER, home], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    async def ready(self) -> None:
        assert self.process.stdout is not None
        assert await asyncio.to_thread(self.process.stdout.readline) == b"ready\n"

    def order(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n".encode())
        self.process.stdin.flush()

    def end(self) -> None:
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self.process.wait()


@pytest.fixture
def other(hub: HubServer, tmp_path: Path) -> Iterator[Other]:
    made = Other(tmp_path)
    yield made
    made.end()


@covers("PLT-5")
async def test_what_one_process_says_the_pages_of_another_hear(
    hub: HubServer, page: Page, other: Other
) -> None:
    await other.ready()
    async with page() as socket:
        await subscribe(socket, hub.ticket("log", None), "log")
        await until(lambda: hub._topics._by_topic)
        for number in range(1000):
            other.order(f"announce log {number}")
        assert [(await heard(socket))["message"]["n"] for _ in range(1000)] == list(range(1000))


@covers("PLT-5", "PLT-9")
async def test_sign_out_elsewhere_closes_the_page_here_within_a_second(
    hub: HubServer, page: Page, other: Other
) -> None:
    await other.ready()
    async with page(MIRA) as socket:
        await until(lambda: hub._topics.listeners)
        started = time.monotonic()
        other.order(f"revoke {MIRA}")
        await socket.wait_closed()
        assert socket.close_code == 4401
        assert time.monotonic() - started < 1
        assert hub.is_revoked(MIRA)


@covers("PLT-5", "PLT-9")
async def test_a_frozen_peer_makes_deaf_a_dead_one_does_not(hub: HubServer, other: Other) -> None:
    await other.ready()
    await asyncio.sleep(1.2)
    assert not hub.is_deaf()
    other.process.send_signal(signal.SIGSTOP)
    await until(hub.is_deaf)
    other.process.send_signal(signal.SIGCONT)
    await until(lambda: not hub.is_deaf())
    other.process.kill()
    await until(lambda: not hub._fan._heard_at)
    assert not hub.is_deaf()


@covers("PLT-5", "PLT-9")
async def test_who_comes_later_learns_which_sessions_have_ended(hubs: Hubs) -> None:
    first = await hubs("web-0")
    await first.revoke(MIRA)
    second = await hubs("web-1")
    await until(lambda: second.is_revoked(MIRA), within_s=1)
    await second.revoke(RAVI)
    await until(lambda: first.is_revoked(RAVI), within_s=1)


@covers("PLT-5")
async def test_a_line_that_was_cut_makes_logs_refetch(hubs: Hubs, hub: HubServer, page: Page) -> None:
    second = await hubs("web-1")
    await until(lambda: second._fan._lines and hub._fan._lines)
    await second.announce("log", {"n": 1}, kind="log")
    async with page() as socket:
        await subscribe(socket, hub.ticket("log", None), "log")
        await until(lambda: hub._topics._by_topic)
        second._fan._lines["web-0"].transport.abort()
        await second.announce("log", {"n": 2}, kind="log")
        await socket.wait_closed()
        assert socket.close_code == 4408


@covers("PLT-5")
async def test_a_restarted_process_takes_its_place_in_a_very_deep_folder(tmp_path: Path) -> None:
    from suuupra.kernel.clock import SystemClock
    from suuupra.platform.keys import FileKeys

    keys, deep = FileKeys(tmp_path / "keys"), tmp_path / ("deep" * 25) / "run" / "hub"
    stays = HubServer(keys, SystemClock(), deep, "web-0")
    await stays.start()
    for _ in range(2):
        comes = HubServer(keys, SystemClock(), deep, "work-0")
        await comes.start()
        await until(lambda: comes._fan._lines and stays._fan._lines)  # noqa: B023 - awaited here
        await comes.announce("state", {"n": 1})
        await until(lambda: "state" in stays._topics._kept)
        stays._topics.forget(stays._next_id())
        await comes.stop()
        await until(lambda: not stays._fan._lines)
    await stays.stop()
