"""The acts of the demo in their order; each is looked for before it is done, and keeps its key."""

import asyncio
import hashlib
import json
import time
import tomllib
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from suuupra.app.seeding.film import film
from suuupra.app.seeding.visitor import SeedError, Visitor
from suuupra.app.words import say

DEMO = Path(__file__).with_name("demo.toml")
DEFAULT_NUMBER = 7
READY_LIMIT_S = 900
HEAD_BYTES = 1024 * 1024
OWNER_PLACE, FIRST_PLACE = 20, 21


@dataclass
class Academy:
    """The site, the plan, and everybody who has come in."""

    address: str
    number: int
    home: Path
    plan: dict[str, Any]
    ffmpeg: str = ""
    visitors: dict[str, Visitor] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    owner: Visitor | None = None

    @property
    def marker(self) -> Path:
        """What was done here before."""
        return self.home / "run" / f"seed-demo-{self.number}.json"

    async def close(self) -> None:
        """Everybody leaves."""
        for visitor in (*self.visitors.values(), *([self.owner] if self.owner else [])):
            await visitor.close()


async def seed(address: str, home: Path, number: int | None = None, ffmpeg: str = "") -> None:
    """Fill an empty site; a second run changes nothing. `SeedError` says what stood in the way."""
    plan = tomllib.loads(DEMO.read_text(encoding="utf-8"))
    academy = Academy(address, number or DEFAULT_NUMBER, home, plan, ffmpeg)
    if academy.marker.is_file() and json.loads(academy.marker.read_text()).get("done"):
        say("The demo is there already.")
        return
    started = time.monotonic()
    try:
        await admit_owner(academy)
        await admit_people(academy)
        say(f"{len(academy.visitors)} people have signed up")
        for course in plan["courses"]:
            await make_course(academy, course)
            say(f"course: {course['title']}")
        await learn(academy)
        academy.marker.write_text(json.dumps({"done": True}))
        say(f"The demo stands after {time.monotonic() - started:.0f} s.")
        say(f"Everybody's password: {plan['password']}")
        for person in plan["people"][:4]:
            say(f"  {person.get('role', 'learner'):8} {person['mail']}")
    finally:
        await academy.close()


async def admit_owner(academy: Academy) -> None:
    """Sign in as the owner by the file that the first start left; refuse a site with other people."""
    path = academy.home / "keys" / "owner-password"
    if not path.is_file():
        raise SeedError("the owner's first password was changed, so this site is in use: the demo stays away")
    access = json.loads(path.read_text(encoding="utf-8"))
    academy.owner = Visitor(academy.address, academy.number, OWNER_PLACE)
    await academy.owner.enter(access["address"], access["password"])
    users = await academy.owner.get("/api/v1/admin/users") or {"items": []}
    ours = {person["name"] for person in academy.plan["people"]}
    known = (user for user in users["items"] if "owner" not in user.get("roles", []))
    strangers = [user for user in known if user["name"] not in ours]
    if strangers:
        raise SeedError("other people have signed up here already: the demo stays away")


async def admit_people(academy: Academy) -> None:
    """Everybody signs up, confirms and keeps their session; the owner gives roles."""
    for place, person in enumerate(academy.plan["people"], start=FIRST_PLACE):
        visitor = Visitor(academy.address, academy.number, place)
        academy.visitors[person["mail"]] = visitor
        me = await visitor.enter(person["mail"], academy.plan["password"], person["name"])
        academy.ids[person["mail"]] = me["id"]
        if person.get("role") and academy.owner is not None:
            body = {"role": person["role"], "reason": "Part of the demo academy."}
            await academy.owner.act(
                "POST", f"/api/v1/users/{me['id']}/roles", body, act=f"role {person['mail']}"
            )
        if person.get("headline") and me.get("headline") != person["headline"]:
            match = await visitor.etag("/api/v1/me")
            await visitor.act("PATCH", "/api/v1/me", {"headline": person["headline"]}, match=match)


async def make_course(academy: Academy, plan: dict[str, Any]) -> None:
    """Write, upload, submit, decide, invite: as a teacher and a reviewer would."""
    teacher = academy.visitors[plan["teacher"]]
    key = plan["key"]
    facts = {name: plan[name] for name in ("title", "summary", "category", "level", "language")}
    made = await teacher.act("POST", "/api/v1/courses", facts, act=f"course {key}")
    course_id = made["id"]
    academy.ids[key] = course_id
    base = f"/api/v1/courses/{course_id}"
    state = await teacher.get(f"{base}/draft")
    if state is None or state.get("is_under_review"):
        return
    if not await has_lessons(teacher, base):
        await describe(teacher, base, plan)
        await write_lessons(academy, teacher, base, plan)
    await wait_for_gates(teacher, base)
    await submit(academy, teacher, base, plan)


async def has_lessons(teacher: Visitor, base: str) -> bool:
    """Whether an earlier run came so far."""
    draft = await teacher.get(f"{base}/draft") or {}
    return any(section.get("lessons") for section in draft.get("sections", []))


