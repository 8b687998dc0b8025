"""`GET /realtime/events`: one topic by Server-Sent Events (HTML, 9.2), resumed by `Last-Event-ID`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from suuupra.kernel.problems import Forbidden
from suuupra.platform.hub.socket import session_of
from suuupra.platform.hub.tickets import Tickets
from suuupra.platform.hub.topics import DRAINING, LOST, SIGNED_OUT, Listener, Topics

COMMENT_EVERY_S = 15.0
BACK_IN_MS = 3000
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
LAST_WORDS = {
    DRAINING: f"retry: {BACK_IN_MS}\n\n",
    LOST: "event: resync\ndata: {}\n\n",
    SIGNED_OUT: "event: signed-out\ndata: {}\n\n",
}


class Events:
    """The endpoint. `resync` says that lines were lost and the page must refetch."""

    def __init__(self, tickets: Tickets, topics: Topics, is_revoked: Callable[[UUID], bool]) -> None:
        self._tickets = tickets
        self._topics = topics
        self._is_revoked = is_revoked

    async def answer(self, request: Request) -> Response:
        """A stream without end, or `Forbidden`."""
        topic, session = request.query_params.get("topic", ""), session_of(request.scope)
        refusal = self._tickets.refusal(request.query_params.get("ticket", ""), topic, session)
        if session is not None and self._is_revoked(session):
            refusal = "signed out"
        if refusal:
            raise Forbidden(f"This ticket cannot be used: {refusal}.")
        last = request.headers.get("last-event-id", "")
        after = int(last) if last.isascii() and last.isdigit() else None
        return StreamingResponse(self._stream(topic, session, after), 200, HEADERS, "text/event-stream")

    async def _stream(self, topic: str, session: UUID | None, after: int | None) -> AsyncIterator[str]:
        awake = asyncio.Event()
        listener = Listener(session, awake.set)
        self._topics.listeners.add(listener)
        try:
            if not self._topics.subscribe(listener, topic, after):
                yield LAST_WORDS[LOST]
            yield ": here\n\n"
            while not listener.close_code:
                try:
                    await asyncio.wait_for(awake.wait(), COMMENT_EVERY_S)
                except TimeoutError:
                    yield ": still here\n\n"
                awake.clear()
                while (post := listener.next()) is not None:
                    yield f"id: {post.id}\ndata: {post.body}\n\n"
            yield LAST_WORDS.get(listener.close_code, "")
        finally:
            self._topics.leave(listener)
