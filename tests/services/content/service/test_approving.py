import asyncio

import pytest

from suuupra.kernel.problems import Forbidden, Invalid, Problem
from suuupra.services.content.api import (
    AlreadyDecided,
    CaseNotFound,
    CaseQuery,
    CasesQuery,
    CourseNotFound,
    CourseStateForbids,
    DecideCase,
    GateUnmet,
    GetCourse,
    LessonQuery,
    OwnWork,
    SubmitCourse,
    UnderReview,
)
from suuupra.services.content.service.approving import PublishCourse
from suuupra.services.content.service.authoring import ChangeNode, CreateCourse
from tests.covers import covers
from tests.house import StartHouse
from tests.services.content.classroom import Classroom, Written, somebody


async def html(room: Classroom, course: Written) -> str:
    with room.as_(room.learner):
        query = LessonQuery(course_id=course.id, lesson_id=course.lessons[0])
        return (await room.content.courses.lesson(query)).html


async def rewrite(room: Classroom, course: Written, text: str) -> None:
    with room.as_(course.author):
        command = ChangeNode(course_id=course.id, node_id=course.lessons[0], markdown=text)
        await room.content.authoring.change_node(command)


@covers("CON-13", "CON-14")
async def test_unmet_gates_stop_a_submission_and_are_named(room: Classroom) -> None:
    with room.as_(room.teacher):
        made = await room.content.authoring.create(CreateCourse(title="Bare"))
        with pytest.raises(GateUnmet) as caught:
            await room.content.approvals.submit(SubmitCourse(course_id=made.id, admission="open"))
    assert [gate["name"] for gate in caught.value.members["gates"]] == ["summary", "category", "lesson"]


@covers("CON-13")
async def test_nobody_approves_their_own_work(room: Classroom) -> None:
    both = somebody("content.course.author", "content.course.approve", roles=("admin",))
    case = await room.submit(await room.write(author=both))
    with room.as_(both), pytest.raises(OwnWork):
        await room.content.approvals.decide(DecideCase(case_id=case.id, decision="approve"))
    with room.as_(room.learner), pytest.raises(Forbidden):
        await room.content.approvals.decide(DecideCase(case_id=case.id, decision="approve"))
    assert (await room.approve(case)).state == "approved"


@covers("CON-13")
async def test_a_course_sent_back_says_why_and_is_submitted_again(room: Classroom) -> None:
    course = await room.write()
    case = await room.submit(course)
    with room.as_(room.reviewer):
        with pytest.raises(Invalid, match="what should change"):
            await room.content.approvals.decide(
                DecideCase(case_id=case.id, decision="send_back", reasons=("  ",))
            )
        decide = DecideCase(case_id=case.id, decision="send_back", reasons=("Add a picture.",))
        assert (await room.content.approvals.decide(decide)).reasons == ("Add a picture.",)
        with pytest.raises(AlreadyDecided):
            await room.content.approvals.decide(decide)
    with room.as_(course.author):
        draft = await room.content.editing.draft(course.id)
        assert (draft.state, draft.send_back_reasons) == ("changes_requested", ("Add a picture.",))
    assert (await room.approve(await room.submit(course))).state == "approved"
    assert [event["course_id"] for event in await room.events("course_rejected")].count(str(course.id)) == 1


@covers("CON-13")
async def test_one_submission_at_a_time(room: Classroom) -> None:
    course = await room.write()
    await room.submit(course)
    with pytest.raises(UnderReview):
        await room.submit(course)


@covers("CON-9", "CON-13")
async def test_the_frozen_edition_is_judged_while_the_draft_goes_on(room: Classroom) -> None:
    course = await room.write("Submitted words.")
    case = await room.submit(course)
    await rewrite(room, course, "Later words.")
    with room.as_(room.reviewer):
        seen = await room.content.editing.revision(course.id, case.revision_number, None)
        assert "Submitted words." in (seen.lesson.html if seen.lesson else "")
        with pytest.raises(CourseNotFound):
            await room.content.editing.revision(course.id, case.revision_number + 1, None)
    await room.approve(case)
    await room.join(course)
    assert "Submitted words." in await html(room, course)


@covers("CON-13")
async def test_publish_later_waits_for_its_author(room: Classroom) -> None:
    course = await room.write()
    await room.approve(await room.submit(course, publish_later=True))
    with room.as_(room.nobody), pytest.raises(CourseNotFound):
        await room.content.courses.get(GetCourse(course_id=course.id))
    with room.as_(course.author):
        assert (await room.content.editing.draft(course.id)).waits_for_publication
        await room.content.approvals.publish(PublishCourse(course_id=course.id))
        assert not (await room.content.editing.draft(course.id)).waits_for_publication
    with room.as_(room.nobody):
        assert (await room.content.courses.get(GetCourse(course_id=course.id))).state == "published"


