"""Authoring by REST: courses, sections, lessons, their order, covers and uploads."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from suuupra.kernel.messages import Message
from suuupra.kernel.problems import TooLarge
from suuupra.services.content.api import (
    Admission,
    ArchiveCourse,
    Card,
    DeleteCourse,
    LessonKind,
    ReopenCourse,
    SetAdmission,
    WithdrawCourse,
)
from suuupra.services.content.routes.conditions import IfMatch, tagged
from suuupra.services.content.service.authoring import (
    AddLesson,
    AddSection,
    ChangeDetails,
    ChangeNode,
    CreateCourse,
    DropNode,
)
from suuupra.services.content.service.content import Content
from suuupra.services.content.service.desk import Made
from suuupra.services.content.service.editing import CourseDraft, LessonDraft, RevisionLine
from suuupra.services.content.service.media import (
    AttachMedia,
    LessonMediaQuery,
    OpenLessonUpload,
    UploadDesk,
)
from suuupra.services.content.service.ordering import SectionOrder, SetOrder
from suuupra.services.vod.api import UploadTicket

COVER_BYTES_MAX = 8 * 1024 * 1024


class Details(Message):
    """What is absent stays."""

    slug: str | None = None
    title: str | None = None
    summary: str | None = None
    level: str | None = None
    language: str | None = None
    category: str | None = None
    outcomes: tuple[str, ...] | None = None
    audience: str | None = None
    prerequisites: str | None = None
    tags: tuple[str, ...] | None = None
    cover_motif: str | None = None
    cover_palette: int | None = None
    may_mark_done: bool | None = None
    admission: Admission | None = None


class NewSection(Message):
    title: str


class NewLesson(Message):
    section_id: UUID
    kind: LessonKind = "article"
    title: str
    markdown: str = ""
    is_free_preview: bool = False


class LessonChange(Message):
    """`media_id` attaches an asset of one's own; an empty `rule` takes the rule away."""

    title: str | None = None
    markdown: str | None = None
    is_free_preview: bool | None = None
    rule: dict[str, Any] | None = None
    media_id: UUID | None = None


class Order(Message):
    sections: tuple[SectionOrder, ...]


class Upload(Message):
    """`type` is the media type that the browser guessed."""

    name: str = Field(min_length=1, max_length=300)
    length_bytes: int = Field(ge=1)
    type: str = ""
    head_sha256: str = ""
    replaces: UUID | None = None


class Why(Message):
    reason: str = Field(min_length=3, max_length=1_000)


class Address(Message):
    """Where something now stands."""

    url: str


def add_authoring(router: APIRouter, content: Content) -> None:
    _course_routes(router, content)
    _outline_routes(router, content)
    _media_routes(router, content)


def _course_routes(router: APIRouter, content: Content) -> None:
    @router.post("/courses", status_code=201)
    async def create(body: CreateCourse, response: Response) -> Made:
        """A new draft of the asker's."""
        made = await content.authoring.create(body)
        response.headers["Location"] = f"/api/v1/courses/{made.id}"
        tagged(response, made.etag)
        return made

    @router.get("/courses/{course_id}/draft")
    async def draft(course_id: UUID, response: Response) -> CourseDraft:
        """The working revision with every entity tag, for its author."""
        found = await content.editing.draft(course_id)
        tagged(response, found.details_etag)
        return found

    @router.patch("/courses/{course_id}", status_code=204)
    async def change(course_id: UUID, body: Details, etag: IfMatch, response: Response) -> None:
        """The course's own words."""
        words = body.model_dump(exclude_unset=True, exclude={"admission"})
        tagged(
            response,
            await content.authoring.change_details(
                ChangeDetails(course_id=course_id, if_match=etag, **words)
            ),
        )
        if body.admission is not None:
            await content.courses.set_admission(SetAdmission(course_id=course_id, admission=body.admission))

    @router.delete("/courses/{course_id}", status_code=204)
    async def delete(course_id: UUID) -> None:
        """An empty draft."""
        await content.courses.delete(DeleteCourse(course_id=course_id))

    @router.post("/courses/{course_id}/withdrawal")
    async def withdraw(course_id: UUID, body: Why) -> Card:
        """Out of the catalogue."""
        return await content.courses.withdraw(WithdrawCourse(course_id=course_id, reason=body.reason))

    @router.delete("/courses/{course_id}/withdrawal")
    async def reopen(course_id: UUID) -> Card:
        """Back into the catalogue."""
        return await content.courses.reopen(ReopenCourse(course_id=course_id))

    @router.post("/courses/{course_id}/archive")
    async def archive(course_id: UUID, body: Why) -> Card:
        """For good."""
        return await content.courses.archive(ArchiveCourse(course_id=course_id, reason=body.reason))

    @router.get("/courses/{course_id}/revisions")
    async def revisions(course_id: UUID) -> tuple[RevisionLine, ...]:
        """Newest first."""
        return await content.editing.list_revisions(course_id)


