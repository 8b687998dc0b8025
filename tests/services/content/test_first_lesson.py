"""From a file in the editor to a watched second and a finished course, with vod in the house."""

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from suuupra.services.content.api import PlaybackTicket
from tests.covers import covers
from tests.house import StartHouse
from tests.services.content.academy import Academy, has
from tests.services.identity.people import browser, staff_member
from tests.services.vod.films import film

TUS = {
    "tus-resumable": "1.0.0",
    "content-type": "application/offset+octet-stream",
    "upload-offset": "0",
}


@pytest.fixture(params=["local", "remote"])
async def cinema(start_house: StartHouse, request: Any) -> AsyncIterator[Academy]:
    """People with accounts in a house with vod, all in one and each apart."""
    async with start_house("content", "vod", binding=request.param) as house:
        await house.run_until_idle()
        teacher, teacher_id = await staff_member(house, "teacher")
        reviewer, reviewer_id = await staff_member(house, "moderator")
        learner = browser(house)
        people = {"teacher": teacher, "reviewer": reviewer, "learner": learner}
        ids = {"teacher": teacher_id, "reviewer": reviewer_id, "learner": await learner.join()}
        yield Academy(house, people, ids)


async def upload(academy: Academy, course: dict[str, Any], lesson: str, name: str) -> None:
    """What the island does: a ticket for the lesson, then the bytes to its address."""
    body = film(name).read_bytes()
    asked = {
        "name": name,
        "length_bytes": len(body),
        "type": "video/mp4",
        "head_sha256": hashlib.sha256(body[: 1024 * 1024]).hexdigest(),
    }
    ticket = await academy.api(
        "teacher", "POST", f"/courses/{course['id']}/lessons/{lesson}/uploads", json=asked
    )
    assert ticket.status_code == 201, ticket.text
    token = await academy.people["teacher"].token()
    sent = await academy.people["teacher"].client.patch(
        ticket.json()["address"], content=body, headers={**TUS, "x-csrf-token": token}
    )
    assert sent.status_code == 204, sent.text
    await academy.house.run_until_idle()


async def ticket_of(academy: Academy, who: str, course: dict[str, Any], lesson: str) -> Any:
    return await academy.api(who, "GET", f"/courses/{course['id']}/lessons/{lesson}/playback")


async def watch(academy: Academy, ticket: PlaybackTicket, until_ms: int) -> None:
    """Beats as the player sends them: the server's clock believes the first seconds at once."""
    token = await academy.people["learner"].token()
    body = {"intervals": [[0, until_ms]], "position_ms": until_ms}
    answer = await academy.people["learner"].client.post(
        ticket.beat_url, json=body, headers={"x-csrf-token": token}
    )
    assert answer.status_code == 200, answer.text
    await academy.house.run_until_idle()


async def refused_within_a_second(academy: Academy, address: str) -> None:
    deadline = time.monotonic() + 1
    while (await academy.people["learner"].get(address)).status_code != 403:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


@covers("CON-3", "CON-17", "CON-18")
async def test_the_first_lesson(cinema: Academy) -> None:
    academy = cinema
    course = await academy.write("Read me too.")
    made = {"section_id": course["section"], "kind": "video", "title": "Strings"}
    lesson = (await academy.api("teacher", "POST", f"/courses/{course['id']}/lessons", json=made)).json()[
        "id"
    ]
    await upload(academy, course, lesson, "short.mp4")
    editor = await academy.get("teacher", f"/teach/courses/{course['id']}/editor/lessons/{lesson}")
    has(editor, "Ready", "0:05", "Replace the video")
    case = await academy.api(
        "teacher", "POST", f"/courses/{course['id']}/submission", json={"admission": "open"}
    )
    assert case.status_code == 201, case.text
    number = case.json()["revision_number"]
    review = f"/teach/courses/{course['id']}/revisions/{number}?lesson={lesson}"
    has(await academy.get("reviewer", review), "su-player", "/media/")
    decision = f"/approval-cases/{case.json()['id']}/decision"
    await academy.api("reviewer", "POST", decision, json={"decision": "approve"})
    shut = await ticket_of(academy, "learner", course, lesson)
    assert (shut.status_code, shut.json()["type"]) == (403, "/problems/content/not-enrolled")
    joined = await academy.api("learner", "POST", "/enrolments", json={"course_id": course["id"]})
    opened = await ticket_of(academy, "learner", course, lesson)
    assert opened.status_code == 200, opened.text
    ticket = PlaybackTicket.model_validate(opened.json())
    master = await academy.people["learner"].get(ticket.hls)
    assert master.status_code == 200
    assert re.search(r"^#EXT-X-STREAM-INF", master.text, re.MULTILINE)
    await watch(academy, ticket, 5_000)
    await academy.api(
        "learner", "PUT", f"/courses/{course['id']}/lessons/{course['lessons'][0]}/mark", json={}
    )
    progress = (await academy.api("learner", "GET", f"/me/courses/{course['id']}/progress")).json()
    assert (progress["lessons_done"], progress["progress_permille"]) == (2, 1000)
    body = {"reason": "The term is over."}
    await academy.api("teacher", "POST", f"/enrolments/{joined.json()['id']}/revocation", json=body)
    await academy.house.run_until_idle()
    ended = await ticket_of(academy, "learner", course, lesson)
    assert (ended.status_code, ended.json()["reason"]) == (403, "The term is over.")
    await refused_within_a_second(academy, ticket.hls)


