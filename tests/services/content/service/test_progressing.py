import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from suuupra.kernel.problems import Forbidden
from suuupra.services.content.api import (
    ApplyProgress,
    EnrolmentEnded,
    LeaveCourse,
    MarkLesson,
    NotEnrolled,
    OpenLesson,
    Operation,
    ProgressQuery,
    RevokeEnrolment,
    Verdicts,
)
from suuupra.services.content.service.approving import PublishCourse
from suuupra.services.content.service.authoring import ChangeDetails, ChangeNode
from suuupra.services.content.service.progressing import take_beat
from suuupra.services.content.service.watching import context_ref
from suuupra.services.content.store import progress
from suuupra.services.vod.api import PlaybackProgressed
from tests.covers import covers
from tests.services.content.classroom import IDS, Classroom, Written, teacher

PHONE, LAPTOP = IDS.new(), IDS.new()


async def film_course(room: Classroom, duration_ms: int = 60_000) -> Written:
    """One video lesson of a minute, and an article behind it."""
    course = await room.write("Read me.")
    video = await room.add_lesson(course.id, course.section_id, "", course.author, kind="video")
    await room.film(course, video, duration_ms)
    await room.approve(await room.submit(course))
    await room.join(course)
    return Written(course.id, course.slug, course.section_id, (video, course.lessons[0]), course.author)


async def beat(
    room: Classroom, course: Written, *intervals: tuple[int, int], who: UUID | None = None
) -> None:
    """What vod tells of a session, in the unit of its inbox row."""
    async with room.work.begin() as unit:
        await take_beat(
            unit,
            PlaybackProgressed(
                playback_id=IDS.new(),
                asset_id=IDS.new(),
                context_ref=context_ref(course.id, course.lessons[0]),
                subject=who or room.learner.subject,
                intervals=intervals,
                position_ms=intervals[-1][1] if intervals else 0,
            ),
        )


async def stand(room: Classroom, course: Written) -> Any:
    with room.as_(room.learner):
        found = await room.content.progress.of(ProgressQuery(course_ids=(course.id,)))
    return found.items[0]


def act(course: Written, seq: int, kind: str, room: Classroom, **more: Any) -> Operation:
    facts = {
        "device_id": PHONE,
        "course_id": course.id,
        "lesson_id": course.lessons[0],
        "client_at": room.content.desk.clock.now(),
    }
    return Operation.model_validate({**facts, "seq": seq, "kind": kind, **more})


async def apply(room: Classroom, *operations: Operation, who: Any = None) -> Verdicts:
    with room.as_(who or room.learner):
        return await room.content.progress.apply(ApplyProgress(operations=operations))


@covers("CON-18")
async def test_beats_add_up_to_a_done_lesson_and_a_place_to_go_on(room: Classroom) -> None:
    course = await film_course(room)
    await beat(room, course, (0, 20_000))
    await beat(room, course, (10_000, 40_000))
    await beat(room, course, (10_000, 40_000))
    half = await stand(room, course)
    assert (half.watched_permille, half.lessons_done, half.position_ms) == (666, 0, 40_000)
    await beat(room, course, (45_000, 60_000))
    done = await stand(room, course)
    assert (done.lessons_done, done.progress_permille, done.last_lesson_id) == (1, 500, course.lessons[0])
    completed = [
        one for one in await room.events("lesson_completed") if one["lesson_id"] == str(course.lessons[0])
    ]
    opened = [one for one in await room.events("lesson_opened") if one["lesson_id"] == str(course.lessons[0])]
    assert (len(completed), len(opened)) == (1, 1)


@covers("CON-18")
async def test_beats_of_strangers_authors_and_former_learners_leave_no_trace(room: Classroom) -> None:
    course = await film_course(room)
    await beat(room, course, (0, 60_000), who=room.other.subject)
    await beat(room, course, (0, 60_000), who=course.author.subject)
    with room.as_(room.learner):
        await room.content.enrolments.leave(LeaveCourse(course_id=course.id))
    await beat(room, course, (0, 60_000))
    found = await stand(room, course)
    assert (found.watched_permille, found.lessons_done) == (0, 0)


