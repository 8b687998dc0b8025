"""Pages of content: editor and students' fragments, the join page, a revision for its reviewer, covers."""

from starlette.routing import Route

from suuupra.services.content.pages.covers import cover_pages
from suuupra.services.content.service.content import Content


def pages(content: Content) -> list[Route]:
    """All of them."""
    return [*cover_pages(content)]
