"""The public REST of content, through the gateway's middleware and real sessions."""

import csv
import io
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid5

import pytest

from tests.covers import covers
from tests.services.content.academy import Academy
from tests.services.content.classroom import IDS
from tests.services.content.rules.test_pictures import picture

JSON = {"accept": "application/json"}


async def etag_of(academy: Academy, path: str) -> str:
    answer = await academy.api("teacher", "GET", path)
    assert answer.status_code == 200, answer.text
    return str(answer.headers["etag"])


@covers("CON-1", "CON-5")
async def test_authoring_by_rest_needs_the_tag_that_was_read(academy: Academy) -> None:
    course = await academy.write("Words.")
    path = f"/courses/{course['id']}"
    tag = await etag_of(academy, f"{path}/draft")
    body = {"title": "Waves, again", "outcomes": ["Hear them"], "tags": ["sound"]}
    without = await academy.api("teacher", "PATCH", path, json=body)
    assert without.status_code == 422
    assert without.json()["errors"][0]["pointer"] == "/if-match"
    fine = await academy.api("teacher", "PATCH", path, json=body, headers={"if-match": tag})
    assert fine.status_code == 204, fine.text
    stale = await academy.api("teacher", "PATCH", path, json=body, headers={"if-match": tag})
    assert stale.status_code == 412
    assert stale.json()["now"]["title"] == "Waves, again"
    assert f'"{stale.json()["current"]}"' == fine.headers["etag"]
    wrong = await academy.api(
        "teacher", "PATCH", path, json={"level": "godlike"}, headers={"if-match": fine.headers["etag"]}
    )
    assert wrong.status_code == 422


@covers("CON-1")
async def test_sections_and_lessons_by_rest(academy: Academy) -> None:
    course = await academy.write("One.")
    path = f"/courses/{course['id']}"
    section = await academy.api("teacher", "POST", f"{path}/sections", json={"title": "Week 2"})
    assert section.status_code == 201
    lesson = f"{path}/lessons/{course['lessons'][0]}"
    tag = await etag_of(academy, f"{lesson}/draft")
    change = await academy.api(
        "teacher", "PATCH", lesson, json={"is_free_preview": True}, headers={"if-match": tag}
    )
    assert change.status_code == 204
    draft = (await academy.api("teacher", "GET", f"{path}/draft")).json()
    order = {
        "sections": [
            {"section_id": section.json()["id"], "lesson_ids": course["lessons"]},
            {"section_id": course["section"]},
        ]
    }
    moved = await academy.api(
        "teacher", "PUT", f"{path}/order", json=order, headers={"if-match": draft["order_etag"]}
    )
    assert moved.status_code == 204, moved.text
    gone = await academy.api("teacher", "DELETE", lesson, headers={"if-match": str(change.headers["etag"])})
    assert gone.status_code == 204
    lost = await academy.api("teacher", "GET", f"{lesson}/draft")
    assert lost.status_code == 404
    assert lost.json()["type"] == "/problems/content/lesson-not-found"


@covers("CON-13", "CON-14")
async def test_gates_and_decisions_by_rest(academy: Academy) -> None:
    bare = (await academy.api("teacher", "POST", "/courses", json={"title": "Bare"})).json()
    unmet = await academy.api(
        "teacher", "POST", f"/courses/{bare['id']}/submission", json={"admission": "open"}
    )
    assert unmet.status_code == 409
    assert {gate["name"] for gate in unmet.json()["gates"]} == {"summary", "category", "lesson"}
    course = await academy.write()
    case = await academy.api(
        "teacher", "POST", f"/courses/{course['id']}/submission", json={"admission": "granted"}
    )
    decision = f"/approval-cases/{case.json()['id']}/decision"
    body = {"decision": "approve"}
    for who in ("teacher", "learner", "other"):
        assert (await academy.api(who, "POST", decision, json=body)).status_code == 403
    assert (await academy.api("reviewer", "POST", decision, json=body)).status_code == 200
    assert (await academy.api("reviewer", "POST", decision, json=body)).status_code == 409


