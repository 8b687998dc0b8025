"""One lesson in the editor: its words with a preview, its free preview switch, its video."""

from dataclasses import dataclass
from uuid import UUID

from markupsafe import Markup
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.call import principal
from suuupra.kernel.problems import Problem
from suuupra.services.content.api import DraftMoved
from suuupra.services.content.pages.asking import EMPTY, base_of
from suuupra.services.content.pages.browser import done, fields_of, id_of, refused, shown, status_of
from suuupra.services.content.service.authoring import ChangeNode
from suuupra.services.content.service.content import Content
from suuupra.services.content.service.editing import CourseDraft, LessonDraft
from suuupra.services.content.service.media import (
    AttachMedia,
    LessonMediaQuery,
    UploadDesk,
    media_topic,
)
from suuupra.web.draw import draw
from suuupra.web.forms import Form
from suuupra.web.parts import Option, Uploader

VIDEO_BYTES_MAX = 20 * 1024**3
PUSHED = ("playable", "ready", "failed")


@dataclass(frozen=True)
class LessonView:
    """The lesson, what was typed, and how its words look."""

    base: str
    course_title: str
    lesson: LessonDraft
    form: Form
    preview: Markup
    removed: tuple[str, ...]
    theirs: str = ""
    video: "VideoView | None" = None

    @property
    def address(self) -> str:
        return f"{self.base}lessons/{self.lesson.id}"


@dataclass(frozen=True)
class VideoView:
    """Uploader and state of a video lesson's file."""

    address: str
    media: UploadDesk
    uploader: Uploader
    topic: str
    others: tuple[Option, ...] = ()

    @property
    def is_moving(self) -> bool:
        return self.media.state in {"awaiting", "playable"} or self.media.replacing_id is not None

    @property
    def progress_src(self) -> str:
        return f"/api/v1/assets/{self.media.media_id}/progress"

    @property
    def percent(self) -> int:
        return self.media.permille // 10


@dataclass(frozen=True)
class PreviewView:
    """Words as they will look."""

    preview: Markup
    removed: tuple[str, ...]


def safe(html: str) -> Markup:
    """The sanitiser's output, and nothing else, is handed to a template as markup."""
    return Markup(html)  # noqa: S704 - came out of rules.prose


