"""Every port of content in both bindings: the same answers, the same refusals with the same members."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from suuupra.kernel.messages import Query
from suuupra.services.content import api
from tests.covers import covers
from tests.house import StartHouse
from tests.services.content.classroom import IDS, Classroom

P = TypeVar("P")


@dataclass
class Caller:
    """Those above content, each with the ports that its manifest asks for."""

    room: Classroom

    def port(self, port: type[P]) -> P:
        who = "admin" if port is api.Approvals else "portal"
        found: P = self.room.house.estates[who].house.bind(port, who)
        return found


@pytest.fixture(params=["local", "remote"])
async def caller(start_house: StartHouse, request: Any) -> AsyncIterator[Caller]:
    async with start_house("portal", "admin", binding=request.param) as house:
        await house.run_until_idle()
        yield Caller(Classroom(house))


@covers("CON-6", "CON-27")
async def test_the_ports_answer_alike_near_and_far(caller: Caller) -> None:
    room = caller.room
    course = await room.publish("# Words", "More.", title="Monsoon")
    with room.as_(room.nobody):
        shelf = await caller.port(api.Catalogue).browse(api.Browse(text="monsoon"))
        assert [card.id for card in shelf.items] == [course.id]
        tree = await caller.port(api.Catalogue).categories(Query())
        assert len(tree.items) > 30
        page = await caller.port(api.Courses).get(api.GetCourse(slug=course.slug))
        assert page.standing.may_join
    with room.as_(room.learner):
        place = await caller.port(api.Enrolments).join(api.JoinCourse(course_id=course.id))
        assert place.state == "active"
        query = api.LessonQuery(course_id=course.id, lesson_id=course.lessons[0], with_outline=True)
        body = await caller.port(api.Courses).lesson(query)
        assert body.outline is not None
        assert "<h2>Words</h2>" in body.html
        opening = api.OpenLesson(course_id=course.id, lesson_id=course.lessons[0])
        assert not (await caller.port(api.Progress).open_lesson(opening)).is_done
        mine = await caller.port(api.Enrolments).list_mine(api.MyEnrolments())
        assert mine.items[0].next_lesson_id == course.lessons[0]
    with room.as_(course.author):
        own = await caller.port(api.Courses).list_of_owner(api.OwnCourses())
        assert own.items[0].id == course.id
        students = await caller.port(api.Enrolments).list_of_course(api.StudentsQuery(course_id=course.id))
        assert students.items[0].enrolment.learner_id == room.learner.subject
        gates = await caller.port(api.Approvals).gates(api.GatesQuery(course_id=course.id))
        assert gates.may_submit


@covers("CON-16", "CON-17")
async def test_refusals_are_the_same_class_with_the_same_members(caller: Caller) -> None:
    room = caller.room
    closed = await room.publish("Shut.", admission="granted")
    lesson = api.LessonQuery(course_id=closed.id, lesson_id=closed.lessons[0])
    with room.as_(room.learner):
        with pytest.raises(api.CourseNotOpen):
            await caller.port(api.Enrolments).join(api.JoinCourse(course_id=closed.id))
        with pytest.raises(api.NotEnrolled):
            await caller.port(api.Courses).lesson(lesson)
        with pytest.raises(api.CourseNotFound):
            await caller.port(api.Courses).outline(api.OutlineQuery(course_id=IDS.new()))
        with pytest.raises(api.LessonNotFound):
            await caller.port(api.Playback).ticket(api.OpenPlayback(course_id=closed.id, lesson_id=IDS.new()))
    with room.as_(room.teacher):
        bare = await room.write(summary="x")
        await room.content.courses.set_admission(api.SetAdmission(course_id=bare.id, admission="granted"))
        draft = await room.content.editing.draft(bare.id)
        assert draft.may_submit
        case = await caller.port(api.Approvals).submit(
            api.SubmitCourse(course_id=bare.id, admission="granted")
        )
        with pytest.raises(api.UnderReview):
            await caller.port(api.Approvals).submit(api.SubmitCourse(course_id=bare.id, admission="granted"))
    own = room.reviewer.model_copy(update={"subject": room.teacher.subject})
    with room.as_(own), pytest.raises(api.OwnWork):
        await caller.port(api.Approvals).decide(api.DecideCase(case_id=case.id, decision="approve"))
    with room.as_(room.learner):
        await room.house_itself_grants(closed)
        await caller.port(api.Courses).lesson(lesson)
        with pytest.raises(api.BoughtPlace):
            await caller.port(api.Enrolments).leave(api.LeaveCourse(course_id=closed.id))
