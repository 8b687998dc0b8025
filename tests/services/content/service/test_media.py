from uuid import UUID

import pytest

from suuupra.kernel.problems import Unavailable
from suuupra.services.content.api import (
    CaseQuery,
    CourseNotFound,
    GateUnmet,
    GetCourse,
    LessonNotFound,
    OwnCourses,
)
from suuupra.services.content.service import drafting, media
from suuupra.services.content.service.media import LessonMediaQuery, OpenLessonUpload, UploadDesk
from suuupra.services.content.store import media as links
from suuupra.services.vod import api as vod
from tests.covers import covers
from tests.services.content.classroom import IDS, Classroom, Written, teacher


async def with_video(room: Classroom) -> tuple[Written, UUID, UUID]:
    """A course, its video lesson, and the upload that the lesson waits for."""
    course = await room.write()
    lesson = await room.add_lesson(course.id, course.section_id, "", course.author, kind="video")
    upload_id = IDS.new()
    with room.as_(course.author):
        async with room.work.begin() as unit:
            draft = await drafting.opened(unit, course.author, course.id)
            await media.wait_for(draft, lesson, upload_id, None)
    return course, lesson, upload_id


async def replace(room: Classroom, course: Written, lesson: UUID, media_id: UUID) -> UUID:
    """A further file for a lesson that plays."""
    upload_id = IDS.new()
    with room.as_(course.author):
        async with room.work.begin() as unit:
            draft = await drafting.opened(unit, course.author, course.id)
            await media.wait_for(draft, lesson, upload_id, media_id)
    return upload_id


async def tell(room: Classroom, event: object) -> None:
    """One event of vod, in the unit of its inbox row."""
    steps = {
        vod.FirstRungReady: media.mark_playable,
        vod.AssetReady: media.mark_ready,
        vod.AssetFailed: media.mark_failed,
        vod.UploadRejected: media.mark_rejected,
    }
    async with room.work.begin() as unit:
        await steps[type(event)](unit, event)  # type: ignore[index,operator]


async def desk(room: Classroom, course: Written, lesson: UUID) -> UploadDesk:
    with room.as_(course.author):
        return await room.content.media.look(LessonMediaQuery(course_id=course.id, lesson_id=lesson))


def ready(media_id: UUID, revision: int = 1, duration_ms: int = 60_000) -> vod.AssetReady:
    return vod.AssetReady(asset_id=media_id, revision=revision, duration_ms=duration_ms)


def rejected(
    upload_id: UUID, media_id: UUID | None = None, *, is_taken_back: bool = False
) -> vod.UploadRejected:
    return vod.UploadRejected(
        asset_id=media_id or upload_id,
        upload_id=upload_id,
        reason="This file is no video.",
        is_replacement=media_id is not None,
        is_taken_back=is_taken_back,
    )


@covers("CON-3")
async def test_a_lesson_holds_its_file_from_the_first_byte_to_the_last_rung(room: Classroom) -> None:
    course, lesson, media_id = await with_video(room)
    waiting = await desk(room, course, lesson)
    assert (waiting.state, waiting.media_id, waiting.is_away) == ("awaiting", media_id, True)
    await tell(room, vod.FirstRungReady(asset_id=media_id, revision=1, duration_ms=60_000))
    assert (await desk(room, course, lesson)).state == "playable"
    with pytest.raises(GateUnmet):
        await room.submit(course)
    await tell(room, ready(media_id))
    assert (await desk(room, course, lesson)).state == "ready"
    await room.approve(await room.submit(course))
    with room.as_(room.nobody):
        page = await room.content.courses.get(GetCourse(course_id=course.id))
    assert page.duration_s == 60


@covers("CON-3")
async def test_what_comes_twice_or_late_has_one_effect_and_the_newest_wins(room: Classroom) -> None:
    course, lesson, media_id = await with_video(room)
    await tell(room, ready(media_id, 2, 90_000))
    for event in (
        ready(media_id, 2, 90_000),
        ready(media_id, 1, 60_000),
        vod.FirstRungReady(asset_id=media_id, revision=1, duration_ms=60_000),
        vod.AssetFailed(asset_id=media_id, revision=1, reason="late"),
    ):
        await tell(room, event)
        found = await desk(room, course, lesson)
        assert (found.state, found.duration_ms, found.reason) == ("ready", 90_000, "")


@covers("CON-3")
async def test_ready_after_failed_is_ready(room: Classroom) -> None:
    course, lesson, media_id = await with_video(room)
    await tell(room, vod.AssetFailed(asset_id=media_id, revision=1, reason="The encoder gave up."))
    failed = await desk(room, course, lesson)
    assert (failed.state, failed.reason) == ("failed", "The encoder gave up.")
    await tell(room, ready(media_id))
    assert (await desk(room, course, lesson)).state == "ready"


