"""The hub of one process: `/realtime` by WebSocket, `/realtime/events` by SSE."""

import asyncio
import contextlib
import json
import random
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from suuupra.kernel.auth import Identified
from suuupra.kernel.clock import Clock
from suuupra.kernel.problems import Forbidden
from suuupra.kernel.stores import Keys
from suuupra.platform.hub.fan import Fan
from suuupra.platform.hub.tickets import Tickets
from suuupra.platform.hub.topics import Listener, Post, Topics

REVOKED_MAX = 50_000
COMMENT_EVERY_S = 15.0
SIGNED_OUT, DRAINING, FOREIGN = 4401, 1012, 4403


class HubServer:
    """Implements the kernel's `Hub`."""

    def __init__(self, keys: Keys, clock: Clock, folder: Path, slot: str) -> None:
        self._tickets = Tickets(keys, clock)
        self._topics = Topics()
        self._fan = Fan(folder, slot, self._hear)
        self._revoked: OrderedDict[UUID, None] = OrderedDict()
        self._last_id = 0
        self._chance = random.Random()  # noqa: S311 - spreads reconnects, keeps no secret

    async def start(self) -> None:
        """Hear the other processes."""
        await self._fan.start()

    async def stop(self) -> None:
        """Leave them."""
        self._fan.farewell()
        await self._fan.stop()

    async def drain(self) -> None:
        """Tell every page when to come back, and close."""
        for listener in list(self._topics.listeners):
            listener.end(DRAINING)
        deadline = time.monotonic() + 1
        while self._topics.listeners and time.monotonic() < deadline:  # noqa: ASYNC110 - pages leave one by one
            await asyncio.sleep(0.02)

    async def announce(self, topic: str, message: Mapping[str, Any], *, kind: str = "state") -> None:
        post = Post(topic, self._next_id(), dict(message), kind)
        self._topics.post(post)
        self._fan.send({"topic": topic, "id": post.id, "message": post.message, "kind": kind})

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
        return [WebSocketRoute("/realtime", self._socket), Route("/realtime/events", self._events)]

    def _next_id(self) -> int:
        self._last_id = max(self._last_id + 1, time.time_ns() // 1_000_000 << 12)
        return self._last_id

    def _hear(self, message: dict[str, Any]) -> None:
        if "revoke" in message:
            self._revoke(UUID(message["revoke"]))
        elif "topic" in message:
            self._last_id = max(self._last_id, message["id"])
            self._topics.post(Post(message["topic"], message["id"], message["message"], message["kind"]))

    def _revoke(self, session: UUID) -> None:
        self._revoked[session] = None
        while len(self._revoked) > REVOKED_MAX:
            self._revoked.popitem(last=False)
        for listener in list(self._topics.listeners):
            if listener.session == session:
                listener.end(SIGNED_OUT)

    async def _socket(self, socket: WebSocket) -> None:
        if not is_own_page(socket):
            await socket.close(FOREIGN)
            return
        await socket.accept()
        listener = Listener(session_of(socket))
        self._topics.listeners.add(listener)
        writing = asyncio.create_task(self._write(socket, listener))
        try:
            while True:
                await self._serve(socket, listener, await socket.receive_json())
        except (WebSocketDisconnect, RuntimeError, ValueError, KeyError):
            pass
        finally:
            self._topics.leave(listener)
            writing.cancel()

    async def _serve(self, socket: WebSocket, listener: Listener, wish: dict[str, Any]) -> None:
        topic = str(wish["topic"])
        refusal = self._tickets.refusal(str(wish["subscribe"]), topic, listener.session)
        if refusal:
            await socket.send_json({"refused": topic, "reason": refusal})
        elif not self._topics.subscribe(listener, topic, wish.get("after")):
            listener.end(4408)

    async def _write(self, socket: WebSocket, listener: Listener) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await listener.awake.wait()
                if listener.close_code:
                    if listener.close_code == DRAINING:
                        await socket.send_json({"back_in_s": round(self._chance.uniform(1, 5), 1)})
                    await socket.close(listener.close_code)
                    self._topics.leave(listener)
                    return
                for post in listener.take():
                    await socket.send_json(post.document())

    async def _events(self, request: Request) -> Response:
        topic = request.query_params.get("topic", "")
        listener = Listener(session_of(request))
        refusal = self._tickets.refusal(request.query_params.get("ticket", ""), topic, listener.session)
        if refusal:
            raise Forbidden(f"This ticket cannot be used: {refusal}.")
        last = request.headers.get("last-event-id", "")
        self._topics.subscribe(listener, topic, int(last) if last.isdigit() else None)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._stream(listener), headers=headers, media_type="text/event-stream")

    async def _stream(self, listener: Listener) -> AsyncIterator[bytes]:
        try:
            yield b": here\n\n"
            while not listener.close_code:
                try:
                    await asyncio.wait_for(listener.awake.wait(), COMMENT_EVERY_S)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                for post in listener.take():
                    yield f"id: {post.id}\ndata: {json.dumps(post.message, default=str)}\n\n".encode()
        finally:
            self._topics.leave(listener)


def session_of(connection: HTTPConnection) -> UUID | None:
    """The session that the gateway found."""
    who: Identified = getattr(connection.state, "identified", Identified())
    return who.principal.session


def is_own_page(socket: WebSocket) -> bool:
    """Whether the page that opens the socket is one of ours (browsers always send `Origin`)."""
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == socket.headers.get("host")