class LessonPages:
    """Handlers of one lesson."""

    def __init__(self, content: Content) -> None:
        self._content = content

    async def edit(self, request: Request) -> Response:
        return await self._edit(request, EMPTY)

    async def _edit(self, request: Request, form: Form, status: int = 200, theirs: str = "") -> Response:
        course_id, lesson_id = id_of(request), id_of(request, "lesson")
        draft = await self._content.editing.draft(course_id)
        lesson = await self._content.editing.lesson(course_id, lesson_id)
        if not form.values:
            form = Form.of(
                title=lesson.title,
                markdown=lesson.markdown,
                is_free_preview="yes" if lesson.is_free_preview else "",
                etag=lesson.etag,
            )
        view = LessonView(
            base=base_of(course_id),
            course_title=str(draft.details["title"]) or "Untitled course",
            lesson=lesson,
            form=form,
            preview=safe(lesson.html),
            removed=lesson.removed,
            theirs=theirs,
            video=await self._video(draft, lesson_id) if lesson.kind == "video" else None,
        )
        tickets = self._tickets(lesson_id) if lesson.kind == "video" else {}
        return shown(request, "lesson", view, title=lesson.title, status=status, tickets=tickets)

    def _tickets(self, lesson_id: UUID) -> dict[str, str]:
        topic = media_topic(lesson_id)
        return {topic: self._content.desk.hub.ticket(topic, principal().session)}

    async def save(self, request: Request) -> Response:
        fields = await fields_of(request)
        course_id, lesson_id = id_of(request), id_of(request, "lesson")
        try:
            await self._content.authoring.change_node(
                ChangeNode(
                    course_id=course_id,
                    node_id=lesson_id,
                    if_match=fields.get("etag") or None,
                    title=fields.get("title", ""),
                    markdown=fields.get("markdown", ""),
                    is_free_preview=fields.get("is_free_preview") == "yes",
                )
            )
        except DraftMoved as error:
            form = Form(values={**fields, "etag": error.members["current"]}, message=error.detail)
            return await self._edit(
                request, form, error.status, str(error.members["now"].get("markdown", ""))
            )
        except (Problem, ValidationError) as error:
            if status_of(error) in {401, 404}:
                raise
            return await self._edit(request, refused(fields, error), status_of(error))
        return done(request, f"{base_of(course_id)}lessons/{lesson_id}", "Saved.")

    async def preview(self, request: Request) -> Response:
        """The words as they will look: a fragment, or the whole page with what was typed."""
        fields = await fields_of(request)
        look = await self._content.editing.preview(id_of(request), fields.get("markdown", ""))
        if request.headers.get("hx-request") == "true":
            view = PreviewView(safe(look.html), look.removed)
            return draw(request, "content/_preview.html", view)
        course_id, lesson_id = id_of(request), id_of(request, "lesson")
        draft = await self._content.editing.draft(course_id)
        lesson = await self._content.editing.lesson(course_id, lesson_id)
        page = LessonView(
            base=base_of(course_id),
            course_title=str(draft.details["title"]) or "Untitled course",
            lesson=lesson,
            form=Form(values=fields),
            preview=safe(look.html),
            removed=look.removed,
            video=await self._video(draft, lesson_id) if lesson.kind == "video" else None,
        )
        return shown(request, "lesson", page, title=lesson.title)

    async def video(self, request: Request) -> Response:
        draft = await self._content.editing.draft(id_of(request))
        view = await self._video(draft, id_of(request, "lesson"))
        return draw(request, "content/_video.html", view)

    async def _video(self, draft: CourseDraft, lesson_id: UUID) -> VideoView:
        media = await self._content.media.look(LessonMediaQuery(course_id=draft.id, lesson_id=lesson_id))
        api = f"/api/v1/courses/{draft.id}/lessons/{lesson_id}"
        label = "Replace the video" if media.state in {"playable", "ready"} else "Upload a video"
        return VideoView(
            address=f"{base_of(draft.id)}lessons/{lesson_id}",
            media=media,
            uploader=Uploader(
                f"{api}/uploads",
                label,
                accept="video/*,audio/*",
                max_bytes=VIDEO_BYTES_MAX,
                hint="Drop a file here, or choose one. It goes on where it stopped, also tomorrow.",
            ),
            topic=media_topic(lesson_id),
            others=await self._others(media),
        )

    async def _others(self, media: UploadDesk) -> tuple[Option, ...]:
        """Films of one's own that no lesson shows, where this one shows none."""
        if media.state not in {"none", "failed"}:
            return ()
        found = await self._content.media.unattached(principal().person())
        return tuple(Option(str(asset.id), asset.name) for asset in found if asset.id != media.media_id)

    async def attach(self, request: Request) -> Response:
        fields = await fields_of(request)
        course_id, lesson_id = id_of(request), id_of(request, "lesson")
        try:
            await self._content.media.attach(
                AttachMedia.model_validate(
                    {"course_id": course_id, "lesson_id": lesson_id, "media_id": fields.get("media_id", "")}
                )
            )
        except (Problem, ValidationError) as error:
            if status_of(error) in {401, 404}:
                raise
            return await self._edit(request, Form(message="Choose one of your films."), status_of(error))
        return done(request, f"{base_of(course_id)}lessons/{lesson_id}", "The film is this lesson's now.")

    async def retry(self, request: Request) -> Response:
        course_id, lesson_id = id_of(request), id_of(request, "lesson")
        await self._content.media.retry(LessonMediaQuery(course_id=course_id, lesson_id=lesson_id))
        return done(request, f"{base_of(course_id)}lessons/{lesson_id}", "Trying once more.")


def lesson_pages(content: Content) -> list[Route]:
    """`/teach/courses/{id}/editor/lessons/{lesson}…`."""
    pages = LessonPages(content)
    base = "/teach/courses/{id}/editor/lessons/{lesson}"
    return [
        Route(base, pages.edit),
        Route(base, pages.save, methods=["POST"]),
        Route(f"{base}/preview", pages.preview, methods=["POST"]),
        Route(f"{base}/video", pages.video),
        Route(f"{base}/attachment", pages.attach, methods=["POST"]),
        Route(f"{base}/encoding", pages.retry, methods=["POST"]),
    ]
