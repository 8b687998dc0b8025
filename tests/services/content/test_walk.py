"""The thin path of content, end to end in one house."""

from suuupra.services.content.api import Browse, GetCourse, LessonQuery, MarkLesson, OutlineQuery
from tests.covers import covers
from tests.services.content.classroom import Classroom


@covers("CON-1", "CON-13", "CON-16", "CON-18")
async def test_a_course_is_written_approved_found_joined_and_finished(room: Classroom) -> None:
    course = await room.publish("# Limits\n\nNear.", "Slopes.", title="Harmonium by ear")
    with room.as_(room.nobody):
        shelf = await room.content.catalogue.browse(Browse(text="harmonium"))
        assert [card.id for card in shelf.items] == [course.id]
        page = await room.content.courses.get(GetCourse(slug=course.slug))
        assert page.standing.may_join
        assert [lesson.id for part in page.sections for lesson in part.lessons] == list(course.lessons)
    await room.join(course)
    with room.as_(room.learner):
        body = await room.content.courses.lesson(
            LessonQuery(course_id=course.id, lesson_id=course.lessons[0], with_outline=True)
        )
        assert "<h2>Limits</h2>" in body.html
        assert body.next_id == course.lessons[1]
        first, last = course.lessons
        await room.content.progress.mark(MarkLesson(course_id=course.id, lesson_id=first))
        done = await room.content.progress.mark(MarkLesson(course_id=course.id, lesson_id=last))
        assert done.course_permille == 1000
        assert done.course_completed_at is not None
        outline = await room.content.courses.outline(OutlineQuery(course_id=course.id))
        assert outline.lessons_done == outline.lessons_total == 2
    await room.house.run_until_idle()
    with room.as_(room.nobody):
        shelf = await room.content.catalogue.browse(Browse(text="harmonium", sort="newest"))
        assert shelf.items[0].enrolled_count == 1
