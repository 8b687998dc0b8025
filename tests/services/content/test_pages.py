"""The pages of content: they read and post without JavaScript, and swap in parts with it."""

import re

from tests.covers import covers
from tests.services.content.academy import Academy, Forms, has, lacks

HTMX = {"hx-request": "true"}


@covers("CON-1", "CON-2")
async def test_a_course_is_written_in_the_editor_without_javascript(academy: Academy) -> None:
    new = "/teach/courses/new/editor/"
    made = await academy.send("teacher", new, new, title="Ragas by ear", category="music")
    assert made.status_code == 303
    course = made.headers["location"].rsplit("/", 1)[1]
    base = f"/teach/courses/{course}/editor"
    editor = await academy.get("teacher", f"{base}/")
    section = re.search(r'<option value="([0-9a-f-]{36})"', editor.text)
    assert section is not None
    added = await academy.send(
        "teacher", f"{base}/", f"{base}/lessons", lesson_title="Yaman", section_id=section[1], kind="article"
    )
    assert added.status_code == 303, added.text
    lesson = added.headers["location"]
    saved = await academy.send(
        "teacher", lesson, lesson, title="Yaman", markdown="# Scale\n\nSa Re Ga", is_free_preview="yes"
    )
    assert saved.status_code == 303, saved.text
    has(await academy.get("teacher", lesson), "<h2>Scale</h2>", "checked")
    has(await academy.get("teacher", f"{base}/"), "Yaman")


@covers("CON-1")
async def test_a_part_answers_alone_for_htmx_and_as_a_page_without(academy: Academy) -> None:
    course = await academy.write()
    for path in (f"/teach/courses/{course['id']}/editor/", f"/teach/courses/{course['id']}/students/"):
        whole, part = await academy.get("teacher", path), await academy.get("teacher", path, headers=HTMX)
        has(whole, "<!doctype html>")
        lacks(part, "<!doctype html>")
        assert part.text.strip()[:4] == "<div"
        assert "no-store" in whole.headers["cache-control"]


@covers("CON-1")
async def test_lessons_move_and_go(academy: Academy) -> None:
    course = await academy.write("One.", "Two.")
    base = f"/teach/courses/{course['id']}/editor"
    first, second = course["lessons"]
    up = f"{base}/nodes/{second}/place"
    assert (await academy.send("teacher", f"{base}/", up, direction="up")).status_code == 303
    draft = (await academy.api("teacher", "GET", f"/courses/{course['id']}/draft")).json()
    assert [lesson["id"] for lesson in draft["sections"][0]["lessons"]] == [second, first]
    gone = f"{base}/nodes/{first}/deletion"
    assert (await academy.send("teacher", gone, gone)).status_code == 303
    draft = (await academy.api("teacher", "GET", f"/courses/{course['id']}/draft")).json()
    assert [lesson["id"] for lesson in draft["sections"][0]["lessons"]] == [second]


@covers("CON-2")
async def test_the_preview_names_what_is_left_out(academy: Academy) -> None:
    course = await academy.write()
    page = f"/teach/courses/{course['id']}/editor/lessons/{course['lessons'][0]}"
    token = await academy.people["teacher"].token()
    answer = await academy.people["teacher"].client.post(
        f"{page}/preview",
        data={"markdown": "<script>alert(1)</script>\n\n**fine**", "csrf_token": token},
        headers=HTMX,
    )
    assert answer.status_code == 200
    has(answer, "<strong>fine</strong>")
    lacks(answer, "alert(1)")
    has(answer, "&lt;script&gt;")


@covers("CON-5")
async def test_details_are_kept_as_typed_when_they_are_wrong(academy: Academy) -> None:
    course = await academy.write()
    page = f"/teach/courses/{course['id']}/editor/details"
    wrong = await academy.send("teacher", page, page, title="Waves", tags="fine, <b>", slug="Not An Address")
    assert wrong.status_code == 422
    has(wrong, "&lt;b&gt;")
    has(wrong, 'href="#field-tags"')
    right = await academy.send("teacher", page, page, title="Waves", tags="fine", slug="waves-of-sound")
    assert right.status_code == 303, right.text
    former = await academy.api("teacher", "GET", f"/courses/{course['slug']}")
    assert (former.status_code, former.headers["location"]) == (301, "/api/v1/courses/waves-of-sound")


@covers("CON-9")
async def test_an_older_tab_does_not_overwrite_a_newer_one(academy: Academy) -> None:
    course = await academy.write("Old words.")
    page = f"/teach/courses/{course['id']}/editor/lessons/{course['lessons'][0]}"
    older = Forms((await academy.get("teacher", page)).text).to(page)
    assert (await academy.send("teacher", page, page, markdown="New words.")).status_code == 303
    late = await academy.people["teacher"].client.post(page, data=older | {"markdown": "My words."})
    assert late.status_code == 412
    has(late, "My words.")
    has(late, "New words.")
    again = Forms(late.text).to(page)
    assert (await academy.people["teacher"].client.post(page, data=again)).status_code == 303


@covers("CON-13", "CON-14")
async def test_submission_asks_for_the_gates_and_says_who_may_join(academy: Academy) -> None:
    made = await academy.api("teacher", "POST", "/courses", json={"title": "Bare bones"})
    base = f"/teach/courses/{made.json()['id']}/editor"
    editor = await academy.get("teacher", f"{base}/")
    has(editor, "Add at least one lesson.")
    has(editor, "disabled")
    refused = await academy.send("teacher", f"{base}/", f"{base}/submission", admission="open")
    assert refused.status_code == 409
    has(refused, "Say in a summary")


