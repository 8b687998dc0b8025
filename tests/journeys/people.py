"""People of a journey: each has a browser of their own, at an address of their own."""

import re
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.house import StandingHouse

PASSWORD = "kesar-neel-mor-haldi"
TOKEN = re.compile(r'<meta name="csrf-token" content="([0-9a-f]+)"')


@dataclass
class Person:
    """Somebody with a browser."""

    house: StandingHouse
    client: httpx2.AsyncClient
    mail: str
    id: str = ""
    token: str = ""

    async def get(self, path: str, status: int = 200) -> httpx2.Response:
        answer = await self.client.get(path)
        assert answer.status_code == status, f"GET {path}: {answer.status_code} {answer.text[:600]}"
        return answer

    async def send(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        """JSON in and out; any 2xx unless a status is named."""
        headers = {"X-CSRF-Token": self.token, "accept": "application/json"}
        if method in {"PATCH", "PUT"} and "/courses/" in path and "/mark" not in path:
            base = re.match(r"/api/v1/courses/[^/]+", path)
            assert base is not None
            headers["If-Match"] = (await self.client.get(f"{base.group(0)}/draft")).headers.get("etag", "")
        answer = await self.client.request(method, path, json=body, headers=headers)
        wanted = {status} if status else range(200, 300)
        assert answer.status_code in wanted, f"{method} {path}: {answer.status_code} {answer.text[:600]}"
        return answer.json() if "json" in answer.headers.get("content-type", "") else None

    async def post_form(self, path: str, status: int = 303, **fields: str) -> httpx2.Response:
        answer = await self.client.post(path, data={"csrf_token": self.token} | fields)
        assert answer.status_code == status, f"POST {path}: {answer.status_code} {answer.text[:600]}"
        return answer

    async def renew(self) -> None:
        """The token of the session as it is now."""
        found = TOKEN.search((await self.client.get("/account")).text)
        self.token = found.group(1) if found else ""


@dataclass
class Company:
    """Everybody in a house."""

    house: StandingHouse
    places: int = 30
    owner: Person | None = field(default=None)

    def stranger(self, mail: str = "") -> Person:
        self.places += 1
        return Person(self.house, self.house.client(f"127.0.0.{self.places}"), mail)

    async def mailed(self, mail: str, beginning: str) -> str:
        """The newest link of a kind in the spool."""
        for _ in range(100 if self.house.runs_itself else 1):
            await self.house.run_until_idle()
            for found in await self.house.mails(mail):
                link = re.search(re.escape(beginning) + r"[A-Za-z0-9_.~-]+", found.text)
                if link:
                    return link.group(0)
        raise AssertionError(f"no mail with {beginning} for {mail}")

    async def joined(self, mail: str, name: str) -> Person:
        """Signed up, confirmed, signed in."""
        person = self.stranger(mail)
        body = {"name": name, "address": mail, "password": PASSWORD}
        await person.send("POST", "/api/v1/registrations", body, 202)
        link = await self.mailed(mail, "/verify/")
        assert (await person.client.post(link, data={})).status_code < 400
        return await self.entered(person)

    async def entered(self, person: Person, password: str = PASSWORD) -> Person:
        """Signed in, unless the link did it already."""
        if (await person.client.get("/api/v1/me")).status_code != 200:
            body = {"address": person.mail, "password": password}
            await person.send("POST", "/api/v1/sessions", body, 201)
        await person.renew()
        person.id = (await person.get("/api/v1/me")).json()["id"]
        return person

    async def the_owner(self) -> Person:
        """The first owner, by the password of the first start."""
        if self.owner is None:
            access = await self.house.service("identity").owners.ensure()
            assert access is not None
            self.owner = await self.entered(self.stranger(access.address), access.password)
        return self.owner

    async def with_role(self, mail: str, name: str, role: str) -> Person:
        """Joined, then promoted by the owner."""
        person, owner = await self.joined(mail, name), await self.the_owner()
        reason = {"role": role, "reason": "Part of this journey."}
        await owner.send("POST", f"/api/v1/users/{person.id}/roles", reason)
        await self.house.run_until_idle()
        return person
