"""The course's own words and its cover."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.problems import Problem
from suuupra.services.content.api import LANGUAGES, LEVELS, DraftMoved
from suuupra.services.content.pages.asking import EMPTY, base_of
from suuupra.services.content.pages.browser import done, fields_of, id_of, refused, shown, status_of
from suuupra.services.content.pages.editor import category_options
from suuupra.services.content.service.authoring import ChangeDetails
from suuupra.services.content.service.content import Content
from suuupra.services.content.service.editing import CourseDraft
from suuupra.web.covers import MOTIFS, PALETTES
from suuupra.web.forms import Form
from suuupra.web.parts import Option

LINES = ("outcomes",)
COVER_BYTES_MAX = 8 * 1024 * 1024


@dataclass(frozen=True)
class DetailsView:
    """The form, and the cover beside it."""

    draft: CourseDraft
    form: Form
    cover_form: Form
    categories: tuple[Option, ...]
    levels: tuple[Option, ...] = field(default=tuple(Option(key, text) for key, text in LEVELS.items()))
    languages: tuple[Option, ...] = field(default=tuple(Option(key, text) for key, text in LANGUAGES.items()))
    motifs: tuple[Option, ...] = field(
        default=(Option("", "As the address deals"), *(Option(name, name.capitalize()) for name in MOTIFS))
    )
    palettes: tuple[Option, ...] = field(
        default=(
            Option("-1", "As the address deals"),
            *(Option(str(index), f"Colours {index + 1}") for index in range(len(PALETTES))),
        )
    )

    @property
    def base(self) -> str:
        return base_of(self.draft.id)

    @property
    def course_title(self) -> str:
        return str(self.draft.details["title"]) or "Untitled course"


def form_of(draft: CourseDraft) -> Form:
    """The draft's words as fields."""
    words = draft.details
    return Form.of(
        title=words["title"],
        slug=draft.slug,
        summary=words["summary"],
        category=words["category"],
        level=words["level"],
        language=words["language"],
        outcomes="\n".join(words["outcomes"]),
        audience=words["audience"],
        prerequisites=words["prerequisites"],
        tags=", ".join(words["tags"]),
        may_mark_done="yes" if words["may_mark_done"] else "",
        cover_motif=words["cover_motif"],
        cover_palette=str(words["cover_palette"]),
        etag=draft.details_etag,
    )


def command_of(course_id: UUID, fields: dict[str, str]) -> ChangeDetails:
    """The fields as a command; lists are typed as lines or with commas."""
    words: dict[str, Any] = {
        name: fields.get(name, "")
        for name in ("title", "slug", "summary", "category", "level", "language", "audience", "prerequisites")
    }
    words |= {
        "outcomes": tuple(line.strip() for line in fields.get("outcomes", "").splitlines() if line.strip()),
        "tags": tuple(tag.strip() for tag in fields.get("tags", "").split(",") if tag.strip()),
        "may_mark_done": fields.get("may_mark_done") == "yes",
        "cover_motif": fields.get("cover_motif", ""),
        "cover_palette": int(fields.get("cover_palette") or -1),
    }
    return ChangeDetails(course_id=course_id, if_match=fields.get("etag") or None, **words)


class DetailsPages:
    """Handlers."""

    def __init__(self, content: Content) -> None:
        self._content = content

    async def edit(self, request: Request) -> Response:
        return await self._edit(request)

    async def _edit(
        self, request: Request, form: Form = EMPTY, cover_form: Form = EMPTY, status: int = 200
    ) -> Response:
        draft = await self._content.editing.draft(id_of(request))
        options = await category_options(self._content)
        view = DetailsView(draft, form if form.values else form_of(draft), cover_form, options)
        return shown(request, "details", view, title="Details", status=status)

    async def save(self, request: Request) -> Response:
        fields = await fields_of(request)
        course_id = id_of(request)
        try:
            await self._content.authoring.change_details(command_of(course_id, fields))
        except DraftMoved as error:
            form = Form(
                values={**fields, "etag": error.members["current"]},
                message=f"{error.detail} Press Save once more to keep what you typed.",
            )
            return await self._edit(request, form, status=error.status)
        except (Problem, ValidationError, ValueError) as error:
            if isinstance(error, Problem) and error.status in {401, 404}:
                raise
            known = error if isinstance(error, Problem | ValidationError) else Problem("Check the cover.")
            return await self._edit(request, refused(fields, known), status=status_of(known))
        return done(request, f"{base_of(course_id)}details", "Saved.")

    async def cover(self, request: Request) -> Response:
        async with request.form(max_files=1) as form:
            picture = form.get("picture")
            body = await picture.read(COVER_BYTES_MAX + 1) if isinstance(picture, UploadFile) else b""
        try:
            await self._content.courses.put_cover(id_of(request), body)
        except Problem as error:
            if error.status in {401, 404}:
                raise
            return await self._edit(request, cover_form=Form(message=error.detail), status=error.status)
        return done(request, f"{base_of(id_of(request))}details", "The new cover is in the draft.")

    async def drop_cover(self, request: Request) -> Response:
        await self._content.courses.drop_cover(id_of(request))
        return done(request, f"{base_of(id_of(request))}details", "The drawn cover is back.")


def details_pages(content: Content) -> list[Route]:
    """`/teach/courses/{id}/editor/details` and the cover."""
    pages = DetailsPages(content)
    base = "/teach/courses/{id}/editor"
    return [
        Route(f"{base}/details", pages.edit),
        Route(f"{base}/details", pages.save, methods=["POST"]),
        Route(f"{base}/cover", pages.cover, methods=["POST"]),
        Route(f"{base}/cover/removal", pages.drop_cover, methods=["POST"]),
    ]
