"""How far a video is, as server-sent events (WHATWG HTML, 9.2) for `su-progress`."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from suuupra.kernel.problems import NotFound, Problem
from suuupra.services.vod.api import AssetQuery
from suuupra.services.vod.service.assets import AssetDesk
from suuupra.services.vod.service.telling import Stand, stand_of

LOOK_S = 1.0
QUIET_LOOKS = 15
LOOKS_MAX = 900  # then the browser comes again by itself
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def progress_routes(desk: AssetDesk) -> list[Route]:
    """`/api/v1/assets/{id}/progress`."""

    async def progress(request: Request) -> Response:
        try:
            asset_id = UUID(request.path_params["id"])
        except ValueError:
            raise NotFound from None
        first = stand_of(await desk.own(AssetQuery(id=asset_id)))
        return StreamingResponse(
            events(desk, asset_id, first), headers=HEADERS, media_type="text/event-stream"
        )

    return [Route("/api/v1/assets/{id}/progress", progress, methods=["GET"])]


async def events(desk: AssetDesk, asset_id: UUID, stand: Stand) -> AsyncIterator[bytes]:
    """Each change; the last event is `done` or `failed`. A comment now and then keeps the line open."""
    yield event_of(stand)
    quiet = 0
    for _ in range(LOOKS_MAX):
        if stand.has_ended:
            return
        await asyncio.sleep(LOOK_S)
        quiet += 1
        try:
            fresh = stand_of(await desk.get(AssetQuery(id=asset_id)))
        except Problem:
            continue  # the database is away for a moment
        if fresh != stand:
            stand, quiet = fresh, 0
            yield event_of(stand)
        elif quiet >= QUIET_LOOKS:
            quiet = 0
            yield b": still here\n\n"


def event_of(stand: Stand) -> bytes:
    """`data` is what `su-progress` reads."""
    name = f"event: {stand.state}\n" if stand.has_ended else ""
    return name.encode() + b"data: " + msgspec.json.encode(stand) + b"\n\n"