@covers("CON-18")
async def test_many_beats_at_once_lose_nothing(own_room: Classroom) -> None:
    room = own_room
    course = await film_course(room)
    parts = [(start, start + 3_000) for start in range(0, 60_000, 3_000)]
    await asyncio.gather(*(beat(room, course, part) for part in parts))
    found = await stand(room, course)
    assert (found.watched_permille, found.lessons_done) == (1000, 1)
    assert len(await room.events("lesson_completed")) == 1


@covers("CON-18")
async def test_the_last_lesson_completes_the_course_once_and_for_good(room: Classroom) -> None:
    course = await film_course(room)
    await beat(room, course, (0, 60_000))
    mark = MarkLesson(course_id=course.id, lesson_id=course.lessons[1])
    with room.as_(room.learner):
        done = await room.content.progress.mark(mark)
        assert done.course_completed_at is not None
        undone = await room.content.progress.mark(mark.model_copy(update={"is_done": False}))
        assert (undone.is_done, undone.course_completed_at) == (False, done.course_completed_at)
        await room.content.progress.mark(mark)
    await room.add_lesson(course.id, course.section_id, "One more.", course.author)
    with room.as_(course.author):
        await room.content.approvals.publish(PublishCourse(course_id=course.id))
    await room.house.run_until_idle()
    found = await stand(room, course)
    assert (found.progress_permille, found.lessons_done, found.lessons_total) == (1000, 2, 3)
    events = [one for one in await room.events("course_completed") if one["course_id"] == str(course.id)]
    assert len(events) == 1


@covers("CON-18")
async def test_a_new_lesson_counts_for_those_who_are_not_done(room: Classroom) -> None:
    course = await film_course(room)
    await beat(room, course, (0, 60_000))
    await room.add_lesson(course.id, course.section_id, "One more.", course.author)
    with room.as_(course.author):
        await room.content.approvals.publish(PublishCourse(course_id=course.id))
    await room.house.run_until_idle()
    assert (await stand(room, course)).progress_permille == 333


@covers("CON-18")
async def test_marks_by_hand_are_the_authors_to_allow(own_room: Classroom) -> None:
    room = own_room
    course = await room.write("word " * 240)
    with room.as_(course.author):
        await room.content.authoring.change_details(ChangeDetails(course_id=course.id, may_mark_done=False))
    await room.approve(await room.submit(course))
    await room.join(course)
    lesson = course.lessons[0]
    mark = MarkLesson(course_id=course.id, lesson_id=lesson)
    with room.as_(room.learner):
        await room.content.progress.open_lesson(OpenLesson(course_id=course.id, lesson_id=lesson))
        with pytest.raises(Forbidden):
            await room.content.progress.mark(mark)
        room.clock.advance(24)
        done = await room.content.progress.mark(mark)
    assert done.is_done, "a minute of reading, two fifths of it spent"
    assert (await apply(room, act(course, 1, "done", room))).items[0].verdict == "refused"


@covers("CON-18")
async def test_acts_come_in_any_order_and_any_number_of_times(room: Classroom) -> None:
    course = await film_course(room)
    acts = [
        act(course, 1, "watched", room, intervals=((0, 10_000),)),
        act(course, 2, "position", room, position_ms=10_000),
        act(course, 3, "done", room, lesson_id=course.lessons[1]),
    ]
    first = await apply(room, acts[2], acts[0])
    assert [item.verdict for item in first.items] == ["applied", "applied"]
    assert first.acknowledged[0].seq == 1, "act 2 is still missing"
    again = await apply(room, *acts, acts[0])
    assert [item.verdict for item in again.items] == ["repeated", "applied", "repeated", "repeated"]
    assert again.acknowledged[0].seq == 3
    found = await stand(room, course)
    assert (found.lessons_done, found.watched_permille >= 166) == (1, True)


@covers("CON-18")
async def test_two_devices_end_in_one_union_and_one_completion(room: Classroom) -> None:
    course = await film_course(room)
    at = room.content.desk.clock.now()
    one = act(course, 1, "watched", room, intervals=((0, 25_000),))
    two = act(course, 1, "watched", room, intervals=((20_000, 48_000),), device_id=LAPTOP)
    late = act(course, 2, "position", room, position_ms=48_000, device_id=LAPTOP)
    early = act(course, 2, "position", room, position_ms=9_000, client_at=at - timedelta(hours=3))
    await apply(room, two, late)
    await apply(room, early, one)
    found = await stand(room, course)
    assert found.position_ms == 48_000, "the later clock wins, whichever act came first"
    assert found.watched_permille in range(500, 801)


