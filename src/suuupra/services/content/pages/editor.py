"""The editor's first page: outline, checklist, submission; and what is done to the course from there."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.call import principal
from suuupra.kernel.messages import Query
from suuupra.kernel.problems import Problem
from suuupra.services.content.api import (
    LANGUAGES,
    LEVELS,
    ReopenCourse,
    SubmitCourse,
)
from suuupra.services.content.pages.asking import EMPTY, AskView, base_of
from suuupra.services.content.pages.browser import done, fields_of, id_of, refused, shown, status_of
from suuupra.services.content.service.approving import PublishCourse
from suuupra.services.content.service.authoring import (
    AddLesson,
    AddSection,
    ChangeNode,
    CreateCourse,
    DropNode,
)
from suuupra.services.content.service.content import Content
from suuupra.services.content.service.editing import CourseDraft
from suuupra.services.content.service.ordering import MoveNode
from suuupra.services.content.service.standing import AUTHOR
from suuupra.web.answers import wants_fragment
from suuupra.web.forms import Form
from suuupra.web.parts import Option

KINDS = (
    Option("article", "Article", "Words, lists and tables to read"),
    Option("video", "Video", "A film to watch, with words below it"),
)
ADMISSIONS = (
    Option("open", "Open to everyone, free", "Anybody signed in may join"),
    Option("granted", "By invitation", "You invite people by mail"),
)


@dataclass(frozen=True)
class EditorView:
    """The draft, and the form that came back, if one did."""

    draft: CourseDraft
    form: Form = EMPTY
    kinds: tuple[Option, ...] = KINDS
    admissions: tuple[Option, ...] = ADMISSIONS

    @property
    def base(self) -> str:
        return f"/teach/courses/{self.draft.id}/editor"

    @property
    def sections(self) -> tuple[Option, ...]:
        return tuple(Option(str(one.id), one.title) for one in self.draft.sections)

    @property
    def title(self) -> str:
        return str(self.draft.details["title"]) or "Untitled course"


@dataclass(frozen=True)
class NewView:
    """A course that is not there yet."""

    categories: tuple[Option, ...]
    languages: tuple[Option, ...] = field(default=tuple(Option(key, text) for key, text in LANGUAGES.items()))
    levels: tuple[Option, ...] = field(default=tuple(Option(key, text) for key, text in LEVELS.items()))
    form: Form = EMPTY


async def category_options(content: Content) -> tuple[Option, ...]:
    """The tree as a list, children behind their parent."""
    found = await content.catalogue.categories(Query())
    titles = {one.slug: one.title for one in found.items}
    options = [
        Option(one.slug, f"{titles[one.parent]}: {one.title}" if one.parent else one.title)
        for one in found.items
    ]
    return (Option("", "Choose one"), *options)


class EditorPages:
    """Handlers of the first page."""

    def __init__(self, content: Content) -> None:
        self._content = content

    async def new(self, request: Request) -> Response:
        principal().require(AUTHOR)
        return await self._new(request, Form.of(language="en", level="all"))

    async def _new(self, request: Request, form: Form, status: int = 200) -> Response:
        view = NewView(await category_options(self._content), form=form)
        return shown(request, "new", view, title="New course", status=status)

    async def create(self, request: Request) -> Response:
        fields = await fields_of(request)
        wanted = {
            name: fields[name] for name in ("title", "category", "level", "language") if fields.get(name)
        }
        try:
            made = await self._content.authoring.create(CreateCourse(**{"title": "", **wanted}))
        except (Problem, ValidationError) as error:
            return await self._new(request, refused(fields, error), status_of(error))
        return done(
            request, f"/teach/courses/{made.id}", "The course is a draft now. Nobody sees it but you."
        )

    async def overview(self, request: Request) -> Response:
        return await self._overview(request, id_of(request))

    async def _overview(
        self, request: Request, course_id: UUID, form: Form = EMPTY, status: int = 200
    ) -> Response:
        draft = await self._content.editing.draft(course_id)
        form = form if form.failed else Form.of(admission=draft.admission, kind="article")
        view = EditorView(draft, form)
        return shown(request, "editor", view, title=view.title, status=status)

    async def _after(
        self, request: Request, act: Awaitable[object], text: str, *, is_inside: bool = False, **names: str
    ) -> Response:
        """Do it, then the first page again; a refusal is drawn in place."""
        course_id = id_of(request)
        try:
            await act
        except (Problem, ValidationError) as error:
            if status_of(error) in {401, 404}:
                raise
            form = refused(await fields_of(request), error, **names)
            return await self._overview(request, course_id, form, status_of(error))
        if is_inside and wants_fragment(request):
            return await self._overview(request, course_id)
        return done(request, f"/teach/courses/{course_id}", text)

    async def add_section(self, request: Request) -> Response:
        fields = await fields_of(request)
        command = AddSection(course_id=id_of(request), title=fields.get("section_title", ""))
        act = self._content.authoring.add_section(command)
        return await self._after(request, act, "The section is there.", is_inside=True, title="section_title")

    async def add_lesson(self, request: Request) -> Response:
        fields = await fields_of(request)
        course_id = id_of(request)
        try:
            made = await self._content.authoring.add_lesson(
                AddLesson.model_validate(
                    {
                        "course_id": course_id,
                        "section_id": fields.get("section_id", ""),
                        "kind": fields.get("kind", ""),
                        "title": fields.get("lesson_title", ""),
                    }
                )
            )
        except (Problem, ValidationError) as error:
            if status_of(error) in {401, 404}:
                raise
            form = refused(fields, error, title="lesson_title")
            return await self._overview(request, course_id, form, status_of(error))
        return done(request, f"{base_of(course_id)}lessons/{made.id}", "The lesson is there. Fill it now.")

    async def move(self, request: Request) -> Response:
        fields = await fields_of(request)
        command = MoveNode(
            course_id=id_of(request), node_id=id_of(request, "node"), is_up=fields.get("direction") == "up"
        )
        return await self._after(request, self._content.ordering.move(command), "Moved.", is_inside=True)

    async def rename(self, request: Request) -> Response:
        return await self._ask_rename(request, EMPTY)

    async def _ask_rename(self, request: Request, form: Form, status: int = 200) -> Response:
        draft = await self._content.editing.draft(id_of(request))
        section = next((one for one in draft.sections if one.id == id_of(request, "node")), None)
        view = AskView(
            base=base_of(draft.id),
            course_title=str(draft.details["title"]),
            heading="Rename the section",
            lead="A module, a week, a topic: whatever your course is made of.",
            action=str(request.url.path),
            button="Save",
            kind="kesar",
            field="title",
            label="Title",
            form=form if form.failed else Form.of(title=section.title if section else ""),
        )
        return shown(request, "ask", view, title=view.heading, status=status)

    async def renamed(self, request: Request) -> Response:
        fields = await fields_of(request)
        course_id = id_of(request)
        command = ChangeNode(
            course_id=course_id, node_id=id_of(request, "node"), title=fields.get("title", "")
        )
        try:
            await self._content.authoring.change_node(command)
        except Problem as error:
            return await self._ask_rename(request, refused(fields, error), error.status)
        return done(request, f"/teach/courses/{course_id}", "The section has its new name.")

    async def ask_drop(self, request: Request) -> Response:
        draft = await self._content.editing.draft(id_of(request))
        node = id_of(request, "node")
        names = {part.id: part.title for part in draft.sections}
        lessons = {lesson.id: lesson.title for part in draft.sections for lesson in part.lessons}
        inside = next((len(part.lessons) for part in draft.sections if part.id == node), 0)
        lead = (
            "It leaves the draft. Learners keep the lesson until you publish the change."
            if not inside
            else f"Its lessons ({inside}) go with it. Learners keep them until you publish the change."
        )
        view = AskView(
            base=base_of(draft.id),
            course_title=str(draft.details["title"]),
            heading=f"Delete “{names.get(node) or lessons.get(node, 'this')}”",
            lead=lead,
            action=str(request.url.path),
            button="Delete",
            kind="bad",
        )
        return shown(request, "ask", view, title=view.heading)

    async def dropped(self, request: Request) -> Response:
        command = DropNode(course_id=id_of(request), node_id=id_of(request, "node"))
        return await self._after(
            request, self._content.authoring.drop_node(command), "Deleted from the draft."
        )

    async def submit(self, request: Request) -> Response:
        fields = await fields_of(request)
        try:
            command = SubmitCourse.model_validate(
                {
                    "course_id": id_of(request),
                    "admission": fields.get("admission", ""),
                    "publish_later": fields.get("publish_later") == "yes",
                }
            )
        except ValidationError as error:
            return await self._overview(request, id_of(request), refused(fields, error), 422)
        text = "Submitted. You will hear as soon as somebody has looked at it."
        return await self._after(request, self._content.approvals.submit(command), text)

    async def publish(self, request: Request) -> Response:
        command = PublishCourse(course_id=id_of(request))
        return await self._after(request, self._content.approvals.publish(command), "Published.")

    async def reopen(self, request: Request) -> Response:
        command = ReopenCourse(course_id=id_of(request))
        return await self._after(
            request, self._content.courses.reopen(command), "The course is offered again."
        )


def editor_pages(content: Content) -> list[Route]:
    """`/teach/courses/{id}/editor/…` but lessons and details."""
    pages = EditorPages(content)
    base = "/teach/courses/{id}/editor"
    return [
        Route("/teach/courses/new/editor/", pages.new),
        Route("/teach/courses/new/editor", pages.new),
        Route("/teach/courses/new/editor/", pages.create, methods=["POST"]),
        Route(f"{base}/", pages.overview),
        Route(base, pages.overview),
        Route(f"{base}/sections", pages.add_section, methods=["POST"]),
        Route(f"{base}/sections/{{node}}", pages.rename),
        Route(f"{base}/sections/{{node}}", pages.renamed, methods=["POST"]),
        Route(f"{base}/lessons", pages.add_lesson, methods=["POST"]),
        Route(f"{base}/nodes/{{node}}/place", pages.move, methods=["POST"]),
        Route(f"{base}/nodes/{{node}}/deletion", pages.ask_drop),
        Route(f"{base}/nodes/{{node}}/deletion", pages.dropped, methods=["POST"]),
        Route(f"{base}/submission", pages.submit, methods=["POST"]),
        Route(f"{base}/publication", pages.publish, methods=["POST"]),
        Route(f"{base}/reopening", pages.reopen, methods=["POST"]),
    ]
