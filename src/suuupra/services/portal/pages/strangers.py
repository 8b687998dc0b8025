"""Strangers all see the same page: it is drawn once in a while, however many of them come."""

import hashlib
from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from suuupra.kernel.auth import Identified
from suuupra.kernel.stores import Cache

LIFE_S = 0.5
"""Beside the second that the catalogue is kept: a new course is seen within two."""

HARMLESS = frozenset({"theme", "suuupra_visitor"})
OK = 200
Handler = Callable[[Request], Awaitable[Response]]


class Drawn(msgspec.Struct):
    """An answer as it is kept."""

    headers: dict[str, str]
    body: bytes


class Passed(Exception):
    """An answer that is not kept: a redirect, say."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


def for_strangers(cache: Cache, handler: Handler) -> Handler:
    """The handler, asked once in `LIFE_S` for each address, theme and form of the page.

    Whoever is signed in, has a message waiting or any cookie beside the harmless ones is drawn a page of
    their own.
    """

    async def answer(request: Request) -> Response:
        who: Identified = request.state.identified
        if request.method != "GET" or who.principal.is_person or set(request.cookies) - HARMLESS:
            return await handler(request)

        async def make() -> bytes:
            drawn = await handler(request)
            if drawn.status_code != OK or "set-cookie" in drawn.headers:
                raise Passed(drawn)
            return msgspec.msgpack.encode(Drawn(dict(drawn.headers), bytes(drawn.body)))

        try:
            kept = msgspec.msgpack.decode(await cache.fill(_key(request), LIFE_S, make), type=Drawn)
        except Passed as passed:
            return passed.answer
        return Response(kept.body, headers=kept.headers)

    return answer


def _key(request: Request) -> str:
    marks = [name for name in sorted(request.headers) if name.startswith("hx-")]
    seen = [request.url.path, request.url.query, request.cookies.get("theme", ""), request.url.netloc]
    seen += [f"{name}={request.headers[name]}" for name in marks]
    return f"portal:page:{hashlib.sha256(chr(0).join(seen).encode()).hexdigest()}"
