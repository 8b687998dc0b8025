import pytest

from suuupra.kernel.messages import Query
from suuupra.kernel.oversight import SeriesQuery
from suuupra.kernel.problems import Invalid
from suuupra.services.content.api import Browse, LeaveCourse, MarkLesson
from suuupra.services.content.store import courses
from tests.covers import covers
from tests.services.content.classroom import Classroom, somebody


@covers("CON-6")
async def test_counts_follow_a_few_seconds_later(own_room: Classroom) -> None:
    room = own_room
    course = await room.publish("a", "b")
    for who in (room.learner, room.other, somebody()):
        await room.join(course, who)
    with room.as_(room.other):
        await room.content.enrolments.leave(LeaveCourse(course_id=course.id))
    await room.house.run_until_idle()
    with room.as_(room.nobody):
        card = (await room.content.catalogue._browse(Browse())).items[0]
    assert (card.enrolled_count, card.lesson_count) == (2, 2)


@covers("CON-26")
async def test_figures_count_by_day_and_in_all(own_room: Classroom) -> None:
    room = own_room
    course = await room.publish()
    await room.join(course)
    room.clock.advance(86_400)
    await room.join(course, room.other)
    with room.as_(room.learner):
        await room.content.progress.mark(MarkLesson(course_id=course.id, lesson_id=course.lessons[0]))
    counting = room.content.counting
    assert [name.name for name in (await counting.names(Query())).figures] == [
        "enrolments",
        "completions",
        "courses_published",
    ]
    enrolments = await counting.series(SeriesQuery(name="enrolments", days=3))
    assert [point.value for point in enrolments.points] == [0, 1, 1]
    assert enrolments.now == 2
    completions = await counting.series(SeriesQuery(name="completions", days=3))
    assert [point.value for point in completions.points] == [0, 0, 1]
    with pytest.raises(Invalid):
        await counting.series(SeriesQuery(name="happiness"))


@covers("CON-5")
async def test_a_second_start_adds_no_category_twice(own_room: Classroom) -> None:
    await own_room.content.counting.start()
    async with own_room.work.read() as session:
        slugs = [node.slug for node in await courses.category_nodes(session)]
    assert len(slugs) == len(set(slugs)) > 30