@covers("CON-16")
async def test_a_closed_course_is_closed_and_an_open_one_open(academy: Academy) -> None:
    closed, opened = await academy.publish(admission="granted"), await academy.publish()
    refused = await academy.api("learner", "POST", "/enrolments", json={"course_id": closed["id"]})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/content/course-not-open")
    joined = await academy.api("learner", "POST", "/enrolments", json={"course_id": opened["id"]})
    assert joined.status_code == 201
    mine = await academy.api("learner", "GET", "/me/enrolments?limit=200")
    assert opened["id"] in {item["course"]["id"] for item in mine.json()["items"]}
    away = await academy.api("learner", "DELETE", f"/me/enrolments/{joined.json()['id']}")
    assert away.status_code == 204
    theirs = await academy.api("other", "DELETE", f"/me/enrolments/{joined.json()['id']}")
    assert theirs.status_code == 404
    guest = await academy.house.client("127.88.0.1").get(f"/api/v1/courses/{opened['slug']}", headers=JSON)
    assert guest.status_code == 200


@covers("CON-16")
async def test_the_roster_is_its_authors_and_harmless_in_a_spreadsheet(academy: Academy) -> None:
    course = await academy.publish()
    await academy.api("learner", "POST", "/enrolments", json={"course_id": course["id"]})
    path = f"/courses/{course['id']}/enrolments.csv"
    for who in ("learner", "other", "reviewer"):
        assert (await academy.api(who, "GET", path)).status_code == 404
    answer = await academy.api("teacher", "GET", path)
    lines = list(csv.reader(io.StringIO(answer.text)))
    assert lines[0][:2] == ["name", "state"]
    assert lines[1][:2] == ["Meera Nair", "active"]
    assert "no-store" in answer.headers["cache-control"]
    from suuupra.services.content.routes.enrolments import written

    assert written([["=HYPERLINK()", "-1", "plain"]]) == "'=HYPERLINK(),'-1,plain\r\n"


@covers("CON-16")
async def test_invitations_by_rest(academy: Academy) -> None:
    course = await academy.publish(admission="granted")
    path = f"/courses/{course['id']}/invitations"
    too_many = {"addresses": [f"p{number}@example.org" for number in range(51)]}
    assert (await academy.api("teacher", "POST", path, json=too_many)).status_code == 422
    assert (await academy.api("other", "POST", path, json={"addresses": ["a@b.org"]})).status_code == 404
    sent = await academy.api("teacher", "POST", path, json={"addresses": ["rest@example.org"]})
    assert sent.status_code == 202
    link = await academy.invitation_link("rest@example.org")
    token = link.rsplit("/", 1)[1]
    joined = await academy.api("learner", "POST", f"/course-invitations/{token}/acceptance")
    assert joined.status_code == 201
    spent = await academy.api("learner", "POST", f"/course-invitations/{token}/acceptance")
    assert (spent.status_code, spent.json()["state"]) == (410, "accepted")
    silent = await academy.api(
        "teacher", "POST", f"/enrolments/{joined.json()['id']}/revocation", json={"reason": ""}
    )
    assert silent.status_code == 422
    shown = await academy.api("teacher", "GET", f"{path}?state=accepted")
    withdraw = await academy.api("teacher", "DELETE", f"{path}/{shown.json()['items'][0]['id']}")
    assert withdraw.status_code == 410


def operations(course: dict[str, Any], count: int, device: Any) -> dict[str, Any]:
    """Acts of one device: a little of everything."""
    kinds = ("position", "watched", "done")
    return {
        "operations": [
            {
                "device_id": str(device),
                "seq": number + 1,
                "course_id": course["id"],
                "lesson_id": course["lessons"][number % len(course["lessons"])],
                "kind": kinds[number % 3],
                "client_at": datetime(2026, 11, 21, tzinfo=UTC).isoformat(),
                "position_ms": number,
                "intervals": [[number, number + 5]] if number % 3 == 1 else [],
            }
            for number in range(count)
        ]
    }