@covers("CON-3", "VOD-1")
async def test_the_same_file_chosen_on_another_device_goes_on_and_another_file_begins_anew(
    cinema: Academy,
) -> None:
    academy = cinema
    course = await academy.write()
    lesson = await video_lesson(academy, course, "Begun on the desk")
    path, teacher = f"/courses/{course['id']}/lessons/{lesson}/uploads", academy.people["teacher"]
    body = film("silent.mp4").read_bytes()
    asked = {
        "name": "silent.mp4",
        "length_bytes": len(body),
        "type": "video/mp4",
        "head_sha256": hashlib.sha256(body[: 1024 * 1024]).hexdigest(),
    }
    first = (await academy.api("teacher", "POST", path, json=asked)).json()
    headers = {**TUS, "x-csrf-token": await teacher.token()}
    assert (await teacher.client.patch(first["address"], content=body[:1000], headers=headers)).is_success
    again = (await academy.api("teacher", "POST", path, json=asked)).json()
    assert (again["id"], again["offset_bytes"]) == (first["id"], 1000)
    other = (await academy.api("teacher", "POST", path, json=asked | {"head_sha256": "0" * 64})).json()
    assert other["id"] != first["id"]
    assert not other.get("offset_bytes")
    media = (await academy.api("teacher", "GET", path.removesuffix("uploads") + "media")).json()
    assert media["media_id"] == other["id"]


@covers("CON-3")
async def test_a_file_that_is_no_video_leaves_the_lesson_with_the_reason(cinema: Academy) -> None:
    academy = cinema
    course = await academy.write()
    made = {"section_id": course["section"], "kind": "video", "title": "Noise"}
    lesson = (await academy.api("teacher", "POST", f"/courses/{course['id']}/lessons", json=made)).json()[
        "id"
    ]
    asked = {"name": "fake.mp4", "length_bytes": 11, "type": "video/mp4", "head_sha256": ""}
    path = f"/courses/{course['id']}/lessons/{lesson}"
    ticket = await academy.api("teacher", "POST", f"{path}/uploads", json=asked)
    token = await academy.people["teacher"].token()
    await academy.people["teacher"].client.patch(
        ticket.json()["address"], content=b"hello there", headers={**TUS, "x-csrf-token": token}
    )
    await academy.house.run_until_idle()
    media = (await academy.api("teacher", "GET", f"{path}/media")).json()
    assert media["state"] == "failed"
    assert media["reason"]
    has(
        await academy.get("teacher", f"/teach/courses/{course['id']}/editor/lessons/{lesson}"),
        "This did not work",
    )


@covers("CON-3", "CON-25")
async def test_a_film_whose_lesson_is_gone_waits_for_another(start_house: StartHouse) -> None:
    async with start_house("content", "vod") as house:
        await house.run_until_idle()
        administrator, account_id = await staff_member(house, "admin")
        stranger, stranger_id = await staff_member(house, "teacher")
        people = {"teacher": administrator, "stranger": stranger}
        academy = Academy(house, people, {"teacher": account_id, "stranger": stranger_id})
        course = await academy.write()
        first, second = [await video_lesson(academy, course, title) for title in ("Takes", "Keeps")]
        await upload(academy, course, first, "silent.mp4")
        path = f"/courses/{course['id']}/lessons"
        media = (await academy.api("teacher", "GET", f"{path}/{first}/media")).json()
        draft = (await academy.api("teacher", "GET", f"{path}/{first}/draft")).headers["etag"]
        gone = await academy.api("teacher", "DELETE", f"{path}/{first}", headers={"if-match": draft})
        assert gone.status_code == 204
        page = f"/teach/courses/{course['id']}/editor/lessons/{second}"
        has(await academy.get("teacher", page), "Use a film that you uploaded before", "silent.mp4")
        tag = (await academy.api("teacher", "GET", f"{path}/{second}/draft")).headers["etag"]
        body = {"media_id": media["media_id"]}
        attached = await academy.api(
            "teacher", "PATCH", f"{path}/{second}", json=body, headers={"if-match": tag}
        )
        assert attached.status_code == 204, attached.text
        found = (await academy.api("teacher", "GET", f"{path}/{second}/media")).json()
        assert (found["state"], found["media_id"]) == ("ready", media["media_id"])
        theirs = await academy.api("stranger", "POST", "/courses", json={"title": "Mine"})
        foreign = await video_lesson(
            academy, await whole(academy, "stranger", theirs.json()), "Stolen", "stranger"
        )
        there = f"/courses/{theirs.json()['id']}/lessons/{foreign}"
        tag = (await academy.api("stranger", "GET", f"{there}/draft")).headers["etag"]
        stolen = await academy.api("stranger", "PATCH", there, json=body, headers={"if-match": tag})
        assert (stolen.status_code, stolen.json()["errors"][0]["pointer"]) == (422, "/media_id")


async def whole(academy: Academy, who: str, made: dict[str, Any]) -> dict[str, Any]:
    """A course just made, with its first section."""
    draft = (await academy.api(who, "GET", f"/courses/{made['id']}/draft")).json()
    return {"id": made["id"], "section": draft["sections"][0]["id"]}


async def video_lesson(academy: Academy, course: dict[str, Any], title: str, who: str = "teacher") -> str:
    body = {"section_id": course["section"], "kind": "video", "title": title}
    made = await academy.api(who, "POST", f"/courses/{course['id']}/lessons", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])
