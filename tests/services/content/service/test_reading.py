from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from suuupra.kernel.problems import Forbidden
from suuupra.services.content.api import (
    CourseGone,
    CourseNotFound,
    CoursesQuery,
    EnrolmentEnded,
    GetCourse,
    GetCourses,
    LeaveCourse,
    LessonQuery,
    Locked,
    MayEdit,
    NotEnrolled,
    OutlineQuery,
    OwnCourses,
    WithdrawCourse,
)
from suuupra.services.content.service.authoring import ChangeNode
from tests.covers import covers
from tests.services.content.classroom import Classroom, somebody


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that run inside."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@covers("CON-1", "CON-4")
async def test_a_draft_is_not_there_for_others_by_id_slug_or_list(room: Classroom) -> None:
    course = await room.write("secret")
    for who in (room.learner, room.nobody, room.other, room.reviewer):
        with room.as_(who):
            for query in (GetCourse(course_id=course.id), GetCourse(slug=course.slug)):
                with pytest.raises(CourseNotFound):
                    await room.content.courses.get(query)
            with pytest.raises(CourseNotFound):
                await room.content.courses.lesson(
                    LessonQuery(course_id=course.id, lesson_id=course.lessons[0], as_student=True)
                )
            assert (await room.content.courses.get_many(GetCourses(course_ids=(course.id,)))).items == ()
    with room.as_(course.author):
        assert len((await room.content.courses.get_many(GetCourses(course_ids=(course.id,)))).items) == 1


@covers("CON-4")
async def test_the_author_sees_the_draft_as_a_student_would(room: Classroom) -> None:
    course = await room.publish("Live words.", "More.")
    with room.as_(course.author):
        change = ChangeNode(course_id=course.id, node_id=course.lessons[0], markdown="New words.")
        await room.content.authoring.change_node(change)
        query = LessonQuery(course_id=course.id, lesson_id=course.lessons[0])
        assert "Live words." in (await room.content.courses.lesson(query)).html
        as_student = query.model_copy(update={"as_student": True})
        assert "New words." in (await room.content.courses.lesson(as_student)).html
        outline = await room.content.courses.outline(OutlineQuery(course_id=course.id, as_student=True))
        assert [lesson.state for lesson in outline.sections[0].lessons] == ["now", "next"]


@covers("CON-4")
async def test_a_free_preview_opens_for_everybody_and_the_rest_does_not(room: Classroom) -> None:
    course = await room.write("Shut.")
    free = await room.add_lesson(
        course.id, course.section_id, "Open to all.", course.author, is_free_preview=True
    )
    await room.approve(await room.submit(course, "granted"))
    with room.as_(room.nobody):
        page = await room.content.courses.get(GetCourse(course_id=course.id))
        assert page.preview_lesson_id == free
        query = LessonQuery(course_id=course.id, lesson_id=free)
        assert "Open to all." in (await room.content.courses.lesson(query)).html
        with pytest.raises(NotEnrolled):
            await room.content.courses.lesson(query.model_copy(update={"lesson_id": course.lessons[0]}))


@covers("CON-21")
async def test_a_locked_lesson_says_why(room: Classroom) -> None:
    course = await room.write("First.", "Second.")
    first, second = course.lessons
    with room.as_(course.author):
        rule = ChangeNode(
            course_id=course.id, node_id=second, rule={"all": [{"enrolled": True}, {"done": str(first)}]}
        )
        await room.content.authoring.change_node(rule)
    await room.approve(await room.submit(course))
    await room.join(course)
    with room.as_(room.learner), pytest.raises(Locked) as caught:
        await room.content.courses.lesson(LessonQuery(course_id=course.id, lesson_id=second))
    assert caught.value.members["reasons"][0]["code"] == "done"
    assert "first" in caught.value.detail


