"""Courses at the desk: submitted, decided by somebody else, withdrawn, brought back, each with a reason."""

import re
from dataclasses import dataclass
from uuid import UUID

import pytest

from tests.covers import covers
from tests.house import StandingHouse
from tests.services.admin.staff import REASON, Seat, member, words
from tests.services.admin.test_trail import entries

WAITING = re.compile(r"\b(1 submission waits|\d+ submissions wait) for a decision")  # others may wait too
NOWHERE = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Submitted:
    """A course that waits for a decision."""

    id: UUID
    case: UUID

    @property
    def page(self) -> str:
        return f"/admin/approvals/{self.case}"

    @property
    def course_page(self) -> str:
        return f"/admin/courses/{self.id}"


async def submitted(teacher: Seat, title: str, **submission: object) -> Submitted:
    """Written and submitted over REST, as the editor does it."""
    made = await teacher.rest("POST", "/api/v1/courses", json={"title": title, "category": "calculus"})
    assert made.status_code == 201, made.text
    course = f"/api/v1/courses/{made.json()['id']}"
    draft = await teacher.rest("GET", f"{course}/draft")
    lesson = {"section_id": draft.json()["sections"][0]["id"], "title": "Slopes", "markdown": "How steep?"}
    added = await teacher.rest("POST", f"{course}/lessons", json=lesson)
    assert added.status_code == 201, added.text
    tag = (await teacher.rest("GET", f"{course}/draft")).headers["etag"]
    body = {"summary": "Limits, slopes and areas, drawn slowly."}
    token = await teacher.token()
    changed = await teacher.client.request(
        "PATCH", course, json=body, headers={"x-csrf-token": token, "if-match": tag}
    )
    assert changed.status_code == 204, changed.text
    case = await teacher.rest("POST", f"{course}/submission", json={"admission": "open"} | submission)
    assert case.status_code == 201, case.text
    await teacher.house.run_until_idle()
    return Submitted(UUID(made.json()["id"]), UUID(case.json()["id"]))


@pytest.fixture(scope="module")
async def teacher(house: StandingHouse) -> Seat:
    return await member(house, "Anjali Rao", "teacher")


@covers("ADM-10")
async def test_a_course_is_read_and_approved_and_stands_in_the_catalogue(
    house: StandingHouse, boss: Seat, teacher: Seat
) -> None:
    found = await submitted(teacher, "Calculus by hand")
    assert "Calculus by hand" in await boss.read("/admin/approvals")
    assert WAITING.search(await boss.read("/admin"))
    shown = await boss.read(found.page)
    for fact in ("Anjali Rao", "Open to everyone", "Slopes", "Checklist", "Met"):
        assert fact in shown
    answer = await boss.act(found.page, f"{found.page}/decision", form="", decision="approve")
    assert answer.status_code == 303, words(answer.text)
    assert "Approved" in await boss.read(found.page)
    assert "Published" in await boss.read(found.course_page)
    assert "Calculus by hand" not in await boss.read("/admin/approvals")
    assert "Calculus by hand" in await boss.read("/admin/approvals?state=approved")
    await house.run_until_idle()
    [entry, *_] = await entries(house, target=f"course:{found.id}", action="content.course.approved")
    assert entry.actor == str(boss.id)


@covers("ADM-10")
async def test_sent_back_with_reasons_that_its_teacher_reads(
    house: StandingHouse, boss: Seat, teacher: Seat
) -> None:
    found = await submitted(teacher, "Waves drawn by hand")
    decision = f"{found.page}/decision"
    answer = await boss.act(found.page, decision, decision="send_back", reasons="  \n ")
    assert answer.status_code == 422
    assert "Say what should change" in words(answer.text)
    reasons = "The first lesson has no picture.\n<b>Name</b> your sources."
    answer = await boss.act(found.page, decision, decision="send_back", reasons=reasons)
    assert answer.status_code == 303
    shown = (await boss.get(found.page)).text
    assert "The first lesson has no picture." in shown
    assert "<b>Name</b>" not in shown
    answer = await boss.api("POST", f"/approvals/{found.case}/decision", json={"decision": "approve"})
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/content/already-decided"
    case = (await teacher.rest("GET", f"/api/v1/approval-cases/{found.case}")).json()
    assert case["reasons"] == ["The first lesson has no picture.", "<b>Name</b> your sources."]


