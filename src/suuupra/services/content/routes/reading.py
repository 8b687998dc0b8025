"""The catalogue, courses, outlines and lessons by REST."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from suuupra.kernel.messages import Query as KernelQuery
from suuupra.services.content.api import (
    Browse,
    Categories,
    Course,
    GetCourse,
    LessonBody,
    LessonNotFound,
    LessonQuery,
    Outline,
    OutlineQuery,
    OutlineSection,
    Shelf,
    Sort,
)
from suuupra.services.content.service.content import Content


class Asked(BaseModel):
    """Words and facets; what is not known here is left out."""

    text: str = Field(default="", max_length=10_000)
    category: str | None = None
    tag: str | None = None
    level: str | None = None
    language: str | None = None
    admission: str | None = None
    owner_id: UUID | None = None
    sort: Sort = "relevance"
    cursor: str | None = None
    limit: int = Field(default=24, ge=1, le=100)


def add_reading(router: APIRouter, content: Content) -> None:

    @router.get("/categories")
    async def categories() -> Categories:
        """The tree of categories."""
        return await content.catalogue.categories(KernelQuery())

    @router.get("/courses")
    async def browse(asked: Annotated[Asked, Query()]) -> Shelf:
        """The catalogue. A text is cut at 200 characters."""
        facets = asked.model_dump(exclude={"text"}, exclude_unset=True)
        return await content.catalogue.browse(Browse(text=asked.text[:200], **facets))

    @router.get("/courses/{course}", response_model=Course)
    async def course(course: str) -> Response | Course:
        """By id or slug; a former slug is sent on."""
        found = await content.courses.get(by_reference(course))
        if found.slug != course and str(found.id) != course:
            return RedirectResponse(f"/api/v1/courses/{found.slug}", 301)
        return found

    @router.get("/courses/{course_id}/outline")
    async def outline(course_id: UUID) -> Outline:
        """As the asker sees it."""
        return await content.courses.outline(OutlineQuery(course_id=course_id))

    @router.get("/courses/{course_id}/sections/{section_id}")
    async def section(course_id: UUID, section_id: UUID) -> OutlineSection:
        """One section of the outline."""
        found = await content.courses.outline(OutlineQuery(course_id=course_id))
        for one in found.sections:
            if one.id == section_id:
                return one
        raise LessonNotFound("There is no such section here.")

    @router.get("/courses/{course_id}/lessons/{lesson_id}")
    async def lesson(course_id: UUID, lesson_id: UUID) -> LessonBody:
        """For those who may open it."""
        return await content.courses.lesson(LessonQuery(course_id=course_id, lesson_id=lesson_id))


def by_reference(reference: str) -> GetCourse:
    """An id where it looks like one, else a slug."""
    try:
        return GetCourse(course_id=UUID(reference))
    except ValueError:
        return GetCourse(slug=reference[:100] or "-")