async def describe(teacher: Visitor, base: str, plan: dict[str, Any]) -> None:
    """Outcomes and the cover."""
    body = {"outcomes": plan["outcomes"], "cover_motif": plan["motif"], "cover_palette": plan["palette"]}
    await teacher.act("PATCH", base, body, match=await teacher.etag(f"{base}/draft"))


async def write_lessons(academy: Academy, teacher: Visitor, base: str, plan: dict[str, Any]) -> None:
    """Sections, articles, videos."""
    draft = await teacher.get(f"{base}/draft") or {}
    empty = list(draft.get("sections", []))
    for section in plan["sections"]:
        name, title = f"{plan['key']} {section['title']}", {"title": section["title"]}
        if empty:  # the section that every new course begins with
            made = empty.pop(0)
            match = f'"{made["etag"]}"'
            await teacher.act("PATCH", f"{base}/sections/{made['id']}", title, match=match)
        else:
            made = await teacher.act("POST", f"{base}/sections", title, act=f"section {name}")
        for lesson in section["lessons"]:
            body = {
                "section_id": made["id"],
                "title": lesson["title"],
                "kind": lesson["kind"],
                "markdown": lesson.get("text", "").strip(),
                "is_free_preview": lesson.get("preview", False),
            }
            act = f"lesson {name} {lesson['title']}"
            born = await teacher.act("POST", f"{base}/lessons", body, act=act)
            if lesson["kind"] == "video":
                await upload(academy, teacher, f"{base}/lessons/{born['id']}", lesson)


async def upload(academy: Academy, teacher: Visitor, lesson_path: str, lesson: dict[str, Any]) -> None:
    """A film made here, sent by tus."""
    body = await film(academy.home / "run" / "seed", lesson["slides"], academy.ffmpeg)
    order = {
        "name": f"{lesson['title']}.mp4",
        "length_bytes": len(body),
        "type": "video/mp4",
        "head_sha256": hashlib.sha256(body[:HEAD_BYTES]).hexdigest(),
    }
    ticket = await teacher.act("POST", f"{lesson_path}/uploads", order)
    await teacher.send_file(ticket["address"], body, ticket["chunk_bytes"])
    say(f"uploaded: {lesson['title']}")


async def wait_for_gates(teacher: Visitor, base: str) -> None:
    """Until every video is ready."""
    deadline = time.monotonic() + READY_LIMIT_S
    while time.monotonic() < deadline:
        gates = await teacher.get(f"{base}/gates")
        if gates and gates.get("may_submit"):
            return
        await asyncio.sleep(1)
    raise SeedError("a video of the demo did not become ready")


async def submit(academy: Academy, teacher: Visitor, base: str, plan: dict[str, Any]) -> None:
    """Submit, and let the reviewer decide as the plan says."""
    body = {"admission": plan["admission"]}
    status, case, text = await teacher.ask("POST", f"{base}/submission", body)
    if status == HTTPStatus.CONFLICT:
        return
    if status >= HTTPStatus.BAD_REQUEST:
        raise SeedError(f"submission of {plan['title']}: {status} {text[:200]}")
    if plan["end"] == "submit":
        return
    reviewer = academy.visitors[academy.plan["people"][0]["mail"]]
    decision = {"decision": plan["end"], "reasons": plan.get("reasons", [])}
    await reviewer.act(
        "POST", f"/api/v1/approval-cases/{case['id']}/decision", decision, act=f"decide {case['id']}"
    )
    if plan.get("invited"):
        addresses = {"addresses": plan["invited"]}
        await teacher.act("POST", f"{base}/invitations", addresses, act=f"invite {plan['key']}")


async def learn(academy: Academy) -> None:
    """Learners join, accept, read and stop at different places."""
    for plan in academy.plan["courses"]:
        course_id = academy.ids[plan["key"]]
        for step, mail in enumerate(plan.get("learners", []), start=1):
            learner = academy.visitors[mail]
            await learner.act(
                "POST", "/api/v1/enrolments", {"course_id": course_id}, act=f"join {mail} {course_id}"
            )
            await read_some(learner, course_id, step)
        for mail in plan.get("invited", [])[:1]:
            learner = academy.visitors[mail]
            token = (await learner.mailed_link(mail, "/join/")).removeprefix("/join/")
            await learner.act("POST", f"/api/v1/course-invitations/{token}/acceptance", act=f"accept {mail}")


async def read_some(learner: Visitor, course_id: str, lessons: int) -> None:
    """Open so many lessons, and mark all but the last one as done where that is allowed."""
    base = f"/api/v1/courses/{course_id}"
    outline = await learner.get(f"{base}/outline") or {}
    ids = [lesson["id"] for section in outline.get("sections", []) for lesson in section.get("lessons", [])]
    for place, lesson_id in enumerate(ids[:lessons]):
        await learner.ask("POST", f"{base}/lessons/{lesson_id}/opening")
        if place + 1 < lessons:
            await learner.ask("PUT", f"{base}/lessons/{lesson_id}/mark", {"is_done": True})
