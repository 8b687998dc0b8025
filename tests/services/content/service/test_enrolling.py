import asyncio
from datetime import timedelta

import pytest

from suuupra.kernel.problems import Forbidden, Unauthenticated
from suuupra.services.content.api import (
    BoughtPlace,
    CourseNotFound,
    CourseNotOpen,
    EnrolmentEnded,
    EnrolmentNotFound,
    EnrolmentQuery,
    GrantEnrolment,
    GrantSpent,
    JoinCourse,
    LeaveCourse,
    LessonQuery,
    MarkLesson,
    MyEnrolments,
    RevokeEnrolment,
    StudentsQuery,
)
from suuupra.services.content.service.desk import ExpireEnrolments
from tests.covers import covers
from tests.services.content.classroom import Classroom, Written, somebody, teacher


def order(course: Written, room: Classroom, ref: str = "order-1") -> GrantEnrolment:
    assert room.learner.subject is not None
    return GrantEnrolment(
        course_id=course.id, learner_id=room.learner.subject, source="order", source_ref=f"{course.id}:{ref}"
    )


@covers("CON-16")
async def test_a_course_by_invitation_takes_nobody_who_just_comes(room: Classroom) -> None:
    course = await room.publish(admission="granted")
    with pytest.raises(CourseNotOpen):
        await room.join(course)
    draft = await room.write()
    with pytest.raises(CourseNotFound):
        await room.join(draft)
    with room.as_(room.nobody), pytest.raises(Unauthenticated):
        await room.content.enrolments.join(JoinCourse(course_id=course.id))


@covers("CON-16")
async def test_joining_twice_at_once_is_one_place(own_room: Classroom) -> None:
    room = own_room
    course = await room.publish()
    places = await asyncio.gather(*(room.join(course) for _ in range(8)))
    assert len({place.id for place in places}) == 1
    assert {place.state for place in places} == {"active"}
    assert len(await room.events("enrolment_granted")) == 1
    assert len(await room.events("enrolment_activated")) == 1


@covers("CON-16")
async def test_a_grant_is_answered_once_for_its_reference(room: Classroom) -> None:
    course = await room.publish(admission="granted")
    with room.as_(room.house_itself):
        first = await room.content.enrolments.grant(order(course, room))
        again = await room.content.enrolments.grant(order(course, room))
    assert first == again
    assert (first.state, first.source) == ("active", "order")
    granted = [one for one in await room.events("enrolment_granted") if one["course_id"] == str(course.id)]
    assert len(granted) == 1
    with room.as_(room.learner), pytest.raises(Forbidden):
        await room.content.enrolments.grant(order(course, room, "order-2"))


@covers("CON-16")
async def test_many_grants_of_one_reference_at_once_are_one(own_room: Classroom) -> None:
    room = own_room
    course = await room.publish(admission="granted")

    async def grant() -> object:
        with room.as_(room.house_itself):
            return (await room.content.enrolments.grant(order(course, room))).id

    assert len(set(await asyncio.gather(*(grant() for _ in range(8))))) == 1
    assert len(await room.events("enrolment_granted")) == 1


@covers("CON-16")
async def test_an_ended_grant_is_spent_and_a_bought_place_ends_by_refund_alone(room: Classroom) -> None:
    course = await room.publish(admission="granted")
    with room.as_(room.house_itself):
        place = await room.content.enrolments.grant(
            order(course, room).model_copy(update={"source": "roster"})
        )
    with room.as_(course.author):
        await room.content.enrolments.revoke(
            RevokeEnrolment(enrolment_id=place.id, reason="Left the school.")
        )
    with room.as_(room.house_itself):
        with pytest.raises(GrantSpent):
            await room.content.enrolments.grant(order(course, room).model_copy(update={"source": "roster"}))
        bought = await room.content.enrolments.grant(order(course, room, "order-9"))
        assert (bought.id, bought.state) == (place.id, "active")
    with room.as_(course.author), pytest.raises(BoughtPlace):
        await room.content.enrolments.revoke(RevokeEnrolment(enrolment_id=place.id, reason="Again."))
    with room.as_(room.learner), pytest.raises(BoughtPlace):
        await room.content.enrolments.leave(LeaveCourse(course_id=course.id))


@covers("CON-16")
async def test_nobody_is_granted_a_place_in_what_is_not_published(room: Classroom) -> None:
    course = await room.write()
    with room.as_(room.house_itself), pytest.raises(CourseNotOpen):
        await room.content.enrolments.grant(order(course, room))


