"""People at the desk, as the tests of admin play them: through pages, mails and cookies."""

import html
import itertools
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import httpx2

from suuupra.kernel.auth import service_principal
from suuupra.services.identity.api import GrantRole, Roles
from tests.house import StandingHouse

PASSWORD = "quiet lanterns over Nila"
REASON = "as agreed on the phone"
LINK = re.compile(r"/verify/([\w-]+)")
NOBODY = UUID(int=0)
NUMBERS = itertools.count(1)


class Forms(HTMLParser):
    """The forms of a page: address, and hidden or typed values."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((facts.get("action", ""), {}))
        elif tag in {"input", "textarea", "select"} and self.forms and facts.get("name"):
            self.forms[-1][1][facts["name"]] = facts.get("value", "")


@dataclass
class Seat:
    """Somebody's browser. `name` is what the desk reads of them."""

    house: StandingHouse
    client: httpx2.AsyncClient
    name: str
    mail: str
    id: UUID = NOBODY
    known_token: str = ""

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.client.get(path, **options)

    async def read(self, path: str) -> str:
        """The words of a page that must be there."""
        shown = await self.client.get(path)
        assert shown.status_code == 200, (path, shown.status_code, words(shown.text)[:600])
        return words(shown.text)

    async def act(self, page: str, action: str, form: str = "", **typed: str) -> httpx2.Response:
        """Open a page and send its form with this action; `form` tells apart those that share one."""
        shown = await self.client.get(page)
        assert shown.status_code == 200, (page, shown.status_code, words(shown.text)[:600])
        every = Forms(shown.text).forms
        fits = [
            (where, fields)
            for where, fields in every
            if unquote(where.split("?")[0]) == action and form in {"", fields.get("form")}
        ]
        assert fits, (action, [where for where, _ in every])
        where, fields = fits[0]
        return await self.client.post(where, data=fields | typed)

    async def api(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """REST of the desk, with the token of the session."""
        return await self.rest(method, f"/api/v1/admin{path}", **options)

    async def rest(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """REST of anybody, as a script of our pages would call it."""
        headers = {"accept": "application/json", "x-csrf-token": await self.token()}
        return await self.client.request(method, path, headers=headers, **options)

    async def token(self) -> str:
        """The token that pages of this session carry; empty for nobody."""
        if not self.known_token:
            shown = await self.client.get("/settings/profile")
            found = re.search(r'name="csrf_token" value="([0-9a-f]*)"', shown.text)
            self.known_token = found.group(1) if found else ""
        return self.known_token

    async def sign_in(self, password: str = PASSWORD) -> None:
        self.known_token = ""
        answer = await self.act("/sign-in", "/sign-in", address=self.mail, password=password)
        assert answer.status_code == 303, words(answer.text)[:500]


def words(text: str) -> str:
    """What a reader sees of the page's own part, in one line."""
    body = text.partition("<main")[2] or text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def seat(house: StandingHouse, name: str, mail: str = "") -> Seat:
    """A browser at an address of its own."""
    number = next(NUMBERS)
    client = house.client(f"127.{2 + number // 250}.{number % 250}.9")
    return Seat(house, client, name, mail or f"person-{number}@example.org")


async def owner(house: StandingHouse) -> Seat:
    """The first owner, signed in."""
    access = await house.service("identity").owners.ensure()
    assert access is not None
    found = seat(house, "Site owner", access.address)
    await found.sign_in(access.password)
    return await known(found)


async def known(found: Seat) -> Seat:
    me = await found.get("/api/v1/me")
    assert me.status_code == 200, me.text
    found.id = UUID(me.json()["id"])
    await found.house.run_until_idle()
    return found


async def member(house: StandingHouse, name: str, *roles: str) -> Seat:
    """Somebody who signed up and followed the mailed link, with roles that the house gave."""
    found = seat(house, name)
    answer = await found.act("/sign-up", "/sign-up", name=name, address=found.mail, password=PASSWORD)
    assert answer.is_success or answer.is_redirect, words(answer.text)[:500]
    await house.run_until_idle()
    mails = await house.mails(found.mail)
    token = next(match.group(1) for mail in mails if (match := LINK.search(mail.text)))
    answer = await found.act(f"/verify/{token}", f"/verify/{token}")
    assert answer.status_code == 303, words(answer.text)[:500]
    await known(found)
    with house.as_(service_principal("test")):
        for role in roles:
            await house.port(Roles).grant(GrantRole(user_id=found.id, role=role, reason="for the test"))
    await house.run_until_idle()
    return found