def _outline_routes(router: APIRouter, content: Content) -> None:
    @router.post("/courses/{course_id}/sections", status_code=201)
    async def add_section(course_id: UUID, body: NewSection, response: Response) -> Made:
        """At the end."""
        made = await content.authoring.add_section(AddSection(course_id=course_id, title=body.title))
        tagged(response, made.etag)
        return made

    @router.post("/courses/{course_id}/lessons", status_code=201)
    async def add_lesson(course_id: UUID, body: NewLesson, response: Response) -> Made:
        """At the end of its section."""
        made = await content.authoring.add_lesson(AddLesson(course_id=course_id, **body.model_dump()))
        tagged(response, made.etag)
        return made

    @router.get("/courses/{course_id}/lessons/{lesson_id}/draft")
    async def lesson_draft(course_id: UUID, lesson_id: UUID, response: Response) -> LessonDraft:
        """As its author edits it."""
        found = await content.editing.lesson(course_id, lesson_id)
        tagged(response, found.etag)
        return found

    @router.patch("/courses/{course_id}/sections/{section_id}", status_code=204)
    async def change_section(
        course_id: UUID, section_id: UUID, body: NewSection, etag: IfMatch, response: Response
    ) -> None:
        """Its title."""
        command = ChangeNode(course_id=course_id, node_id=section_id, if_match=etag, title=body.title)
        tagged(response, await content.authoring.change_node(command))

    @router.patch("/courses/{course_id}/lessons/{lesson_id}", status_code=204)
    async def change_lesson(
        course_id: UUID, lesson_id: UUID, body: LessonChange, etag: IfMatch, response: Response
    ) -> None:
        """Words, free preview, rule, and the video."""
        words = body.model_dump(exclude_unset=True, exclude={"media_id"})
        command = ChangeNode(course_id=course_id, node_id=lesson_id, if_match=etag, **words)
        tagged(response, await content.authoring.change_node(command))
        if body.media_id is not None:
            await content.media.attach(
                AttachMedia(course_id=course_id, lesson_id=lesson_id, media_id=body.media_id)
            )

    @router.delete("/courses/{course_id}/sections/{node_id}", status_code=204)
    @router.delete("/courses/{course_id}/lessons/{node_id}", status_code=204)
    async def drop(course_id: UUID, node_id: UUID, etag: IfMatch) -> None:
        """A section goes with its lessons."""
        await content.authoring.drop_node(DropNode(course_id=course_id, node_id=node_id, if_match=etag))

    @router.put("/courses/{course_id}/order", status_code=204)
    async def order(course_id: UUID, body: Order, etag: IfMatch, response: Response) -> None:
        """Every section and lesson, each once."""
        command = SetOrder(course_id=course_id, if_match=etag, sections=body.sections)
        tagged(response, await content.ordering.set_order(command))


def _media_routes(router: APIRouter, content: Content) -> None:
    @router.put("/courses/{course_id}/cover")
    async def put_cover(course_id: UUID, request: Request) -> Address:
        """The body is the picture."""
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > COVER_BYTES_MAX:
                raise TooLarge("A cover has at most 8 MiB.")
        return Address(url=await content.courses.put_cover(course_id, bytes(body)))

    @router.delete("/courses/{course_id}/cover", status_code=204)
    async def drop_cover(course_id: UUID) -> None:
        """Back to the drawn one."""
        await content.courses.drop_cover(course_id)

    @router.post("/courses/{course_id}/lessons/{lesson_id}/uploads", status_code=201)
    async def upload(course_id: UUID, lesson_id: UUID, body: Upload) -> UploadTicket:
        """Where to send the file; the lesson holds its id from now on. What is ready is replaced."""
        return await content.media.open_upload(
            OpenLessonUpload(
                course_id=course_id,
                lesson_id=lesson_id,
                name=body.name,
                length_bytes=body.length_bytes,
                media_type=body.type,
                head_sha256=body.head_sha256,
            )
        )

    @router.get("/courses/{course_id}/lessons/{lesson_id}/media")
    async def media(course_id: UUID, lesson_id: UUID) -> UploadDesk:
        """How far upload and encoding are."""
        return await content.media.look(LessonMediaQuery(course_id=course_id, lesson_id=lesson_id))

    @router.post("/courses/{course_id}/lessons/{lesson_id}/encoding", status_code=202)
    async def retry(course_id: UUID, lesson_id: UUID) -> None:
        """Encode a failed file once more."""
        await content.media.retry(LessonMediaQuery(course_id=course_id, lesson_id=lesson_id))