@covers("CON-16")
async def test_who_left_reads_why_it_is_shut(room: Classroom) -> None:
    course = await room.publish()
    await room.join(course)
    with room.as_(room.learner):
        await room.content.enrolments.leave(LeaveCourse(course_id=course.id))
        with pytest.raises(EnrolmentEnded, match="You left") as caught:
            await room.content.courses.lesson(LessonQuery(course_id=course.id, lesson_id=course.lessons[0]))
    assert caught.value.members["state"] == "left"
    assert caught.value.members["ended_at"]


@covers("CON-13")
async def test_a_withdrawn_course_goes_on_for_those_inside_alone(room: Classroom) -> None:
    course = await room.publish()
    await room.join(course)
    with room.as_(course.author):
        await room.content.courses.withdraw(
            WithdrawCourse(course_id=course.id, reason="A new edition comes.")
        )
    with room.as_(room.learner):
        assert (await room.content.courses.get(GetCourse(slug=course.slug))).state == "withdrawn"
        await room.content.courses.lesson(LessonQuery(course_id=course.id, lesson_id=course.lessons[0]))
    for who in (room.other, room.nobody):
        with room.as_(who), pytest.raises(CourseGone):
            await room.content.courses.get(GetCourse(slug=course.slug))


@covers("CON-6")
async def test_an_outline_takes_three_queries_and_fewer_from_the_cache(room: Classroom) -> None:
    course = await room.publish(*(f"Lesson {number}." for number in range(12)))
    await room.join(course)
    query = OutlineQuery(course_id=course.id)
    with room.as_(room.learner):
        with counted() as first:
            await room.content.courses.outline(query)
        with counted() as again:
            await room.content.courses.outline(query)
    assert len(first) <= 3
    assert len(again) == 2, "course and progress are the viewer's, the rest is everybody's"


@covers("CON-13", "CON-25")
async def test_staff_see_all_courses_page_by_page(own_room: Classroom) -> None:
    room = own_room
    courses = [await room.write() for _ in range(3)]
    staff = somebody("content.course.administer")
    with room.as_(room.reviewer), pytest.raises(Forbidden):
        await room.content.courses.page(CoursesQuery())
    with room.as_(staff):
        first = await room.content.courses.page(CoursesQuery(limit=2))
        second = await room.content.courses.page(CoursesQuery(limit=2, cursor=first.next))
        found = await room.content.courses.page(CoursesQuery(text=courses[1].slug[-5:]))
    assert [card.id for card in (*first.items, *second.items)] == [one.id for one in reversed(courses)]
    assert second.next is None
    assert courses[1].id in {card.id for card in found.items}


@covers("CON-1")
async def test_the_desk_of_an_author_tells_states_and_counts(room: Classroom) -> None:
    live, draft = await room.publish(), await room.write()
    await room.join(live)
    with room.as_(room.teacher):
        page = await room.content.courses.list_of_owner(OwnCourses())
        by_id = {card.id: card for card in page.items}
        assert by_id[live.id].state == "published"
        assert by_id[live.id].active_count == 1
        assert not by_id[live.id].has_unpublished_changes
        assert by_id[draft.id].state == "draft"
        assert by_id[draft.id].title.startswith("Calculus")
        one = await room.content.courses.list_of_owner(OwnCourses(limit=1))
        two = await room.content.courses.list_of_owner(OwnCourses(limit=1, cursor=one.next))
        assert {one.items[0].id, two.items[0].id} == {live.id, draft.id}
        assert (await room.content.courses.list_of_owner(OwnCourses(state="draft"))).items[0].id == draft.id


@covers("CON-1")
async def test_who_may_edit_is_said_and_never_raised(room: Classroom) -> None:
    course = await room.write()
    with room.as_(course.author):
        assert (await room.content.courses.may_edit(MayEdit(course_id=course.id))).allowed
        assert not (await room.content.courses.may_edit(MayEdit(course_id=course.section_id))).allowed
    with room.as_(room.house_itself):
        about = MayEdit(course_id=course.id, subject_id=course.author.subject)
        assert (await room.content.courses.may_edit(about)).allowed
        assert not (
            await room.content.courses.may_edit(about.model_copy(update={"subject_id": room.learner.subject}))
        ).allowed