@covers("CON-3")
async def test_a_refused_upload_says_why_and_another_takes_its_place(room: Classroom) -> None:
    course, lesson, upload_id = await with_video(room)
    await tell(room, rejected(upload_id))
    found = await desk(room, course, lesson)
    assert (found.state, found.reason) == ("failed", "This file is no video.")
    with room.as_(course.author):
        async with room.work.begin() as unit:
            draft = await drafting.opened(unit, course.author, course.id)
            await media.wait_for(draft, lesson, second := IDS.new(), None)
    await tell(room, rejected(upload_id))
    assert (await desk(room, course, lesson)).state == "awaiting", "the old upload's news is old"
    await tell(room, ready(second))
    assert (await desk(room, course, lesson)).state == "ready"


@covers("CON-3")
async def test_a_new_file_takes_over_when_it_is_whole_and_not_before(room: Classroom) -> None:
    course, lesson, media_id = await with_video(room)
    await tell(room, ready(media_id))
    case = await room.submit(course)
    upload_id = await replace(room, course, lesson, media_id)
    await tell(room, vod.FirstRungReady(asset_id=media_id, revision=2, duration_ms=30_000))
    between = await desk(room, course, lesson)
    assert (between.state, between.duration_ms, between.replacing_id) == ("ready", 60_000, upload_id)
    await tell(room, ready(media_id, 2, 30_000))
    after = await desk(room, course, lesson)
    assert (after.media_id, after.duration_ms, after.replacing_id) == (media_id, 30_000, None)
    with room.as_(room.reviewer):
        detail = await room.content.approvals.get(CaseQuery(case_id=case.id))
    assert [one.lesson_id for one in detail.replaced_files] == [lesson]


@covers("CON-3")
async def test_a_refused_replacement_changes_nothing_but_what_its_author_reads(room: Classroom) -> None:
    course, lesson, media_id = await with_video(room)
    await tell(room, ready(media_id))
    upload_id = await replace(room, course, lesson, media_id)
    await tell(room, rejected(upload_id, media_id))
    found = await desk(room, course, lesson)
    assert (found.state, found.replacing_id, found.replacing_reason) == (
        "ready",
        None,
        "This file is no video.",
    )


@covers("CON-3")
async def test_of_a_file_that_its_author_took_back_nothing_is_left_and_nothing_said(room: Classroom) -> None:
    course, lesson, media_id = await with_video(room)
    await tell(room, rejected(media_id, is_taken_back=True))
    assert await desk(room, course, lesson) == UploadDesk()
    upload_id = await replace(room, course, lesson, IDS.new())
    assert (await desk(room, course, lesson)).media_id == upload_id
    await tell(room, ready(upload_id))
    second = await replace(room, course, lesson, upload_id)
    await tell(room, rejected(second, upload_id, is_taken_back=True))
    found = await desk(room, course, lesson)
    assert (found.state, found.replacing_id, found.replacing_reason) == ("ready", None, "")


@covers("CON-3", "CON-5")
async def test_another_file_for_a_lesson_that_is_live_is_no_change_of_the_draft(room: Classroom) -> None:
    course, lesson, media_id = await with_video(room)
    await tell(room, ready(media_id))
    await room.approve(await room.submit(course))
    await replace(room, course, lesson, media_id)
    with room.as_(course.author):
        (own,) = (await room.content.courses.list_of_owner(OwnCourses())).items
    assert (own.state, own.has_unpublished_changes) == ("published", False)


@covers("CON-3")
async def test_news_of_films_that_no_lesson_shows_changes_nothing(room: Classroom) -> None:
    course, lesson, media_id = await with_video(room)
    for event in (ready(IDS.new()), rejected(IDS.new())):
        await tell(room, event)
    assert (await desk(room, course, lesson)).state == "awaiting"
    async with room.work.read() as session:
        assert await links.attached(session, [media_id]) == {media_id}


@covers("CON-3")
async def test_progress_stays_when_the_file_is_replaced_and_the_length_follows(room: Classroom) -> None:
    course, lesson, media_id = await with_video(room)
    await tell(room, ready(media_id))
    await room.approve(await room.submit(course))
    await replace(room, course, lesson, media_id)
    await tell(room, ready(media_id, 2, 120_000))
    await room.house.run_until_idle()
    with room.as_(room.nobody):
        assert (await room.content.courses.get(GetCourse(course_id=course.id))).duration_s == 120


@covers("CON-3")
async def test_uploads_are_the_authors_and_vod_away_is_said(room: Classroom) -> None:
    course, lesson, _ = await with_video(room)
    command = OpenLessonUpload(course_id=course.id, lesson_id=lesson, name="a.mp4", length_bytes=9)
    with room.as_(course.author), pytest.raises(Unavailable, match="Video is away"):
        await room.content.media.open_upload(command)
    for who in (teacher(), room.learner, room.reviewer):
        with room.as_(who), pytest.raises((CourseNotFound, LessonNotFound)):
            await room.content.media.look(LessonMediaQuery(course_id=course.id, lesson_id=lesson))
