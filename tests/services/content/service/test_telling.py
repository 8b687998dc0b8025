from suuupra.services.content.service.desk import Tell
from suuupra.services.content.service.telling import templates
from tests.covers import covers
from tests.services.content.academy import Academy
from tests.services.content.classroom import IDS


@covers("CON-16")
def test_our_words_are_complete() -> None:
    found = {template.key: template for template in templates()}
    names = ("invited", "enrolled", "joined", "removed", "submitted", "approved", "sent_back")
    assert set(found) == {f"content.{name}" for name in names}
    for template in found.values():
        words = (
            template.subject + template.text + template.feed_title + template.feed_text + template.feed_link
        )
        for variable in template.variables:
            assert "{{ " + variable.name + " }}" in words


async def mails_of(academy: Academy, who: str) -> list[str]:
    await academy.house.run_until_idle()
    return [mail.subject for mail in await academy.house.mails(to=academy.people[who].address)]


@covers("CON-13", "CON-16")
async def test_reviewers_authors_and_learners_are_told_once(academy: Academy) -> None:
    course = await academy.publish(title="Echoes and rooms")
    assert (await mails_of(academy, "reviewer")).count("“Echoes and rooms” waits for a decision") == 1
    assert (await mails_of(academy, "teacher")).count("“Echoes and rooms” was approved") == 1
    joined = await academy.api("learner", "POST", "/enrolments", json={"course_id": course["id"]})
    assert joined.status_code == 201
    assert (await mails_of(academy, "learner")).count("You are in “Echoes and rooms”") == 1
    removal = f"/enrolments/{joined.json()['id']}/revocation"
    assert (
        await academy.api("teacher", "POST", removal, json={"reason": "Term is over."})
    ).status_code == 200
    assert "Your place in “Echoes and rooms” has ended" in await mails_of(academy, "learner")
    mail = (await academy.house.mails(to=academy.people["learner"].address))[0]
    assert "Term is over." in mail.text


@covers("CON-13")
async def test_an_author_reads_why_a_course_came_back(academy: Academy) -> None:
    course = await academy.write(title="Beats and rests")
    case = await academy.api(
        "teacher", "POST", f"/courses/{course['id']}/submission", json={"admission": "open"}
    )
    body = {"decision": "send_back", "reasons": ["Name an outcome.", "Add a picture."]}
    await academy.api("reviewer", "POST", f"/approval-cases/{case.json()['id']}/decision", json=body)
    await academy.house.run_until_idle()
    mails = await academy.house.mails(to=academy.people["teacher"].address)
    mail = next(one for one in mails if one.subject == "“Beats and rests” needs some changes")
    assert "– Name an outcome." in mail.text
    assert f"/teach/courses/{course['id']}" in mail.text


@covers("CON-16")
async def test_nothing_is_told_of_what_is_no_longer_so(academy: Academy) -> None:
    telling = academy.house.service("content").telling
    for about in ("invited", "enrolled", "removed", "submitted", "approved", "sent_back"):
        await telling.tell(Tell(about=about, subject_id=IDS.new()))
