"""`WS /realtime`: one socket a page for all its topics. No task runs for a page that has nothing to hear."""

import asyncio
import contextlib
import json
import random
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from suuupra.kernel.auth import Identified
from suuupra.platform.hub.tickets import Tickets
from suuupra.platform.hub.topics import DRAINING, LOST, SIGNED_OUT, Listener, Topics

TOPICS_MAX = 50
WISH_MAX_CHARS = 8192
FOREIGN, TOO_MUCH, NOT_UNDERSTOOD = 4403, 1009, 1003


class Sockets:
    """The endpoint."""

    def __init__(self, tickets: Tickets, topics: Topics, is_revoked: Callable[[UUID], bool]) -> None:
        self.tickets = tickets
        self.topics = topics
        self.is_revoked = is_revoked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        if not is_own_page(scope):
            await send({"type": "websocket.close", "code": FOREIGN})
            return
        await send({"type": "websocket.accept"})
        socket = Socket(self, session_of(scope), send)
        self.topics.listeners.add(socket.listener)
        try:
            await socket.listen(receive)
        finally:
            self.topics.leave(socket.listener)
            socket.stop()


class Socket:
    """One open page."""

    __slots__ = ("_hub", "_is_ending", "_replies", "_send", "_sending", "listener")

    def __init__(self, hub: Sockets, session: UUID | None, send: Send) -> None:
        self._hub = hub
        self._send = send
        self._sending: asyncio.Task[None] | None = None
        self._is_ending = False
        self._replies: deque[str] = deque()
        self.listener = Listener(session, self._wake)
        if session is not None and hub.is_revoked(session):
            self.listener.end(SIGNED_OUT)

    async def listen(self, receive: Receive) -> None:
        """Wishes of the page, until it leaves."""
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            self._wish(message.get("text") or "")

    def stop(self) -> None:
        """The page has gone."""
        if self._sending is not None:
            self._sending.cancel()

    def _wish(self, text: str) -> None:
        try:
            wish = json.loads(text) if len(text) <= WISH_MAX_CHARS else {}
            if "unsubscribe" in wish:
                self._hub.topics.unsubscribe(self.listener, str(wish["unsubscribe"]))
                return
            topic, ticket, after = str(wish["topic"]), str(wish["subscribe"]), wish.get("after")
        except (ValueError, KeyError, TypeError):
            self.listener.end(TOO_MUCH if len(text) > WISH_MAX_CHARS else NOT_UNDERSTOOD)
            return
        refusal = self._hub.tickets.refusal(ticket, topic, self.listener.session)
        if not refusal and len(self.listener.topics) >= TOPICS_MAX:
            refusal = "one topic too many"
        if refusal:
            self._say({"refused": topic, "reason": refusal})
        elif not self._hub.topics.subscribe(self.listener, topic, after if isinstance(after, int) else None):
            self.listener.end(LOST)

    def _say(self, words: dict[str, Any]) -> None:
        self._replies.append(json.dumps(words))
        if len(self._replies) > TOPICS_MAX:
            self.listener.end(TOO_MUCH)
        self._wake()

    def _wake(self) -> None:
        if self.listener.close_code:
            if not self._is_ending:
                self._is_ending = True
                self.stop()
                self._sending = asyncio.create_task(self._end())
        elif self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        """Send what waits; a slow page holds up this task alone, and its queue fills."""
        with contextlib.suppress(OSError, RuntimeError):
            while self._replies:
                await self._text(self._replies.popleft())
            while (post := self.listener.next()) is not None:
                await self._text(post.frame())

    async def _end(self) -> None:
        code = self.listener.close_code
        with contextlib.suppress(OSError, RuntimeError):
            if code == DRAINING:
                back_in_s = round(random.uniform(1, 5), 1)  # noqa: S311 - spreads returns, guards nothing
                await self._text(json.dumps({"back_in_s": back_in_s}))
            await self._send({"type": "websocket.close", "code": code})

    async def _text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})


def session_of(scope: Scope) -> UUID | None:
    """The session that the door found."""
    who: Identified = scope.get("state", {}).get("identified") or Identified()
    return who.principal.session


def is_own_page(scope: Scope) -> bool:
    """Whether the page that opens the socket is one of ours; browsers always send `Origin`."""
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")