@covers("ADM-10", "ADM-2")
async def test_nobody_decides_on_their_own_work(house: StandingHouse, boss: Seat) -> None:
    author = await member(house, "Writing Admin", "admin")
    found = await submitted(author, "My own course")
    shown = await author.read(found.page)
    assert "Nobody decides on their own course" in shown
    assert "Approve" not in shown.partition("Decision")[2]
    token = await author.token()
    sent = {"decision": "approve", "csrf_token": token}
    answer = await author.client.post(f"{found.page}/decision", data=sent)
    assert answer.status_code == 403
    assert "Nobody decides on their own course" in words(answer.text)
    answer = await author.api("POST", f"/approvals/{found.case}/decision", json={"decision": "approve"})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/content/own-work")


@covers("ADM-10", "ADM-40")
async def test_withdrawn_offered_again_archived_each_with_its_reason(
    house: StandingHouse, boss: Seat, teacher: Seat
) -> None:
    found = await submitted(teacher, "Algorithms, visually")
    await boss.api("POST", f"/approvals/{found.case}/decision", json={"decision": "approve"})
    here = found.course_page
    assert (await boss.act(here, f"{here}/withdrawals", reason=" ")).status_code == 422
    assert (await boss.act(here, f"{here}/withdrawals", reason="a claim of copyright")).status_code == 303
    assert "Withdrawn" in await boss.read(here)
    assert "Algorithms, visually" in await boss.read("/admin/courses?state=withdrawn")
    assert (await boss.act(here, f"{here}/reopenings", reason="the claim was dropped")).status_code == 303
    assert "Published" in await boss.read(here)
    assert (await boss.act(here, f"{here}/archivings", reason="replaced by a better one")).status_code == 303
    again = await boss.api("POST", f"/courses/{found.id}/reopenings", json={"reason": REASON})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/content/course-state-forbids")
    await house.run_until_idle()
    told = {entry.action: entry.reason for entry in await entries(house, target=f"course:{found.id}")}
    assert told["content.course.withdrawn"] == "a claim of copyright"
    assert told["admin.course.reopened"] == "the claim was dropped"
    assert told["content.course.archived"] == "replaced by a better one"


@covers("ADM-10")
async def test_courses_are_found_by_words_and_state(house: StandingHouse, boss: Seat, teacher: Seat) -> None:
    await submitted(teacher, "Sandhi without tears")
    assert "Sandhi without tears" in await boss.read("/admin/courses?q=sandhi")
    assert "Sandhi without tears" not in await boss.read("/admin/courses?q=sandhi&state=published")
    assert "No course matches" in await boss.read("/admin/courses?q=nothing-like-that")


@covers("ADM-10")
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/admin/courses?state=lost", 422),
        ("/admin/courses?cursor=forged", 422),
        ("/admin/approvals?state=lost", 422),
        ("/admin/approvals?cursor=forged", 422),
        (f"/admin/courses/{NOWHERE}", 404),
        (f"/admin/approvals/{NOWHERE}", 404),
        ("/admin/approvals/none", 404),
        ("/api/v1/admin/courses?cursor=forged", 422),
        ("/api/v1/admin/approvals?cursor=forged", 422),
        ("/api/v1/admin/courses?limit=100000", 422),
    ],
)
async def test_what_is_not_there_or_forged_is_refused(
    house: StandingHouse, boss: Seat, path: str, status: int
) -> None:
    assert (await boss.get(path)).status_code == status


@covers("ADM-30")
async def test_without_video_its_page_says_so(house: StandingHouse, boss: Seat) -> None:
    answer = await boss.get("/admin/encodings")
    assert answer.status_code == 404
    assert "This part is not installed on this site" in words(answer.text)
    assert 'href="/admin/encodings"' not in (await boss.get("/admin")).text
    assert (await boss.api("GET", "/encodings")).status_code == 404
