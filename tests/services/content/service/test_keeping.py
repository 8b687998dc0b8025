import pytest

from suuupra.services.content.api import (
    ArchiveCourse,
    CourseGone,
    CourseNotFound,
    CourseNotOpen,
    CourseStateForbids,
    DeleteCourse,
    GetCourse,
    LessonQuery,
    ReopenCourse,
    SetAdmission,
    WithdrawCourse,
)
from suuupra.services.content.service.authoring import ChangeDetails
from tests.covers import covers
from tests.services.content.classroom import Classroom, somebody


@covers("CON-13")
async def test_only_an_empty_draft_is_deleted_all_else_is_archived(room: Classroom) -> None:
    draft, live = await room.write(), await room.publish()
    staff = somebody("content.course.administer")
    with room.as_(staff):
        await room.content.courses.delete(DeleteCourse(course_id=draft.id))
        with pytest.raises(CourseStateForbids, match="Archive it"):
            await room.content.courses.delete(DeleteCourse(course_id=live.id))
        archive = ArchiveCourse(course_id=live.id, reason="No longer taught.")
        assert (await room.content.courses.archive(archive)).state == "archived"
        with pytest.raises(CourseStateForbids):
            await room.content.courses.archive(archive)
    with room.as_(draft.author), pytest.raises(CourseNotFound):
        await room.content.courses.get(GetCourse(course_id=draft.id))


@covers("CON-13")
async def test_an_archived_course_cannot_change_and_may_still_be_read_inside(room: Classroom) -> None:
    course = await room.publish("Words.")
    await room.join(course)
    with room.as_(course.author):
        await room.content.courses.archive(ArchiveCourse(course_id=course.id, reason="No longer taught."))
        with pytest.raises(CourseStateForbids):
            await room.content.authoring.change_details(ChangeDetails(course_id=course.id, title="x"))
    with room.as_(room.learner):
        body = await room.content.courses.lesson(
            LessonQuery(course_id=course.id, lesson_id=course.lessons[0])
        )
    assert "Words." in body.html
    with room.as_(room.other), pytest.raises(CourseGone):
        await room.content.courses.get(GetCourse(course_id=course.id))


@covers("CON-13", "CON-16")
async def test_a_withdrawn_course_takes_nobody_until_it_is_offered_again(room: Classroom) -> None:
    course = await room.publish()
    with room.as_(course.author):
        await room.content.courses.withdraw(WithdrawCourse(course_id=course.id, reason="Being rewritten."))
    with pytest.raises(CourseNotOpen):
        await room.join(course)
    with room.as_(course.author):
        assert (await room.content.courses.reopen(ReopenCourse(course_id=course.id))).state == "published"
        with pytest.raises(CourseStateForbids):
            await room.content.courses.reopen(ReopenCourse(course_id=course.id))
    await room.join(course)
    published = await room.events("course_published")
    firsts = [event.get("is_first") for event in published if event["course_id"] == str(course.id)]
    assert firsts == [True, False]


@covers("CON-16")
async def test_admission_changes_who_may_join_and_is_audited(room: Classroom) -> None:
    course = await room.publish()
    with room.as_(course.author):
        card = await room.content.courses.set_admission(
            SetAdmission(course_id=course.id, admission="granted")
        )
    assert card.admission == "granted"
    with pytest.raises(CourseNotOpen):
        await room.join(course)
    with room.as_(room.learner), pytest.raises(CourseNotFound):
        await room.content.courses.set_admission(SetAdmission(course_id=course.id, admission="open"))


@covers("CON-13")
async def test_others_may_end_nothing(room: Classroom) -> None:
    course = await room.publish()
    reason = "Because I can."
    with room.as_(room.other):
        for act in (
            room.content.courses.withdraw(WithdrawCourse(course_id=course.id, reason=reason)),
            room.content.courses.archive(ArchiveCourse(course_id=course.id, reason=reason)),
            room.content.courses.delete(DeleteCourse(course_id=course.id)),
            room.content.courses.reopen(ReopenCourse(course_id=course.id)),
        ):
            with pytest.raises(CourseNotFound):
                await act
