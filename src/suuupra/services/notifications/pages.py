"""Pages of notifications: the list, and the bell that every page of the frame loads."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.call import principal
from suuupra.services.notifications.api import FeedCounts, FeedCountsQuery, FeedItem, FeedQuery, MarkFeed
from suuupra.services.notifications.service import Bell
from suuupra.web.answers import see_other, wants_fragment
from suuupra.web.draw import draw


@dataclass(frozen=True)
class FeedView:
    """What the list draws."""

    items: tuple[FeedItem, ...]
    next: str | None
    unread: int


def pages(bell: Bell) -> list[Route]:
    """`/notifications`, its readings, and the bell fragment."""

    async def listing(request: Request) -> Response:
        principal().person()
        found = await bell.page(FeedQuery(cursor=request.query_params.get("cursor"), limit=30))
        counts = await bell.counts(FeedCountsQuery())
        view = FeedView(found.items, found.next, counts.unread)
        template = (
            "_items.html" if wants_fragment(request) and "cursor" in request.query_params else "list.html"
        )
        return draw(request, f"notifications/{template}", view, title="Notifications")

    async def read_all(request: Request) -> Response:
        form = await request.form()
        await bell.mark(MarkFeed(up_to=int(str(form.get("up_to") or 0))))
        return see_other(request, "/notifications")

    async def ring(request: Request) -> Response:
        counts: FeedCounts = await bell.counts(FeedCountsQuery())
        return draw(request, "notifications/_bell.html", counts)

    return [
        Route("/notifications", listing),
        Route("/notifications/readings", read_all, methods=["POST"]),
        Route("/notifications/bell", ring),
    ]
