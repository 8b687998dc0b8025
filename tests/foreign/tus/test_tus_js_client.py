"""Uploads by npm's `tus-js-client`, unchanged, under Node."""

import asyncio
import contextlib
import json
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from suuupra.app.processes import running, server_of
from tests import postgres
from tests.covers import covers
from tests.services.vod.cinema import TUS, Cinema
from tests.services.vod.conftest import opened
from tests.services.vod.films import film

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def installed() -> Path:
    """The client in a folder that git ignores."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no Node on this machine: tus-js-client cannot run")
    if not (HERE / "node_modules" / "tus-js-client").is_dir():
        command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False, timeout=240)
        if done.returncode:
            pytest.skip(f"npm could not fetch tus-js-client: {done.stderr.strip().splitlines()[-1:]}")
    return HERE


@dataclass
class Client:
    """Node with the client in it, signed in as the teacher of a served cinema."""

    cinema: Cinema
    address: str
    cookie: str
    film: Path

    async def act(self, name: str) -> dict[str, Any]:
        """What one act of `upload.js` said."""
        endpoint = f"{self.address}/api/v1/uploads/tus"
        process = await asyncio.create_subprocess_exec(
            *("node", "upload.js", name, endpoint, self.cookie, str(self.film)),
            cwd=HERE,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
        answer: dict[str, Any] = json.loads(said)
        return answer

    async def is_whole(self, url: str) -> bool:
        """Whether what was kept is the film, byte by byte."""
        objects = self.cinema.vod.uploads._ground.objects
        async with objects.staged(f"vod/sources/{url.rpartition('/')[2]}").local() as kept:
            return kept.read_bytes() == self.film.read_bytes()


@pytest.fixture
async def client(installed: Path, postgres_server: postgres.Server, tmp_path: Path) -> AsyncIterator[Client]:
    name = await postgres.clone(postgres_server)
    copy = shutil.copy(film("short.mp4"), tmp_path / "film.mp4")
    async with contextlib.AsyncExitStack() as stack:
        cinema = await stack.enter_async_context(opened(postgres_server.url(name)))
        listener = socket.create_server(("127.0.0.1", 0))
        server = server_of(cinema.house.app, cinema.house.premises.settings, secure=False)
        await stack.enter_async_context(running(server, [listener]))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        cookies = cinema.browser(cinema.teacher).cookies
        cookie = "; ".join(f"{key}={value}" for key, value in cookies.items())
        yield Client(cinema, address, cookie, Path(copy))
    await postgres.drop(postgres_server, name)


@covers("VOD-1")
@pytest.mark.parametrize("act", ["whole", "along"])
async def test_it_uploads_a_file(client: Client, act: str) -> None:
    said = await client.act(act)
    assert await client.is_whole(said["url"])


@covers("VOD-1")
async def test_it_goes_on_in_another_process_where_the_first_one_stopped(client: Client) -> None:
    begun = await client.act("half")
    assert 0 < begun["sent"] < client.film.stat().st_size
    ended = await client.act("resume")
    assert ended["url"] == begun["url"]
    assert await client.is_whole(ended["url"])


@covers("VOD-1")
async def test_it_terminates(client: Client) -> None:
    said = await client.act("terminate")
    place = said["url"].removeprefix(client.address)
    gone = await client.cinema.browser(client.cinema.teacher).head(place, headers=TUS)
    assert gone.status_code == 410


@covers("VOD-1", "VOD-4")
async def test_it_is_told_of_a_refusal(client: Client) -> None:
    client.film.write_bytes(b"words, and nothing but words. " * 4000)
    assert (await client.act("refused"))["status"] == 422
