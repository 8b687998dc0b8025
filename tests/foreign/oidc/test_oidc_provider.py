"""Continue with another site, where the other site is npm's certified `oidc-provider`."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests import postgres
from tests.covers import covers
from tests.house import StandingHouse, standing_house
from tests.services.identity.people import browser, events

HERE = Path(__file__).parent
SITE = "http://127.0.0.1:8000"
READY_LIMIT_S = 20


@pytest.fixture(scope="session")
def installed() -> Path:
    """The provider in a folder that git ignores."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no Node on this machine: oidc-provider cannot run")
    if not (HERE / "node_modules" / "oidc-provider").is_dir():
        command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False, timeout=240)
        if done.returncode:
            pytest.skip(f"npm could not fetch oidc-provider: {done.stderr.strip().splitlines()[-1:]}")
    return HERE


@pytest.fixture
async def issuer(installed: Path, free_port: int) -> AsyncIterator[str]:
    """A running provider."""
    arguments = ("provider.js", str(free_port), f"{SITE}/auth/foreign/callback")
    process = await asyncio.create_subprocess_exec(
        "node", *arguments, cwd=installed, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), READY_LIMIT_S)
    assert line.strip() == b"ready"
    yield f"http://127.0.0.1:{free_port}"
    process.terminate()
    await process.wait()


@pytest.fixture
async def house(postgres_server: postgres.Server, issuer: str) -> AsyncIterator[StandingHouse]:
    """A house that believes it."""
    provider = {
        "key": "foreign",
        "title": "Foreign Academy",
        "issuer": issuer,
        "client_id": "suuupra",
        "client_secret": "a secret of the foreign provider",
    }
    settings: dict[str, Any] = {
        "identity_providers": json.dumps([provider]),
        "identity_loopback_issuers": "true",
        "private_hosts": urlsplit(issuer).netloc,
    }
    name = await postgres.clone(postgres_server)
    async with standing_house(postgres_server.url(name), "identity", **settings) as standing:
        await standing.run_until_idle()
        yield standing
    await postgres.drop(postgres_server, name)


async def agree(location: str, person: str) -> str:
    """Sign in over there and consent, as its own pages ask; the address it sends the browser back to."""
    async with httpx2.AsyncClient(follow_redirects=False, timeout=10) as over_there:
        for _ in range(12):
            answer = await over_there.get(location)
            while answer.status_code in {302, 303}:
                location = str(httpx2.URL(location).join(answer.headers["location"]))
                if location.startswith(SITE):
                    return location
                answer = await over_there.get(location)
            action = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            assert action is not None, answer.text[:500]
            fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)"', answer.text))
            if 'name="login"' in answer.text:
                fields |= {"login": person, "password": "any"}
            answer = await over_there.post(action.group(1), data=fields)
            location = str(httpx2.URL(action.group(1)).join(answer.headers["location"]))
    raise AssertionError("the provider never sent the browser back")


@covers("ID-2")
async def test_a_person_of_a_foreign_provider_signs_in_and_comes_back_as_the_same(
    house: StandingHouse,
) -> None:
    accounts = set()
    for _ in range(2):
        visitor = browser(house)
        left = await visitor.get("/auth/foreign/login?next=/courses")
        back = await agree(left.headers["location"], "meera")
        entered = await visitor.get(back.removeprefix(SITE))
        assert (entered.status_code, entered.headers["location"]) == (303, "/courses"), entered.text[:500]
        me = (await visitor.get("/api/v1/me")).json()
        assert (me["name"], me["address"]) == ("Foreign Meera", "meera@example.org")
        accounts.add(me["id"])
    (account_id,) = accounts
    assert len(await events(house, "identity.user_registered.v1", account_id)) == 1


@covers("ID-2")
async def test_an_answer_of_the_foreign_provider_serves_once(house: StandingHouse) -> None:
    visitor = browser(house)
    left = await visitor.get("/auth/foreign/login")
    back = (await agree(left.headers["location"], "arjun")).removeprefix(SITE)
    assert (await browser(house).get(back)).status_code == 400
    assert (await visitor.get(back)).status_code == 400
    assert not await visitor.is_signed_in()
