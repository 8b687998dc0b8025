"""Playback and progress by REST."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from suuupra.kernel.messages import Message
from suuupra.services.content.api import (
    ApplyProgress,
    CourseProgress,
    EnrolmentNotFound,
    LessonProgress,
    MarkLesson,
    OpenLesson,
    OpenPlayback,
    PlaybackTicket,
    ProgressQuery,
    Verdicts,
)
from suuupra.services.content.service.content import Content


class Mark(Message):
    is_done: bool = True


def add_learning(router: APIRouter, content: Content) -> None:

    @router.get("/courses/{course_id}/lessons/{lesson_id}/playback")
    async def playback(course_id: UUID, lesson_id: UUID, response: Response) -> PlaybackTicket:
        """Short-lived addresses; never kept by a cache."""
        response.headers["Cache-Control"] = "private, no-store"
        return await content.watching.ticket(OpenPlayback(course_id=course_id, lesson_id=lesson_id))

    @router.post("/courses/{course_id}/lessons/{lesson_id}/opening")
    async def opening(course_id: UUID, lesson_id: UUID) -> LessonProgress:
        """The learner is on the lesson's page."""
        return await content.progress.open_lesson(OpenLesson(course_id=course_id, lesson_id=lesson_id))

    @router.put("/courses/{course_id}/lessons/{lesson_id}/mark")
    async def mark(course_id: UUID, lesson_id: UUID, body: Mark) -> LessonProgress:
        """Done, or not done after all."""
        return await content.progress.mark(
            MarkLesson(course_id=course_id, lesson_id=lesson_id, is_done=body.is_done)
        )

    @router.post("/progress-operations")
    async def operations(body: ApplyProgress) -> Verdicts:
        """Acts of one's devices; never all or nothing."""
        return await content.progress.apply(body)

    @router.get("/me/courses/{course_id}/progress")
    async def progress(course_id: UUID) -> CourseProgress:
        """Where the asker stands."""
        found = await content.progress.of(ProgressQuery(course_ids=(course_id,)))
        if not found.items:
            raise EnrolmentNotFound
        return found.items[0]
