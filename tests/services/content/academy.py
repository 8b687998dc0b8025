"""Content through browsers and REST: people with accounts, and the forms they send."""

import itertools
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import httpx2

from tests.house import StandingHouse
from tests.services.identity.people import Browser

NUMBERS = itertools.count(1)
UNSENT = {"checkbox", "radio", "file"}


class Forms(HTMLParser):
    """The forms of a page with what a browser would send of them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._select = self._area = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((facts.get("action", ""), {}))
        if not self.forms:
            return
        fields, name = self.forms[-1][1], facts.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in facts or self._select not in fields):
            fields[self._select] = facts.get("value", "")
        elif tag == "textarea":
            self._area, fields[name] = name, ""
        elif tag == "input" and name and (facts.get("type") not in UNSENT or "checked" in facts):
            fields[name] = facts.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1][1][self._area] += data.removeprefix("\n")

    def to(self, action: str) -> dict[str, str]:
        """The fields of the form with this action."""
        return next(fields for where, fields in self.forms if where == action)


@dataclass
class Academy:
    """The house, its people's browsers and their ids."""

    house: StandingHouse
    people: dict[str, Browser]
    ids: dict[str, UUID]

    async def api(self, who: str, method: str, path: str, **options: Any) -> httpx2.Response:
        """REST as one of the people."""
        return await self.people[who].call(method, f"/api/v1{path}", **options)

    async def get(self, who: str, path: str, **options: Any) -> httpx2.Response:
        return await self.people[who].get(path, **options)

    async def send(self, who: str, page: str, action: str, **typed: str) -> httpx2.Response:
        """Open a page, fill one of its forms in, send it."""
        shown = await self.people[who].get(page)
        assert shown.status_code == 200, (page, shown.status_code, shown.text[:800])
        fields = Forms(shown.text).to(action)
        return await self.people[who].client.post(action, data=fields | typed)

    async def write(self, *texts: str, **details: Any) -> dict[str, Any]:
        """A draft of the teacher's that meets the gates; ids by name."""
        body = {
            "title": f"Waves {next(NUMBERS)}",
            "summary": "Sound, drawn.",
            "category": "physics",
            **details,
        }
        made = await self.api("teacher", "POST", "/courses", json=body)
        assert made.status_code == 201, made.text
        course = made.json()
        draft = (await self.api("teacher", "GET", f"/courses/{course['id']}/draft")).json()
        section = draft["sections"][0]["id"]
        lessons = []
        for text in texts or ("Hello.",):
            lesson = {"section_id": section, "title": f"Lesson {next(NUMBERS)}", "markdown": text}
            answer = await self.api("teacher", "POST", f"/courses/{course['id']}/lessons", json=lesson)
            assert answer.status_code == 201, answer.text
            lessons.append(answer.json()["id"])
        return {"id": course["id"], "slug": course["slug"], "section": section, "lessons": lessons}

    async def publish(self, *texts: str, admission: str = "open", **details: Any) -> dict[str, Any]:
        """Written, submitted, approved by somebody else."""
        course = await self.write(*texts, **details)
        case = await self.api(
            "teacher", "POST", f"/courses/{course['id']}/submission", json={"admission": admission}
        )
        assert case.status_code == 201, case.text
        decided = await self.api(
            "reviewer", "POST", f"/approval-cases/{case.json()['id']}/decision", json={"decision": "approve"}
        )
        assert decided.status_code == 200, decided.text
        return course

    async def invitation_link(self, address: str) -> str:
        """The path of the newest invitation that was mailed to an address."""
        await self.house.run_until_idle()
        for mail in await self.house.mails(to=address):
            if found := re.search(r"https?://[^\s]+(/join/[\w-]+)", mail.text):
                return found.group(1)
        raise AssertionError(f"no invitation was mailed to {address}")


def has(answer: httpx2.Response, *texts: str) -> None:
    """The page says all of it. A plain assert would compare whole pages letter by letter."""
    missing = [text for text in texts if text not in answer.text]
    assert not missing, (answer.status_code, missing)


def lacks(answer: httpx2.Response, *texts: str) -> None:
    """The page says none of it."""
    present = [text for text in texts if text in answer.text]
    assert not present, (answer.status_code, present)
