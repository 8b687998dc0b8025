"""People who sign up and in, as the tests of identity play them: through pages, mails and cookies."""

import itertools
import json
import os
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import asyncpg
import httpx2

from suuupra.kernel.auth import service_principal
from suuupra.services.identity.api import GrantRole
from suuupra.services.identity.service import Identity
from tests.house import StandingHouse

PASSWORD = "quiet lanterns over Nila"
LINK = re.compile(r"https?://[^\s<>\"]+/verify/([\w-]+)")


class Forms(HTMLParser):
    """The forms of a page with their hidden and typed values."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((facts.get("action", ""), {}))
        elif tag in {"input", "textarea"} and self.forms and facts.get("name"):
            self.forms[-1][1][facts["name"]] = facts.get("value", "")

    def to(self, action: str) -> dict[str, str]:
        """The fields of the form with this action."""
        return next(fields for where, fields in self.forms if where.split("?")[0] == action)


@dataclass
class Browser:
    """Somebody's browser: a client with cookies, the house it visits, and their mail address."""

    house: StandingHouse
    client: httpx2.AsyncClient
    address: str

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.client.get(path, **options)

    async def submit(self, page: str, action: str, **typed: str) -> httpx2.Response:
        """Open a page, fill in one of its forms and send it."""
        shown = await self.client.get(page)
        assert shown.status_code in {200, 410}, (page, shown.status_code, shown.text[:500])
        fields = Forms(shown.text).to(action)
        return await self.client.post(action, data=fields | typed)

    async def sign_up(self, **typed: str) -> httpx2.Response:
        filled = {"name": "Meera Nair", "address": self.address, "password": PASSWORD} | typed
        answer = await self.submit("/sign-up", "/sign-up", **filled)
        await self.house.run_until_idle()
        return answer

    async def sign_in(self, password: str = PASSWORD, **typed: str) -> httpx2.Response:
        filled = {"address": self.address, "password": password} | typed
        return await self.submit("/sign-in", "/sign-in", **filled)

    async def join(self, **typed: str) -> UUID:
        """Sign up, follow the mailed link, press its button; signed in afterwards."""
        await self.sign_up(**typed)
        token = await mailed_token(self.house, self.address)
        answer = await self.submit(f"/verify/{token}", f"/verify/{token}")
        assert answer.status_code == 303, answer.text[:500]
        await self.house.run_until_idle()
        return await self.who()

    async def who(self) -> UUID:
        me = await self.client.get("/api/v1/me")
        assert me.status_code == 200, me.text
        return UUID(me.json()["id"])

    async def is_signed_in(self) -> bool:
        return (await self.client.get("/api/v1/me")).status_code == 200

    async def token(self) -> str:
        """The CSRF token of this session, as scripts find it."""
        shown = await self.client.get("/settings/profile")
        found = re.search(r'name="csrf_token" value="([0-9a-f]*)"', shown.text)
        assert found is not None
        return found.group(1)

    async def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """REST with the token of the session."""
        headers = {"x-csrf-token": await self.token(), "accept": "application/json"}
        return await self.client.request(
            method, path, headers=headers | options.pop("headers", {}), **options
        )


_numbers = itertools.count(1)


def browser(house: StandingHouse, address: str = "") -> Browser:
    """Somebody new, from a network of their own; `address` makes it somebody's second browser."""
    number = next(_numbers)
    client = house.client(f"127.{1 + number // 250}.{number % 250}.9")
    return Browser(house, client, address or f"meera-{number}-{os.getpid()}@example.org")


def identity(house: StandingHouse) -> Identity:
    found: Identity = house.service("identity")
    return found


async def mailed_token(house: StandingHouse, address: str) -> str:
    """The token of the newest link that was mailed to an address."""
    for mail in await house.mails(to=address):
        found = LINK.search(mail.text)
        if found:
            return found.group(1)
    raise AssertionError(
        f"no link was mailed; mails: {[mail.subject for mail in await house.mails(to=address)]}"
    )


async def staff_member(house: StandingHouse, role: str) -> tuple[Browser, UUID]:
    """Somebody who joined, with a role that the house gave."""
    member = browser(house)
    account_id = await member.join()
    with house.as_(service_principal("test")):
        command = GrantRole(user_id=account_id, role=role, reason="for the test")
        await identity(house).roles.grant(command)
    return member, account_id


async def rows(house: StandingHouse, query: str, *values: Any) -> list[Any]:
    """Look into the database, past every door."""
    connection = await asyncpg.connect(house.premises.settings.database_url.get_secret_value())
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


async def events(house: StandingHouse, type_: str, key: object) -> list[dict[str, Any]]:
    """The payloads of one type and key, in order."""
    await house.run_until_idle()
    query = "SELECT payload::text AS body FROM kernel.event WHERE type = $1 AND key = $2 ORDER BY position"
    return [json.loads(row["body"]) for row in await rows(house, query, type_, str(key))]


async def audited_acts(house: StandingHouse, account_id: UUID) -> list[dict[str, Any]]:
    """What was audited about an account."""
    return await events(house, "kernel.audited.v1", f"account:{account_id}")
