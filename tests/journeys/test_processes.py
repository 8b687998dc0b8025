"""Services apart as real processes: one site over two web processes and a worker; one of them dies."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from suuupra.app.seeding.visitor import Visitor
from tests.covers import covers

START_LIMIT_S = 60
PASSWORD = "kesar-neel-mor-haldi"


class Processes:
    """Processes of one group over one database and one data folder."""

    def __init__(self, dsn: str, home: Path, public: int, inner: int) -> None:
        peer = f"http://127.0.0.1:{inner}"
        self.address = f"http://127.0.0.1:{public}"
        self.inner = inner
        self.public = public
        self.home = home
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SUUUPRA_")},
            "SUUUPRA_HOME": str(home),
            "SUUUPRA_DATABASE_URL": dsn,
            "SUUUPRA_BASE_URL": self.address,
        }
        self.apart = {"SUUUPRA_ADDRESS_IDENTITY": peer, "SUUUPRA_ADDRESS_NOTIFICATIONS": peer}
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, slot: str, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        with (self.home.parent / f"{slot}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "suuupra", *words],
                env=self.environment | environment | {"SUUUPRA_SLOT": slot},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self.started.append(process)
        return process

    def start_people(self) -> subprocess.Popen[bytes]:
        return self.start("web-1", "serve", "identity", "notifications", "--port", str(self.inner))

    async def answers(self, path: str, wanted: int) -> None:
        """Until the public address answers so."""
        async with aiohttp.ClientSession(headers={"accept": "text/html"}) as session:
            for _ in range(START_LIMIT_S * 5):
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(self.address + path, allow_redirects=False) as answer:
                        if answer.status == wanted:
                            return
                await asyncio.sleep(0.2)
        raise AssertionError(f"{path} does not answer {wanted}")

    def said(self) -> str:
        """What the processes logged, for a failed test."""
        return "\n".join(
            f"--- {log.name}\n{log.read_text()[-6000:]}" for log in sorted(self.home.parent.glob("*.log"))
        )

    def stop(self) -> None:
        for process in self.started:
            process.terminate()
        for process in self.started:
            process.wait(20)


@pytest.fixture
async def apart(fresh_database: str) -> AsyncIterator[Processes]:
    folder = Path(tempfile.mkdtemp(prefix="suuupra-apart-"))
    folder.chmod(0o755)  # as root, the account of PostgreSQL must reach it
    ports = []
    for _ in range(2):
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        server.close()
    processes = Processes(fresh_database, folder / "home", *ports)
    try:
        yield processes
    finally:
        await asyncio.to_thread(processes.stop)
        shutil.rmtree(folder, ignore_errors=True)


@covers("PLT-1", "PLT-13", "OPS-5", "GW-13", "PLT-17")
@pytest.mark.timeout(240)
async def test_somebody_signs_up_over_processes_and_one_of_them_dies(apart: Processes) -> None:
    people = apart.start_people()
    apart.start("work-0", "work")
    apart.start(
        "web-0", "serve", "--except", "identity,notifications", "--port", str(apart.public), **apart.apart
    )
    await apart.answers("/sign-up", 200)
    visitor = Visitor(apart.address, 7, 41)
    try:
        me = await visitor.enter("nidhi@example.org", PASSWORD, "Nidhi Sharma")
        assert me["name"] == "Nidhi Sharma"
        assert "Nidhi Sharma" in await visitor.page("/account")
        people.send_signal(signal.SIGKILL)
        await asyncio.to_thread(people.wait)
        await apart.answers("/courses", 200)
        await apart.answers("/sign-in", 503)
        apart.start_people()
        await apart.answers("/sign-in", 200)
        assert (await visitor.get("/api/v1/me"))["id"] == me["id"]
    except Exception as error:
        error.add_note(apart.said())
        raise
    finally:
        await visitor.close()
