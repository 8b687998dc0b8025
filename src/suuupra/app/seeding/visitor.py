"""A browser without a screen: one person's cookies, token and source address, patient with limits."""

import asyncio
import html
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import aiohttp

TOKEN = re.compile(r'<meta name="csrf-token" content="([0-9a-f]+)"')
MAIL_LINK = re.compile(r'href="(/dev/mail/[^"/?]+)"')
TRIES = 40
BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
LOOPBACK = frozenset({"127.0.0.1", "localhost"})


class SeedError(Exception):
    """The site did not do what the demo needs; the message says what."""


class Visitor:
    """One person. `place` chooses a source address 127.0.0.x, so that each has limits of their own."""

    def __init__(self, address: str, number: int, place: int) -> None:
        self.address = address
        self._space = UUID(int=number)
        local = (f"127.0.0.{place}", 0) if urlsplit(address).hostname in LOOPBACK else None
        self._session = aiohttp.ClientSession(
            address,
            connector=aiohttp.TCPConnector(local_addr=local),
            cookie_jar=aiohttp.CookieJar(unsafe=True),
        )
        self._token = ""

    async def close(self) -> None:
        """Leave."""
        await self._session.close()

    async def page(self, path: str) -> str:
        """The HTML of a page."""
        async with self._session.get(path, headers={"Accept": "text/html"}) as answer:
            return await answer.text()

    async def get(self, path: str) -> Any:
        """JSON, or None where it is not there."""
        status, body, _ = await self.ask("GET", path)
        return body if status == HTTPStatus.OK else None

    async def etag(self, path: str) -> str:
        """The version of a thing that is about to be changed."""
        async with self._session.get(path) as answer:
            return answer.headers.get("ETag", "")

    async def act(self, method: str, path: str, body: Any = None, *, act: str = "", match: str = "") -> Any:
        """A write; `act` names it, so that a repeat is the same command. Raises `SeedError` if refused."""
        headers = {"Idempotency-Key": str(uuid5(self._space, act))} if act else {}
        if match:
            headers["If-Match"] = match
        status, found, text = await self.ask(method, path, body, headers)
        if status >= HTTPStatus.BAD_REQUEST:
            raise SeedError(f"{method} {path}: {status} {text[:300]}")
        return found

    async def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, str]:
        """Status, JSON if it is some, text; waits where a limit says so."""
        for _ in range(TRIES):
            sent = dict(headers or {}) | ({"X-CSRF-Token": self._token} if self._token else {})
            async with self._session.request(method, path, json=body, headers=sent) as answer:
                text = await answer.text()
                if answer.status in BUSY:
                    await asyncio.sleep(min(30.0, float(answer.headers.get("Retry-After", "1"))))
                    continue
                found = await answer.json(content_type=None) if "json" in answer.content_type else None
                return answer.status, found, text
        raise SeedError(f"{method} {path}: the site stays busy")

    async def post_form(self, path: str, **fields: str) -> int:
        """A form, as a page would send it; the status of where it leads."""
        data = fields | ({"csrf_token": self._token} if self._token else {})
        async with self._session.post(path, data=data, headers={"Accept": "text/html"}) as answer:
            await answer.read()
            return answer.status

    async def enter(self, mail: str, password: str, name: str = "") -> dict[str, Any]:
        """Sign in; who has no account yet signs up and follows the link of the mail. The own profile."""
        body = {"address": mail, "password": password}
        status, _, text = await self.ask("POST", "/api/v1/sessions", body)
        if status == HTTPStatus.UNAUTHORIZED and name:
            await self.act("POST", "/api/v1/registrations", body | {"name": name}, act=f"register {mail}")
            link = await self.mailed_link(mail, "/verify/")
            await self.page(link)
            if await self.post_form(link) >= HTTPStatus.BAD_REQUEST:
                raise SeedError(f"the link mailed to {mail} did not work")
            if await self.get("/api/v1/me") is None:
                status, _, text = await self.ask("POST", "/api/v1/sessions", body)
        me = await self.get("/api/v1/me")
        if me is None:
            raise SeedError(f"{mail} cannot sign in: {text[:200]}")
        await self.renew()
        return dict(me)

    async def renew(self) -> None:
        """Read the token of the session from a page."""
        found = TOKEN.search(await self.page("/account"))
        self._token = found.group(1) if found else ""

    async def mailed_link(self, mail: str, beginning: str) -> str:
        """The newest link of a kind in the spool, waited for."""
        wanted = re.compile(re.escape(beginning) + r"[A-Za-z0-9_.~-]+")
        for _ in range(TRIES * 5):
            listing = await self.page(f"/dev/mail?to={mail}")
            for one in MAIL_LINK.findall(listing):
                found = wanted.search(html.unescape(await self.page(one)))
                if found:
                    return found.group(0)
            await asyncio.sleep(0.3)
        raise SeedError(f"no mail for {mail} arrived in the spool")

    async def send_file(self, address: str, body: bytes, chunk_bytes: int) -> None:
        """By tus 1.0.0, from wherever the site stands."""
        headers = {"Tus-Resumable": "1.0.0", "X-CSRF-Token": self._token}
        async with self._session.head(address, headers=headers) as answer:
            offset = int(answer.headers.get("Upload-Offset", "0"))
        while offset < len(body):
            part = body[offset : offset + chunk_bytes]
            sent = headers | {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            async with self._session.patch(address, data=part, headers=sent) as answer:
                if answer.status != HTTPStatus.NO_CONTENT:
                    raise SeedError(f"the upload was refused: {answer.status} {(await answer.text())[:200]}")
                offset = int(answer.headers["Upload-Offset"])