@covers("CON-18", "CON-27")
async def test_a_thousand_acts_in_one_request(academy: Academy) -> None:
    course = await academy.publish("One.", "Two.")
    await academy.api("learner", "POST", "/enrolments", json={"course_id": course["id"]})
    over = operations(course, 1_001, IDS.new())
    assert (await academy.api("learner", "POST", "/progress-operations", json=over)).status_code == 422
    device = uuid5(IDS.new(), "tablet")
    many = operations(course, 1_000, device)
    began = time.monotonic()
    answer = await academy.api("learner", "POST", "/progress-operations", json=many)
    assert answer.status_code == 200, answer.text[:500]
    assert time.monotonic() - began < 20
    assert answer.json()["acknowledged"] == [{"device_id": str(device), "seq": 1_000}]
    again = await academy.api("learner", "POST", "/progress-operations", json=many)
    assert {item["verdict"] for item in again.json()["items"]} == {"repeated"}
    progress = await academy.api("learner", "GET", f"/me/courses/{course['id']}/progress")
    assert progress.json()["progress_permille"] == 1000
    strange = await academy.api("other", "GET", f"/me/courses/{course['id']}/progress")
    assert strange.status_code == 404


@covers("CON-5")
async def test_covers_and_catalogue_by_rest(academy: Academy) -> None:
    course = await academy.publish(title="Sitar basics", category="music")
    cover = await academy.api("teacher", "PUT", f"/courses/{course['id']}/cover", content=picture("JPEG"))
    assert cover.status_code == 200
    bad = await academy.api("teacher", "PUT", f"/courses/{course['id']}/cover", content=b"<svg/>")
    assert bad.status_code == 415
    guest = academy.house.client("127.88.0.2")
    found = (await guest.get("/api/v1/courses?text=sitar&category=arts&level=godlike", headers=JSON)).json()
    assert found["ignored"] == ["level"]
    assert [card["id"] for card in found["items"]] == [course["id"]]
    long = await guest.get("/api/v1/courses", params={"text": "x" * 3_000}, headers=JSON)
    assert long.status_code == 200
    odd = await guest.get("/api/v1/courses", params={"text": "sitar\x07\x1b", "colour": "red"}, headers=JSON)
    assert odd.status_code == 200
    tree = (await guest.get("/api/v1/categories", headers=JSON)).json()
    assert {"slug": "music", "title": "Music", "parent": "arts"}.items() <= {
        **next(item for item in tree["items"] if item["slug"] == "music")
    }.items()


@covers("CON-1", "CON-17")
@pytest.mark.parametrize("who", ["learner", "other", "reviewer"])
async def test_the_work_of_others_is_not_there(academy: Academy, who: str) -> None:
    course = await academy.write("Secret.")
    path, lesson = f"/courses/{course['id']}", course["lessons"][0]
    tag = {"if-match": "anything"}
    attempts = [
        await academy.api(who, "GET", f"{path}/draft"),
        await academy.api(who, "GET", f"{path}/lessons/{lesson}/draft"),
        await academy.api(who, "PATCH", path, json={"title": "Mine"}, headers=tag),
        await academy.api(who, "DELETE", path),
        await academy.api(who, "POST", f"{path}/sections", json={"title": "x"}),
        await academy.api(who, "POST", f"{path}/submission", json={"admission": "open"}),
        await academy.api(who, "POST", f"{path}/publication"),
        await academy.api(who, "POST", f"{path}/withdrawal", json={"reason": "why not"}),
        await academy.api(
            who, "POST", f"{path}/lessons/{lesson}/uploads", json={"name": "a.mp4", "length_bytes": 5}
        ),
        await academy.api(who, "PUT", f"{path}/cover", content=b"x"),
    ]
    assert {answer.status_code for answer in attempts} == {404}
    assert (await academy.api(who, "GET", path)).status_code == 404
    assert (await academy.api(who, "GET", f"{path}/outline")).status_code == 404
    assert (await academy.api(who, "GET", f"{path}/revisions")).status_code == 404
