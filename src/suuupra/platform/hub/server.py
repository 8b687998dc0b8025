"""The hub of one process: its topics, its open pages, and what it tells and hears of other processes."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from starlette.routing import BaseRoute, Route, WebSocketRoute

from suuupra.kernel.clock import Clock
from suuupra.kernel.stores import Keys
from suuupra.platform.fan import Ears, Fan, Words
from suuupra.platform.hub.events import Events
from suuupra.platform.hub.socket import Sockets
from suuupra.platform.hub.tickets import TTL_MAX_S, Tickets
from suuupra.platform.hub.topics import DRAINING, SIGNED_OUT, Post, Topics

REVOKED_MAX = 50_000
GREETED_MAX = 10_000
DRAIN_S = 1.0


class HubServer:
    """Implements the kernel's `Hub`. `folder` holds one socket a process, `slot` names ours."""

    def __init__(self, keys: Keys, clock: Clock, folder: Path, slot: str) -> None:
        self._last_id = 0
        self._tickets = Tickets(keys, clock)
        self._topics = Topics(self._next_id())
        self._fan = Fan(folder, slot, Ears(self._hear, self._missed, self._greet))
        self._revoked: OrderedDict[UUID, float] = OrderedDict()

    async def start(self) -> None:
        """Hear the other processes, and be heard."""
        await self._fan.start()

    async def stop(self) -> None:
        """Leave them."""
        await self._fan.stop()

    async def drain(self) -> None:
        """Tell every page to come back in 1 to 5 s, and close it."""
        for listener in tuple(self._topics.listeners):
            listener.end(DRAINING)
        until = time.monotonic() + DRAIN_S
        while self._topics.listeners and time.monotonic() < until:  # noqa: ASYNC110 - pages leave one by one
            await asyncio.sleep(0.02)

    async def announce(self, topic: str, message: Mapping[str, Any], *, kind: str = "state") -> None:
        post = Post.of(topic, self._next_id(), kind, message)
        self._topics.post(post)
        self._fan.send({"topic": topic, "id": post.id, "kind": kind, "body": post.body})

    def ticket(self, topic: str, session: UUID | None, ttl_s: float = 3600) -> str:
        return self._tickets.write(topic, session, ttl_s)

    async def revoke(self, session: UUID) -> None:
        self._revoke(session)
        self._fan.send({"revoke": str(session)})

    def is_revoked(self, session: UUID) -> bool:
        return session in self._revoked

    def is_deaf(self) -> bool:
        return self._fan.is_deaf()

    def routes(self) -> list[BaseRoute]:
        """For the public listener."""
        parts = (self._tickets, self._topics, self.is_revoked)
        events = Route("/realtime/events", Events(*parts).answer)
        return [WebSocketRoute("/realtime", Sockets(*parts)), events]

    def _next_id(self) -> int:
        """Milliseconds and a counter of 12 bits: rises over restarts, and stays exact in a page's numbers."""
        self._last_id = max(self._last_id + 1, time.time_ns() // 1_000_000 << 12)
        return self._last_id

    def _hear(self, words: Words) -> None:
        for session in (words["revoke"],) if "revoke" in words else words.get("revoked", ()):
            self._revoke(UUID(session))
        if "topic" in words:
            self._last_id = max(self._last_id, words["id"])
            self._topics.post(Post(words["topic"], words["id"], words["kind"], words["body"]))

    def _missed(self) -> None:
        """Another process said something that was not heard here."""
        self._topics.forget(self._next_id())

    def _greet(self) -> Words:
        return {"revoked": [str(session) for session in tuple(self._revoked)[-GREETED_MAX:]]}

    def _revoke(self, session: UUID) -> None:
        now = time.monotonic()
        self._revoked[session] = now
        self._revoked.move_to_end(session)
        oldest = next(iter(self._revoked.values()))
        while len(self._revoked) > REVOKED_MAX or oldest < now - TTL_MAX_S:
            self._revoked.popitem(last=False)
            oldest = next(iter(self._revoked.values()))
        for listener in tuple(self._topics.listeners):
            if listener.session == session:
                listener.end(SIGNED_OUT)