@covers("CON-16", "CON-18")
async def test_who_leaves_and_comes_back_finds_what_was_done(room: Classroom) -> None:
    course = await room.publish("a", "b")
    first = await room.join(course)
    with room.as_(room.learner):
        mark = MarkLesson(course_id=course.id, lesson_id=course.lessons[0])
        await room.content.progress.mark(mark)
        assert (await room.content.enrolments.leave(LeaveCourse(course_id=course.id))).state == "left"
        assert (await room.content.enrolments.leave(LeaveCourse(course_id=course.id))).state == "left"
        assert (await room.content.enrolments.list_mine(MyEnrolments())).items == ()
        ended = await room.content.enrolments.list_mine(MyEnrolments(state="ended"))
        assert ended.items[0].course.id == course.id
    again = await room.join(course)
    assert (again.id, again.state) == (first.id, "active")
    with room.as_(room.learner):
        mine = (await room.content.enrolments.list_mine(MyEnrolments())).items[0]
        assert (mine.lessons_done, mine.next_lesson_id) == (1, course.lessons[1])


@covers("CON-16")
async def test_a_removed_learner_reads_the_reason_and_comes_back_by_invitation_alone(room: Classroom) -> None:
    course = await room.publish()
    place = await room.join(course)
    removal = RevokeEnrolment(enrolment_id=place.id, reason="Copied the homework.")
    for who in (teacher(), room.other, room.reviewer):
        with room.as_(who), pytest.raises(EnrolmentNotFound):
            await room.content.enrolments.revoke(removal)
    with room.as_(course.author):
        assert (await room.content.enrolments.revoke(removal)).state == "revoked"
        assert (await room.content.enrolments.revoke(removal)).reason == "Copied the homework."
    with room.as_(room.learner), pytest.raises(EnrolmentEnded, match="Copied the homework"):
        await room.content.courses.lesson(LessonQuery(course_id=course.id, lesson_id=course.lessons[0]))
    with pytest.raises(EnrolmentEnded):
        await room.join(course)


@covers("CON-16")
async def test_the_list_of_learners_is_its_authors(room: Classroom) -> None:
    course = await room.publish("a", "b")
    for who in (room.learner, room.other, somebody()):
        await room.join(course, who)
    with room.as_(course.author):
        first = await room.content.enrolments.list_of_course(StudentsQuery(course_id=course.id, limit=2))
        rest = await room.content.enrolments.list_of_course(
            StudentsQuery(course_id=course.id, limit=2, cursor=first.next)
        )
    assert len({one.enrolment.learner_id for one in (*first.items, *rest.items)}) == 3
    assert rest.next is None
    for who in (room.learner, teacher(), room.reviewer):
        with room.as_(who):
            with pytest.raises(CourseNotFound):
                await room.content.enrolments.list_of_course(StudentsQuery(course_id=course.id))
            with pytest.raises(CourseNotFound):
                await room.content.enrolments.roster(course.id)


@covers("CON-16")
async def test_one_reads_ones_own_place_and_not_that_of_others(room: Classroom) -> None:
    course = await room.publish()
    place = await room.join(course)
    with room.as_(room.learner):
        assert await room.content.enrolments.get(EnrolmentQuery(course_id=course.id)) == place
    about = EnrolmentQuery(course_id=course.id, learner_id=room.learner.subject)
    with room.as_(room.other), pytest.raises(CourseNotFound):
        await room.content.enrolments.get(about)
    with room.as_(course.author):
        assert await room.content.enrolments.get(about) == place
    with room.as_(room.house_itself):
        assert await room.content.enrolments.get(about) == place


@covers("CON-16")
async def test_a_place_with_an_end_ends(own_room: Classroom) -> None:
    room = own_room
    course = await room.publish(admission="granted")
    ends_at = room.clock.now() + timedelta(days=30)
    with room.as_(room.house_itself):
        await room.content.enrolments.grant(order(course, room).model_copy(update={"ends_at": ends_at}))
    query = LessonQuery(course_id=course.id, lesson_id=course.lessons[0])
    with room.as_(room.learner):
        await room.content.courses.lesson(query)
    room.clock.advance(31 * 86_400)
    with room.as_(room.learner), pytest.raises(EnrolmentEnded, match="time in this course is over"):
        await room.content.courses.lesson(query)
    await room.content.enrolments.expire_places(ExpireEnrolments())
    with room.as_(room.house_itself):
        place = await room.content.enrolments.get(
            EnrolmentQuery(course_id=course.id, learner_id=room.learner.subject)
        )
    assert place is not None
    assert place.state == "expired"
