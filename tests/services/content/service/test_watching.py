from datetime import timedelta

import pytest

from suuupra.kernel.problems import Forbidden, Unavailable
from suuupra.services.content.api import (
    AccessQuery,
    EnrolmentEnded,
    LeaveCourse,
    LessonNotFound,
    MediaNotReady,
    NotEnrolled,
    OpenPlayback,
)
from suuupra.services.content.service.authoring import ChangeNode
from suuupra.services.content.service.media import LessonMediaQuery
from suuupra.services.content.service.watching import context_ref, parsed_ref, resume_ms
from suuupra.services.vod.api import RightQuery
from tests.covers import covers
from tests.services.content.classroom import IDS, Classroom, Written, teacher


async def film_course(room: Classroom) -> Written:
    course = await room.write("Read me.")
    video = await room.add_lesson(course.id, course.section_id, "", course.author, kind="video")
    await room.film(course, video)
    await room.approve(await room.submit(course))
    return Written(course.id, course.slug, course.section_id, (video, *course.lessons), course.author)


@covers("CON-17")
async def test_the_verdict_says_who_may_open_what(room: Classroom) -> None:
    course = await film_course(room)
    lesson = AccessQuery(course_id=course.id, lesson_id=course.lessons[0])
    with room.as_(room.learner):
        shut = await room.content.watching.decide(lesson)
        assert (shut.allowed, shut.reasons[0].code) == (False, "enrolled")
    await room.join(course)
    with room.as_(room.learner):
        assert (await room.content.watching.decide(lesson)).allowed
        assert (await room.content.watching.decide(AccessQuery(course_id=course.id))).allowed
        lost = await room.content.watching.decide(AccessQuery(course_id=course.id, lesson_id=IDS.new()))
        assert not lost.allowed
        nowhere = await room.content.watching.decide(AccessQuery(course_id=IDS.new()))
        assert nowhere.reasons[0].code == "not_there"
    with room.as_(course.author):
        assert (await room.content.watching.decide(lesson)).is_author


@covers("CON-17")
async def test_about_others_only_author_staff_and_services_are_told(room: Classroom) -> None:
    course = await film_course(room)
    await room.join(course)
    about = AccessQuery(course_id=course.id, lesson_id=course.lessons[0], subject_id=room.learner.subject)
    for who in (room.other, teacher()):
        with room.as_(who), pytest.raises(Forbidden):
            await room.content.watching.decide(about)
    for who in (course.author, room.house_itself):
        with room.as_(who):
            assert (await room.content.watching.decide(about)).allowed
            stranger = about.model_copy(update={"subject_id": room.other.subject})
            assert not (await room.content.watching.decide(stranger)).allowed


@covers("CON-17")
async def test_a_lesson_with_a_date_says_when_it_opens(own_room: Classroom) -> None:
    room = own_room
    course = await room.write("a")
    at = room.clock.now() + timedelta(days=3)
    rule = {"all": [{"enrolled": True}, {"on_or_after": at.isoformat()}]}
    with room.as_(course.author):
        await room.content.authoring.change_node(
            ChangeNode(course_id=course.id, node_id=course.lessons[0], rule=rule)
        )
    await room.approve(await room.submit(course))
    await room.join(course)
    query = AccessQuery(course_id=course.id, lesson_id=course.lessons[0])
    with room.as_(room.learner):
        verdict = await room.content.watching.decide(query)
        assert (verdict.allowed, verdict.opens_at) == (False, at)
        assert verdict.reasons[0].text == "Opens on 24 Nov 2026, 12:00 UTC."
        room.clock.advance(3 * 86_400)
        assert (await room.content.watching.decide(query)).allowed


@covers("CON-17")
async def test_a_ticket_is_refused_before_anything_is_opened(room: Classroom) -> None:
    course = await film_course(room)
    video, article = course.lessons
    ask = OpenPlayback(course_id=course.id, lesson_id=video)
    with room.as_(room.learner):
        with pytest.raises(NotEnrolled):
            await room.content.watching.ticket(ask)
        with pytest.raises(LessonNotFound):
            await room.content.watching.ticket(ask.model_copy(update={"lesson_id": article}))
    await room.join(course)
    with room.as_(room.learner):
        with pytest.raises(Unavailable, match="Video is away"):
            await room.content.watching.ticket(ask)
        await room.content.enrolments.leave(LeaveCourse(course_id=course.id))
        with pytest.raises(EnrolmentEnded):
            await room.content.watching.ticket(ask)


@covers("CON-17")
async def test_a_video_on_its_way_is_said_to_its_author(room: Classroom) -> None:
    course = await room.write()
    video = await room.add_lesson(course.id, course.section_id, "", course.author, kind="video")
    with room.as_(course.author), pytest.raises(MediaNotReady) as caught:
        await room.content.watching.ticket(OpenPlayback(course_id=course.id, lesson_id=video))
    assert caught.value.members["state"] == "none"


@covers("CON-17")
async def test_vod_is_told_whether_a_session_may_go_on(room: Classroom) -> None:
    course = await film_course(room)
    await room.join(course)
    with room.as_(course.author):
        about = LessonMediaQuery(course_id=course.id, lesson_id=course.lessons[0])
        media_id = (await room.content.media.look(about)).media_id
    assert media_id is not None
    ask = RightQuery(
        asset_id=media_id,
        context_ref=context_ref(course.id, course.lessons[0]),
        subject=room.learner.subject,
    )
    with room.as_(room.house_itself):
        assert (await room.content.watching.may_play(ask)).allowed
        for wrong in (
            {"subject": room.other.subject},
            {"subject": None},
            {"asset_id": IDS.new()},
            {"context_ref": "studio:1"},
            {"context_ref": f"content:{course.id}:nonsense"},
            {"context_ref": context_ref(course.id, IDS.new())},
        ):
            assert not (await room.content.watching.may_play(ask.model_copy(update=wrong))).allowed
    with room.as_(room.reviewer):
        review = ask.model_copy(update={"subject": room.reviewer.subject})
        assert (await room.content.watching.may_play(review)).allowed
        other = review.model_copy(update={"asset_id": IDS.new()})
        assert not (await room.content.watching.may_play(other)).allowed
    with room.as_(room.learner):
        await room.content.enrolments.leave(LeaveCourse(course_id=course.id))
    with room.as_(room.house_itself):
        ended = await room.content.watching.may_play(ask)
    assert (ended.allowed, ended.reason) == (False, "You left this course.")


@covers("CON-17")
def test_references_of_other_services_are_not_ours() -> None:
    course, lesson = IDS.new(), IDS.new()
    assert parsed_ref(context_ref(course, lesson)) == (course, lesson)
    assert parsed_ref("live:1") is None
    assert parsed_ref("content:1:2") is None


@covers("CON-18")
def test_a_film_seen_to_its_end_starts_anew() -> None:
    assert resume_ms(30_000, 60_000) == 30_000
    assert resume_ms(57_000, 60_000) == 0
    assert resume_ms(57_000, 0) == 57_000