@covers("CON-16")
async def test_people_are_invited_join_and_are_removed_with_a_reason(academy: Academy) -> None:
    course = await academy.publish(admission="granted")
    page = f"/teach/courses/{course['id']}/students/"
    address = academy.people["learner"].address
    sent = await academy.send("teacher", page, f"{page}invitations", addresses=f"{address}\nnonsense")
    assert sent.status_code == 200
    has(sent, "Invited")
    has(sent, "does not look like")
    link = await academy.invitation_link(address)
    offer = await academy.get("learner", link)
    has(offer, "Join the course")
    joined = await academy.send("learner", link, link)
    assert joined.headers["location"] == f"/learn/{course['slug']}"
    spent = await academy.get("learner", link)
    assert spent.status_code == 410
    has(spent, f"/courses/{course['slug']}")
    listed = await academy.get("teacher", page)
    removal = re.search(r'href="(/teach/[^"]*/removal)"', listed.text)
    assert removal is not None
    silent = await academy.send("teacher", removal[1], removal[1], reason="")
    assert silent.status_code == 422
    done = await academy.send("teacher", removal[1], removal[1], reason="The class is over.")
    assert done.status_code == 303
    has(await academy.get("teacher", f"{page}?state=ended"), "The class is over.")


@covers("CON-16")
async def test_a_stranger_reads_the_offer_and_is_asked_to_sign_in(academy: Academy) -> None:
    course = await academy.publish(admission="granted")
    body = {"addresses": ["stranger@example.org"]}
    await academy.api("teacher", "POST", f"/courses/{course['id']}/invitations", json=body)
    link = await academy.invitation_link("stranger@example.org")
    stranger = academy.house.client("127.77.0.1")
    page = await stranger.get(link)
    assert page.status_code == 200
    has(page, "/sign-in?next=%2Fjoin%2F")
    assert (await stranger.get("/join/forged")).status_code == 404


@covers("CON-13")
async def test_a_reviewer_reads_the_submitted_edition_and_not_the_draft(academy: Academy) -> None:
    course = await academy.write("# Inside\n\nWords.")
    case = await academy.api(
        "teacher", "POST", f"/courses/{course['id']}/submission", json={"admission": "open"}
    )
    number = case.json()["revision_number"]
    seen = await academy.get("reviewer", f"/teach/courses/{course['id']}/revisions/{number}")
    has(seen, "<h2>Inside</h2>")
    draft = await academy.get("reviewer", f"/teach/courses/{course['id']}/revisions/{number + 1}")
    assert draft.status_code == 404
    assert (
        await academy.get("learner", f"/teach/courses/{course['id']}/revisions/{number}")
    ).status_code == 404


@covers("CON-5")
async def test_a_cover_is_uploaded_shown_for_ever_and_taken_away(academy: Academy) -> None:
    from tests.services.content.rules.test_pictures import picture

    course = await academy.write()
    page = f"/teach/courses/{course['id']}/editor/details"
    token = await academy.people["teacher"].token()
    client = academy.people["teacher"].client
    for body, status in ((b"<svg/>", 415), (picture("PNG"), 303)):
        answer = await client.post(
            f"/teach/courses/{course['id']}/editor/cover",
            data={"csrf_token": token},
            files={"picture": ("cover.png", body, "image/png")},
        )
        assert answer.status_code == status, answer.text[:600]
    shown = await academy.get("teacher", page)
    address = re.search(r'src="(/covers/[0-9a-f]{40}\.jpg)"', shown.text)
    assert address is not None
    cover = await academy.house.client().get(address[1])
    assert cover.headers["content-type"] == "image/jpeg"
    assert "immutable" in cover.headers["cache-control"]
    removal = f"/teach/courses/{course['id']}/editor/cover/removal"
    assert (await academy.send("teacher", page, removal)).status_code == 303
    lacks(await academy.get("teacher", page), "/covers/")


@covers("CON-13")
async def test_endings_ask_for_a_reason(academy: Academy) -> None:
    course = await academy.publish()
    page = f"/teach/courses/{course['id']}/editor/withdrawal"
    assert (await academy.send("teacher", page, page, reason="")).status_code == 422
    assert (await academy.send("teacher", page, page, reason="It is being rewritten.")).status_code == 303
    assert (await academy.house.client().get(f"/api/v1/courses/{course['slug']}")).status_code == 410
    back = f"/teach/courses/{course['id']}/editor/reopening"
    editor = f"/teach/courses/{course['id']}/editor/"
    assert (await academy.send("teacher", editor, back)).status_code == 303
    assert (await academy.house.client().get(f"/api/v1/courses/{course['slug']}")).status_code == 200


@covers("CON-1")
async def test_the_editor_of_others_is_not_there(academy: Academy) -> None:
    course = await academy.write()
    for path in ("editor/", "editor/details", f"editor/lessons/{course['lessons'][0]}", "students/"):
        for who in ("other", "learner", "reviewer"):
            answer = await academy.get(who, f"/teach/courses/{course['id']}/{path}")
            assert answer.status_code == 404, (who, path)
    guest = await academy.house.client().get(f"/teach/courses/{course['id']}/editor/")
    assert guest.status_code in {303, 404}
