"""REST of notifications: a person's own feed."""

from fastapi import APIRouter

from suuupra.kernel.pagination import Page
from suuupra.services.notifications.api import FeedCounts, FeedItem, FeedQuery, MarkFeed
from suuupra.services.notifications.service import Bell


def routes(bell: Bell) -> APIRouter:
    """`/api/v1/notifications`, `/api/v1/notification-readings`."""
    router = APIRouter(prefix="/api/v1", tags=["notifications"])

    @router.get("/notifications")
    async def page(cursor: str | None = None, limit: int = 50) -> Page[FeedItem]:
        """Your notifications, newest first."""
        return await bell.page(FeedQuery(cursor=cursor, limit=limit))

    @router.post("/notification-readings")
    async def mark(command: MarkFeed) -> FeedCounts:
        """Mark notifications as read, up to a number or one by one."""
        return await bell.mark(command)

    return router
