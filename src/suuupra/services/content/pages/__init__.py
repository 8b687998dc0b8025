"""Pages of content: editor and students' fragments, the join page, a revision for its reviewer, covers."""

from starlette.routing import Route

from suuupra.services.content.pages.covers import cover_pages
from suuupra.services.content.pages.details import details_pages
from suuupra.services.content.pages.editor import editor_pages
from suuupra.services.content.pages.endings import ending_pages
from suuupra.services.content.pages.join import join_pages
from suuupra.services.content.pages.lessons import lesson_pages
from suuupra.services.content.pages.revisions import revision_pages
from suuupra.services.content.pages.students import student_pages
from suuupra.services.content.service.content import Content


def pages(content: Content) -> list[Route]:
    """All of them."""
    parts = (
        cover_pages,
        join_pages,
        editor_pages,
        ending_pages,
        details_pages,
        lesson_pages,
        student_pages,
        revision_pages,
    )
    return [route for part in parts for route in part(content)]