@covers("CON-18")
async def test_forged_watch_time_is_kept_and_counts_for_nothing(room: Classroom) -> None:
    course = await film_course(room, duration_ms=36_000_000)
    forged = act(course, 1, "watched", room, intervals=((0, 36_000_000),))
    found = await apply(room, forged)
    assert found.items[0].verdict == "uncredited"
    more = [
        act(course, seq, "watched", room, intervals=((seq * 1_000_000, seq * 1_000_000 + 29_000),))
        for seq in range(2, 30)
    ]
    fresh = [one.model_copy(update={"device_id": IDS.new(), "seq": 1}) for one in more]
    await apply(room, *more)
    await apply(room, *fresh)
    stood = await stand(room, course)
    credited_s = stood.watched_permille * 36_000
    assert credited_s / 1000 < 120, (
        "neither splitting a claim nor new devices bring more than time has passed"
    )
    assert stood.lessons_done == 0


@covers("CON-18")
async def test_nobody_sets_the_progress_of_others(room: Classroom) -> None:
    course = await film_course(room)
    found = await apply(room, act(course, 1, "done", room), who=room.other)
    assert found.items[0].verdict == "refused"
    query = ProgressQuery(course_ids=(course.id,), learner_id=room.learner.subject)
    for who in (room.other, teacher()):
        with room.as_(who):
            with pytest.raises(NotEnrolled):
                await room.content.progress.mark(MarkLesson(course_id=course.id, lesson_id=course.lessons[0]))
            assert (await room.content.progress.of(query)).items == ()
    assert (await stand(room, course)).lessons_done == 0
    with room.as_(course.author):
        assert len((await room.content.progress.of(query)).items) == 1


@covers("CON-18")
async def test_acts_in_a_course_one_was_removed_from_are_refused_one_by_one(room: Classroom) -> None:
    course, other = await film_course(room), await room.publish()
    await room.join(other)
    with room.as_(room.learner):
        place = (await room.content.progress.of(ProgressQuery(course_ids=(course.id,)))).items[0]
    with room.as_(course.author):
        await room.content.enrolments.revoke(
            RevokeEnrolment(enrolment_id=place.enrolment_id, reason="The end.")
        )
    mixed = act(course, 2, "done", room, course_id=other.id, lesson_id=other.lessons[0])
    found = await apply(room, act(course, 1, "done", room), mixed)
    assert [item.verdict for item in found.items] == ["refused", "applied"]
    with room.as_(room.learner), pytest.raises(EnrolmentEnded):
        await room.content.progress.open_lesson(OpenLesson(course_id=course.id, lesson_id=course.lessons[0]))


@covers("CON-21")
async def test_an_act_on_a_locked_lesson_is_refused_until_its_turn(room: Classroom) -> None:
    course = await room.write("a", "b")
    a, b = course.lessons
    with room.as_(course.author):
        await room.content.authoring.change_node(
            ChangeNode(course_id=course.id, node_id=b, rule={"all": [{"enrolled": True}, {"done": str(a)}]})
        )
    await room.approve(await room.submit(course))
    await room.join(course)
    too_soon = await apply(room, act(course, 1, "done", room, lesson_id=b))
    assert too_soon.items[0].verdict == "refused"
    in_turn = await apply(
        room, act(course, 2, "done", room, lesson_id=a), act(course, 3, "done", room, lesson_id=b)
    )
    assert [item.verdict for item in in_turn.items] == ["applied", "applied"]


@covers("CON-18")
async def test_a_clock_years_ahead_does_not_win_for_ever(room: Classroom) -> None:
    course = await film_course(room)
    now = room.content.desk.clock.now()
    ahead = act(course, 1, "position", room, position_ms=55_000, client_at=now + timedelta(days=900))
    await apply(room, ahead)
    place = (await stand(room, course)).enrolment_id
    async with room.work.read() as session:
        row = (await progress.rows(session, [(place, course.lessons[0])]))[place, course.lessons[0]]
    assert row.position_at is not None
    assert row.position_at <= now + timedelta(minutes=6)