@covers("CON-9")
async def test_a_new_edition_goes_live_at_once_and_keeps_progress(room: Classroom) -> None:
    course = await room.publish("First words.")
    await room.join(course)
    first = await html(room, course)
    await rewrite(room, course, "Second words.")
    assert await html(room, course) == first, "a draft is nobody's but its author's"
    with room.as_(course.author):
        assert (await room.content.editing.draft(course.id)).has_unpublished_changes
        published = await room.content.approvals.publish(PublishCourse(course_id=course.id))
        assert published.revision_number == 2
        assert not (await room.content.editing.draft(course.id)).has_unpublished_changes
    assert "Second words." in await html(room, course)


@covers("CON-13")
async def test_a_first_publication_needs_somebody_else(room: Classroom) -> None:
    course = await room.write()
    with room.as_(course.author), pytest.raises(CourseStateForbids, match="Submit the course first"):
        await room.content.approvals.publish(PublishCourse(course_id=course.id))


@covers("CON-13")
async def test_cases_are_for_reviewers_and_their_author(room: Classroom) -> None:
    course = await room.write()
    case = await room.submit(course)
    with room.as_(room.reviewer):
        page = await room.content.approvals.page(CasesQuery(course_id=course.id))
        assert [one.id for one in page.items] == [case.id]
        detail = await room.content.approvals.get(CaseQuery(case_id=case.id))
        assert detail.may_decide
        assert detail.is_first
    with room.as_(course.author):
        assert not (await room.content.approvals.get(CaseQuery(case_id=case.id))).may_decide
    with room.as_(room.other):
        with pytest.raises(CaseNotFound):
            await room.content.approvals.get(CaseQuery(case_id=case.id))
        with pytest.raises(Problem):
            await room.content.approvals.page(CasesQuery(course_id=course.id))


@covers("CON-9", "CON-13")
async def test_of_two_publishers_one_wins(own_room: Classroom) -> None:
    room = own_room
    course = await room.write()
    case = await room.submit(course)
    second = somebody("content.course.approve")

    async def decide(who: object) -> str:
        with room.as_(who):  # type: ignore[arg-type]
            try:
                await room.content.approvals.decide(DecideCase(case_id=case.id, decision="approve"))
            except AlreadyDecided:
                return "late"
            return "published"

    found = await asyncio.gather(*(decide(who) for who in (room.reviewer, second, room.reviewer, second)))
    assert sorted(found) == ["late", "late", "late", "published"]
    assert len(await room.events("course_published")) == 1


@covers("CON-9")
async def test_two_tabs_that_publish_changes_make_two_editions_in_order(own_room: Classroom) -> None:
    room = own_room
    course = await room.publish()

    async def publish(text: str) -> int:
        await rewrite(room, course, text)
        with room.as_(course.author):
            return (await room.content.approvals.publish(PublishCourse(course_id=course.id))).revision_number

    numbers = await asyncio.gather(publish("One."), publish("Two."))
    assert sorted(numbers) == [2, 3]
    live = [event["revision_number"] for event in await room.events("course_published")]
    assert live == [1, 2, 3]


@covers("CON-13")
async def test_a_site_without_approval_publishes_at_once(start_house: StartHouse) -> None:
    async with start_house("content", content_approval="none") as house:
        room = Classroom(house)
        course = await room.write("One.")
        assert (await room.submit(course)).state == "approved"
        await rewrite(room, course, "Two.")
        with room.as_(course.author):
            await room.content.approvals.publish(PublishCourse(course_id=course.id))
        await room.join(course)
        assert "Two." in await html(room, course)


@covers("CON-13")
async def test_a_strict_site_looks_at_every_edition(start_house: StartHouse) -> None:
    async with start_house("content", content_approval="every") as house:
        room = Classroom(house)
        course = await room.publish("One.")
        await rewrite(room, course, "Two.")
        with room.as_(course.author), pytest.raises(CourseStateForbids):
            await room.content.approvals.publish(PublishCourse(course_id=course.id))
        await room.join(course)
        case = await room.submit(course)
        with room.as_(room.reviewer):
            detail = await room.content.approvals.get(CaseQuery(case_id=case.id))
        assert (case.is_first, len(detail.changed_lessons)) == (False, 1)
        assert "One." in await html(room, course)
        await room.approve(case)
        assert "Two." in await html(room, course)
